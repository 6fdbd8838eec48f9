import type { FollowerId, LeaderId, TenantScope } from '@lockstep/kernel';
import { silentLogger } from '@lockstep/platform';
import { revalue } from '@lockstep/replication';
import { dollars, entryOf, NOW, priceOf, rateOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import { NO_EXPOSURE_LIMITS } from '@lockstep/roster';
import type { PassedLimitRow, ScopedUnit } from '@lockstep/storage';
import { describe, expect, it } from 'vitest';
import type { Bookkeeper } from './books/bookkeeper';
import type { EngineContext } from './context';
import { ExposureAlerts } from './exposure-alerts';
import { Registry, type WatchedAccount } from './state/registry';
import { TestClocks } from './test-clocks';

const SCOPE = { tenantId: 'ten_a', environment: 'test' } as unknown as TenantScope;
const FOLLOWER = `flw_${'0'.repeat(26)}` as FollowerId;
const LEADER = `ldr_${'0'.repeat(26)}` as LeaderId;

/** What the database keeps; it outlives processes. */
class Kept {
  readonly rows = new Map<string, PassedLimitRow>();
  readonly told: string[] = [];
  failing = false;
}

/** A process with a copy that holds ten at 100 and is told beyond 11 % in one underlying, and beyond 1,100 of its leader. */
function processOf(kept: Kept) {
  const stage = new Stage();
  const registry = new Registry();
  const follower = registry.followerIndexOf(SCOPE, FOLLOWER);
  const scope = registry.group(SCOPE, LEADER).index;
  const row = stage.add(entryOf(1, settingsOf('1'), { follower, scope, allocation: dollars(10_000) }));
  stage.follow('10');
  stage.book.setExposure(row, { ...NO_EXPOSURE_LIMITS, alertShare: rateOf('0.11'), alertCapacity: dollars(1_100) });
  registry.watched.set(1, { no: 1, book: stage.book } as unknown as WatchedAccount);
  const nameOf = (key: Pick<PassedLimitRow, 'subjectId' | 'limitName' | 'underlying'>) => `${key.subjectId} ${key.limitName} ${key.underlying}`;
  const unit = {
    records: {
      addPassedLimit: async (added: PassedLimitRow) => !kept.rows.has(nameOf(added)) && kept.rows.set(nameOf(added), added) !== undefined,
      dropPassedLimit: async (key: PassedLimitRow) => kept.rows.delete(nameOf(key)),
    },
    events: {
      append: async (events: readonly { readonly data: string }[]) => {
        for (const { data } of events) {
          const { limit, action, underlying, follower_id: whose } = JSON.parse(data);
          kept.told.push([limit, underlying, whose === null ? 'of the leader' : 'of the follower', action].filter((part) => part !== null).join(' '));
        }
      },
    },
  } as unknown as ScopedUnit;
  const ctx = {
    clocks: new TestClocks(),
    registry,
    clock: { now: () => NOW },
    ids: { next: () => 'evt_a' },
    log: silentLogger,
    wakeEvents: () => undefined,
    storage: {
      scoped: async <T>(_scope: TenantScope, work: (unit: ScopedUnit) => Promise<T>) => {
        if (kept.failing) throw new Error('the database is away');
        return work(unit);
      },
    },
  } as unknown as EngineContext;
  const books = { run: async <T>(_scope: TenantScope, work: () => Promise<T>) => work() } as unknown as Bookkeeper;
  const alerts = new ExposureAlerts(ctx, books);
  alerts.load(SCOPE, [...kept.rows.values()]);
  return async (text: string) => {
    stage.book.setMark('BTC', priceOf(text), NOW);
    revalue(stage.book, NOW, 5_000);
    // A second look while the first is written finds nothing more.
    alerts.look();
    alerts.look();
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    return kept.told.splice(0);
  };
}

const SHARE = 'alert_underlying_share BTC of the follower';
const LEADERS = 'alert_leader_exposure of the leader';

describe('limits that copies share', () => {
  it('are told once where a mark passes them, and where they are met again', async () => {
    const mark = processOf(new Kept());
    expect(await mark('109')).toEqual([]);
    expect(await mark('115')).toEqual([`${SHARE} alert`, `${LEADERS} alert`]);
    expect(await mark('116')).toEqual([]);
    expect(await mark('108')).toEqual([]);
    expect(await mark('104')).toEqual([`${SHARE} release`, `${LEADERS} release`]);
    expect(await mark('115')).toEqual([`${SHARE} alert`, `${LEADERS} alert`]);
  });

  it('are not told again by a process that begins, and are released by it', async () => {
    const kept = new Kept();
    expect(await processOf(kept)('115')).toHaveLength(2);
    const next = processOf(kept);
    expect(await next('116')).toEqual([]);
    expect(await next('100')).toEqual([`${SHARE} release`, `${LEADERS} release`]);
    expect(await processOf(kept)('100')).toEqual([]);
  });

  it('are told at the next look where they could not be written', async () => {
    const kept = new Kept();
    const mark = processOf(kept);
    kept.failing = true;
    expect(await mark('115')).toEqual([]);
    kept.failing = false;
    expect(await mark('115')).toEqual([`${SHARE} alert`, `${LEADERS} alert`]);
  });

  it('are not told twice where the answer of the write was lost', async () => {
    const kept = new Kept();
    const first = processOf(kept);
    const second = processOf(kept);
    expect(await first('115')).toHaveLength(2);
    expect(await second('115')).toEqual([]);
    expect(await second('100')).toEqual([`${SHARE} release`, `${LEADERS} release`]);
  });
});
