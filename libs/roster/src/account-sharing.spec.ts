import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COPIES_PER_VENUE_ACCOUNT_MAX, leverageDiffers, type Sharer, sharingConflict } from './account-sharing';
import { type CopyPolicy, filterAdmits, type InstrumentFilter } from './copy-settings';

const sharer = (
  watchedNo: bigint,
  venueLeverage: number,
  instruments: InstrumentFilter = { kind: 'all' },
  policy: CopyPolicy = 'positions',
): Sharer => ({
  watchedNo,
  settings: { venueLeverage, instruments, policy },
});
const only = (...coins: string[]): InstrumentFilter => ({ kind: 'only', coins });
const except = (...coins: string[]): InstrumentFilter => ({ kind: 'except', coins });

describe('copies that share a venue account', () => {
  it.each<[string, Sharer, readonly Sharer[], ReturnType<typeof sharingConflict>]>([
    ['alone', sharer(1n, 10), [], null],
    ['another leader at the same leverage', sharer(1n, 10), [sharer(2n, 10)], null],
    ['the same watched account', sharer(1n, 10), [sharer(2n, 10), sharer(1n, 10)], 'same_leader'],
    ['another leverage', sharer(1n, 10), [sharer(2n, 5)], 'leverage'],
    ['another leverage on other coins', sharer(1n, 10, only('BTC')), [sharer(2n, 5, only('ETH'))], null],
    ['another leverage, kept apart by an exception', sharer(1n, 10, only('BTC')), [sharer(2n, 5, except('BTC'))], null],
    ['another leverage on a coin of both', sharer(1n, 10, only('BTC', 'ETH')), [sharer(2n, 5, only('ETH'))], 'leverage'],
    ['another leverage where each leaves out another coin', sharer(1n, 10, except('BTC')), [sharer(2n, 5, except('ETH'))], 'leverage'],
    ['orders beside another copy', sharer(1n, 10, { kind: 'all' }, 'orders'), [sharer(2n, 10)], 'orders'],
    ['beside a copy of orders', sharer(1n, 10), [sharer(2n, 10, { kind: 'all' }, 'orders')], 'orders'],
    ['one too many', sharer(99n, 10), Array.from({ length: COPIES_PER_VENUE_ACCOUNT_MAX }, (_, index) => sharer(BigInt(index + 1), 10)), 'full'],
  ])('%s', (_what, joining, running, conflict) => {
    expect(sharingConflict(joining, running)).toBe(conflict);
  });

  it('leverage differs exactly where some coin is admitted by both filters', () => {
    const coins = fc.subarray(['BTC', 'ETH', 'SOL'], { minLength: 1 });
    const filter = fc.oneof(
      fc.constant<InstrumentFilter>({ kind: 'all' }),
      coins.map((list): InstrumentFilter => ({ kind: 'only', coins: list })),
      coins.map((list): InstrumentFilter => ({ kind: 'except', coins: list })),
    );
    fc.assert(
      fc.property(filter, filter, (a, b) => {
        // A coin nobody names stands for all others.
        const shared = ['BTC', 'ETH', 'SOL', 'OTHER'].some((coin) => filterAdmits(a, coin) && filterAdmits(b, coin));
        expect(leverageDiffers({ venueLeverage: 3, instruments: a }, { venueLeverage: 4, instruments: b })).toBe(shared);
        expect(leverageDiffers({ venueLeverage: 4, instruments: a }, { venueLeverage: 4, instruments: b })).toBe(false);
      }),
    );
  });
});
