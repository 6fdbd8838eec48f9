import { CopyBook } from '@lockstep/replication';
import { entryOf, NOW, settingsOf } from '@lockstep/replication/testing/book-builder';
import { NO_END } from '@lockstep/roster';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import { type EngineContext, StopVersion } from '../context';
import { TestClocks } from '../test-clocks';
import { putRights } from './put-rights';
import { type CopyRecord, Registry } from './registry';
import { nextRightEnd, Rights, rightsOf } from './rights';

const SCOPE = scopeFromPlatformList('ten_01j000000000000000000000a1' as never, 'live');
const OTHER = scopeFromPlatformList('ten_01j000000000000000000000a2' as never, 'live');

const entitlement = (until: number | null, revokedAt: number | null = null, leaderId = 'ldr_a') =>
  ({ id: 'ent_a', leaderId, followerId: 'flw_a', until, revokedAt }) as never;
const terms = (version: number, bindingFrom: number, leaderId = 'ldr_a', createdAt = 1) => ({ leaderId, version, bindingFrom, createdAt }) as never;

/** An engine with one copy of `ldr_a` by `flw_a`, and its clock. */
function engine(access: 'everyone' | 'granted' | null) {
  const registry = new Registry();
  const book = new CopyBook();
  const row = book.addCopy(entryOf(1, settingsOf('1')));
  const group = { scope: SCOPE, leaderId: 'ldr_a', access };
  const copy = { no: 1, row, followerId: 'flw_a', consentedTo: 0, group, watched: { book } } as unknown as CopyRecord;
  registry.copies.set(1, copy);
  const clock = { at: NOW };
  const rights = new Rights();
  const stops = new StopVersion(
    () => clock.at,
    (after) => nextRightEnd(registry, after),
  );
  const ctx = { clocks: new TestClocks(), clock: { now: () => clock.at }, rights, stops } as unknown as EngineContext;
  return { clock, rights, stops, book, copy, put: () => putRights(ctx, copy), mayAt: (at: number) => book.takesRisk(row, at) };
}

describe('what a copy’s rights are known to be', () => {
  it('is by its leader’s access, its follower’s entitlement and the consent it has, of its own scope alone', () => {
    const { rights, copy } = engine('granted');
    const of = () => rightsOf(rights, copy);
    expect(of()).toEqual({ entitledUntil: 0, consentDueAt: NO_END });
    rights.takeEntitlement(OTHER, entitlement(null));
    rights.takeEntitlement(SCOPE, entitlement(null, null, 'ldr_b'));
    rights.takeTerms(OTHER, [terms(1, 5)]);
    rights.takeTerms(SCOPE, [terms(1, 5, 'ldr_b')]);
    expect(of()).toEqual({ entitledUntil: 0, consentDueAt: NO_END });
    rights.takeEntitlement(SCOPE, entitlement(50));
    rights.takeTerms(SCOPE, [terms(1, 5), terms(2, 70)]);
    rights.takeTerms(SCOPE, [terms(1, 5)]);
    expect(of()).toEqual({ entitledUntil: 50, consentDueAt: 5 });
    copy.consentedTo = 1;
    rights.takeEntitlement(SCOPE, entitlement(60));
    expect(of()).toEqual({ entitledUntil: 60, consentDueAt: 70 });
    rights.takeEntitlement(SCOPE, entitlement(60, 3));
    expect(of().entitledUntil).toBe(0);
  });

  it('is that terms bind which did as they were published, though our clock is behind the one they were published by', () => {
    const { rights, put, mayAt } = engine('everyone');
    rights.takeTerms(SCOPE, [terms(1, NOW + 300, 'ldr_a', NOW + 300)]);
    put();
    expect(mayAt(NOW)).toBe(false);
  });

  it('of a leader nobody told of is that everyone may copy it', () => {
    const { rights, copy } = engine(null);
    expect(rightsOf(rights, copy).entitledUntil).toBe(NO_END);
  });
});

describe('a sending wave', () => {
  it('looks again when a right is withdrawn, when one ends by time, once each, and not when one goes on', () => {
    const { clock, rights, stops, put, mayAt } = engine('granted');
    rights.takeEntitlement(SCOPE, entitlement(NOW + 100));
    put();
    const before = stops.current;
    clock.at = NOW + 99;
    expect([stops.current, mayAt(clock.at)]).toEqual([before, true]);
    clock.at = NOW + 100;
    expect([stops.current, stops.current, mayAt(clock.at)]).toEqual([before + 1, before + 1, false]);
    rights.takeEntitlement(SCOPE, entitlement(null));
    put();
    expect([stops.current, mayAt(clock.at)]).toEqual([before + 1, true]);
    rights.takeEntitlement(SCOPE, entitlement(null, clock.at));
    put();
    expect([stops.current, mayAt(clock.at)]).toEqual([before + 2, false]);
  });

  it('looks again for each of several ends, whichever was told first', () => {
    const { clock, rights, stops, copy, put } = engine('granted');
    rights.takeEntitlement(SCOPE, entitlement(NOW + 200));
    rights.takeTerms(SCOPE, [terms(1, NOW + 100)]);
    put();
    const before = stops.current;
    clock.at = NOW + 150;
    expect(stops.current).toBe(before + 1);
    copy.consentedTo = 1;
    put();
    clock.at = NOW + 200;
    expect(stops.current).toBe(before + 2);
  });
});
