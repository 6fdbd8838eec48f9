import type { TenantId } from '@lockstep/kernel';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import { type EngineContext, StopVersion } from '../context';
import { OpenProposals } from '../proposals/open-proposals';
import { TenantDays } from '../tenant-days';
import { TestClocks } from '../test-clocks';
import { moveTimes } from './move-times';
import { putRights } from './put-rights';
import type { CopyRecord } from './registry';
import { Rights } from './rights';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Noon of a day of UTC. */
const NOON = Date.UTC(2027, 0, 10, 12);
const [TEST, LIVE] = (['test', 'live'] as const).map((environment) => scopeFromPlatformList('ten_a' as TenantId, environment)) as [never, never];

/** A copy in the test environment and one in live, each in its day, entitled for two hours more, and asked about until an hour from now. */
function stage() {
  const real = { now: NOON };
  const clocks = new TestClocks();
  const rights = new Rights();
  const copyOf = (no: number, scope: typeof TEST): CopyRecord => {
    const copies = { dayEndsAt: [0], entitledUntil: [0], consentDueAt: [Number.POSITIVE_INFINITY] };
    const book = {
      copies,
      takesRisk: () => (copies.entitledUntil[0] ?? 0) > real.now,
      setRights: (_row: number, { entitledUntil }: { readonly entitledUntil: number }) => {
        copies.entitledUntil[0] = entitledUntil;
      },
    };
    const group = { scope, leaderId: 'ldr_a', access: 'granted' };
    return { no, row: 0, followerId: 'flw_a', consentedTo: 0, group, watched: { book } } as unknown as CopyRecord;
  };
  const [test, live] = [copyOf(1, TEST), copyOf(2, LIVE)];
  for (const scope of [TEST, LIVE]) {
    const row = { id: 'ent_a', leaderId: 'ldr_a', followerId: 'flw_a', until: NOON + 2 * HOUR, revokedAt: null };
    rights.takeEntitlement(scope, row as unknown as Parameters<Rights['takeEntitlement']>[1]);
  }
  const proposals = new OpenProposals();
  const asked = { buy: true, micro: 1, price: 1, endsAt: NOON + HOUR };
  for (const [no, scope] of [
    [1, TEST],
    [2, LIVE],
  ] as const)
    proposals.put({ scope, row: { copyNo: BigInt(no), coin: 'BTC', endsAt: NOON + HOUR }, asked } as unknown as Parameters<OpenProposals['put']>[0]);
  const days = new TenantDays(clocks);
  const ctx = {
    clock: { now: () => real.now },
    clocks,
    days,
    rights,
    proposals,
    stops: new StopVersion(),
    registry: { copies: new Map([test, live].map((copy) => [copy.no, copy])) },
  } as unknown as EngineContext;
  for (const copy of [test, live]) {
    copy.watched.book.copies.dayEndsAt[0] = days.next(copy.group.scope, real.now);
    putRights(ctx, copy);
  }
  const turn = (frozen: boolean, businessAt: number): void => {
    const row = {
      venue: 'hyperliquid',
      network: 'sim.a',
      ownerTenantId: 'ten_a' as TenantId,
      clockFrozen: frozen,
      clockRealAt: real.now,
      clockBusinessAt: businessAt,
    };
    for (const change of clocks.take([row])) moveTimes(ctx, change);
  };
  /** When the day, the right and the proposal of a copy end, from now. */
  const ends = ({ no, watched }: CopyRecord): readonly number[] => {
    const { dayEndsAt, entitledUntil } = watched.book.copies;
    return [dayEndsAt[0] ?? 0, entitledUntil[0] ?? 0, proposals.get(no, 'BTC')?.asked.endsAt ?? 0].map((at) => at - real.now);
  };
  return { real, test, live, turn, ends };
}

describe('what ends by a test clock', () => {
  it('ends sooner by what the clock was advanced, and has ended where that is behind it; what is live ends as ever', () => {
    const { test, live, turn, ends } = stage();
    expect(ends(test)).toEqual([12 * HOUR, 2 * HOUR, HOUR]);
    turn(false, NOON + 90 * 60_000);
    expect(ends(test)).toEqual([10.5 * HOUR, 0.5 * HOUR, -0.5 * HOUR]);
    turn(false, NOON + DAY);
    for (const end of ends(test)) expect(end).toBeLessThanOrEqual(0);
    expect(ends(live)).toEqual([12 * HOUR, 2 * HOUR, HOUR]);
  });

  it('does not end while the clock stands, and ends in its time once it runs again', () => {
    const { real, test, live, turn, ends } = stage();
    turn(true, NOON);
    expect(ends(test)).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    real.now += 5 * DAY;
    turn(false, NOON);
    expect(ends(test)).toEqual([12 * HOUR, 2 * HOUR, HOUR]);
    expect(ends(live)).toEqual([12 * HOUR - 5 * DAY, 2 * HOUR - 5 * DAY, HOUR - 5 * DAY]);
  });

  it('has ended where a clock that stands is advanced behind it', () => {
    const { test, turn, ends } = stage();
    turn(true, NOON);
    turn(true, NOON + DAY);
    for (const end of ends(test)) expect(end).toBeLessThanOrEqual(0);
  });
});
