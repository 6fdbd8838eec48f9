import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MICRO } from './instrument-columns';
import type { LeaderOrder } from './leader-book';
import { MIRRORS_PER_SIDE, type MirrorView, mirrorWishes } from './mirror-wishes';
import { increasedTarget } from './target';

const RATE_ONE = 1_000_000_000_000;
const order = (orderId: string, buy: boolean, lots: number, price: number, part: Partial<LeaderOrder> = {}): LeaderOrder => ({
  orderId,
  coin: 'BTC',
  buy,
  reduceOnly: false,
  price,
  trigger: null,
  ofPosition: false,
  original: lots,
  remaining: lots,
  filled: 0,
  told: 0,
  end: null,
  changedAt: 0,
  unseen: false,
  ...part,
});
const stop = (at: number): Partial<LeaderOrder> => ({ reduceOnly: true, trigger: { price: at, purpose: 'stop_loss', market: true } });
const view = (part: Partial<MirrorView>): MirrorView => ({
  leaderLots: 0,
  orders: [],
  target: 0,
  position: 0,
  beside: 0,
  aheadBuy: 0,
  aheadSell: 0,
  hangingBuy: 0,
  hangingSell: 0,
  kappa: RATE_ONE / 2,
  mark: 100,
  ...part,
});
/** `a buys 5 for 10` enters, `a sells 5 for 10 out` exits; and most that may be ahead. */
function inWords(part: Partial<MirrorView>): string {
  const { wishes, bounds } = mirrorWishes(view(part));
  const words = wishes
    .filter(({ lots }) => lots > 0)
    .map(({ order: of, entry, lots, basis }) => `${of.orderId} ${of.buy ? 'buys' : 'sells'} ${lots} for ${basis}${entry ? '' : ' out'}`);
  return `${words.join(', ') || 'nothing'} | ${bounds.buy / MICRO} ${bounds.sell / MICRO}`;
}
const LONG = { leaderLots: 20, target: 10 * MICRO, position: 10 };

describe('what should stand for the leader’s orders, at half his size', () => {
  it.each<[string, Partial<MirrorView>, string]>([
    ['flat: both sides enter', { orders: [order('a', true, 10, 90), order('b', false, 6, 110)] }, 'a buys 5 for 10, b sells 3 for 6 | 5 3'],
    ['nothing for what only reduces', { orders: [order('a', true, 10, 90, { reduceOnly: true })] }, 'nothing | 0 0'],
    [
      'what is left of an order that filled in part',
      { orders: [order('a', true, 10, 90, { filled: 4, told: 4, remaining: 6 })] },
      'a buys 3 for 6 | 3 0',
    ],
    ['its fill told and not planned yet may still be ahead', { orders: [order('a', true, 10, 90, { remaining: 6 })] }, 'a buys 3 for 6 | 5 0'],
    [
      'what filled ahead is taken off the nearest',
      { orders: [order('far', true, 10, 80), order('near', true, 10, 90)], aheadBuy: 6 * MICRO, position: 6 },
      'far buys 4 for 8 | 10 0',
    ],
    [
      'of what is held nothing is ahead that hangs on orders in flight: a take-profit closes its whole fraction',
      { ...LONG, orders: [order('tp', false, 10, 110, { reduceOnly: true })], aheadBuy: 10 * MICRO, hangingBuy: 10 * MICRO },
      'tp sells 5 for 10 out | 0 5',
    ],
    [
      'a target of the copy’s own ratio: κ acts on what is added',
      { ...LONG, target: 8 * MICRO, position: 8, orders: [order('a', true, 10, 90)] },
      'a buys 5 for 10 | 5 0',
    ],
    ['a ratio above κ adds less', { ...LONG, target: 14 * MICRO, position: 14, orders: [order('a', true, 10, 90)] }, 'a buys 1 for 10 | 1 0'],
    [
      'a take-profit and a stop close by their fraction',
      { ...LONG, orders: [order('tp', false, 10, 110, { reduceOnly: true }), order('sl', false, 20, 70, stop(80))] },
      'tp sells 5 for 10 out, sl sells 10 for 20 out | 0 10',
    ],
    ['no more than is held', { ...LONG, position: 4, orders: [order('tp', false, 10, 110)] }, 'tp sells 4 for 10 out | 0 5'],
    [
      'of the whole position: all that is held',
      { ...LONG, position: 11, orders: [order('sl', false, 20, 70, stop(80))] },
      'sl sells 11 for 20 out | 0 10',
    ],
    ['not what the follower holds on the other side', { ...LONG, beside: -4, orders: [order('tp', false, 20, 110)] }, 'tp sells 6 for 20 out | 0 10'],
    ['nothing beside the follower’s own on the same side', { ...LONG, beside: 1, orders: [order('tp', false, 20, 110)] }, 'nothing | 0 10'],
    [
      'but for what another order bought ahead',
      { ...LONG, position: 13, aheadBuy: 3 * MICRO, orders: [order('sl', false, 20, 70, stop(80)), order('a', true, 6, 90)] },
      'sl sells 10 for 20 out | 3 10',
    ],
    [
      'one of the position has no size of its own',
      { ...LONG, orders: [order('sl', false, 0, 70, { ...stop(80), ofPosition: true })] },
      'sl sells 10 for 20 out | 0 10',
    ],
    ['the part that would turn the leader is not mirrored', { ...LONG, orders: [order('a', false, 50, 110)] }, 'a sells 10 for 20 out | 0 10'],
    [
      'a short: sells enter, buys close',
      { leaderLots: -20, target: -10 * MICRO, position: -10, orders: [order('a', false, 4, 110), order('b', true, 10, 90)] },
      'b buys 5 for 10 out, a sells 2 for 4 | 5 2',
    ],
    [
      'what a take-profit closed ahead is not closed twice',
      { ...LONG, position: 5, aheadSell: 5 * MICRO, orders: [order('tp', false, 10, 110), order('sl', false, 20, 70, stop(80))] },
      'sl sells 5 for 20 out | 0 10',
    ],
    [
      'an order that ended a moment ago',
      { orders: [order('a', true, 10, 90, { end: 'cancelled' }), order('b', true, 10, 80, { end: 'filled' })] },
      'nothing | 5 0',
    ],
    ['a target of nothing closes nothing', { ...LONG, target: 0, orders: [order('sl', false, 20, 70, stop(80))] }, 'nothing | 0 0'],
  ])('%s', (_what, part, expected) => {
    expect(inWords(part)).toBe(expected);
  });

  it('only the nearest orders of a side are mirrored, and all of them bound what may be ahead', () => {
    const orders = Array.from({ length: MIRRORS_PER_SIDE + 5 }, (_, index) => order(String(index), true, 2, 99 - index));
    const { wishes, bounds } = mirrorWishes(view({ orders }));
    expect(wishes.filter(({ lots }) => lots > 0)).toHaveLength(MIRRORS_PER_SIDE);
    expect([wishes.length, bounds.buy / MICRO]).toEqual([MIRRORS_PER_SIDE + 5, MIRRORS_PER_SIDE + 5]);
  });

  it('without a ratio nothing is concluded', () => {
    const { wishes, bounds } = mirrorWishes(view({ kappa: -1, orders: [order('a', true, 10, 90)] }));
    expect(wishes.map(({ unknown }) => unknown)).toEqual([true]);
    expect(bounds.buy).toBe(Number.POSITIVE_INFINITY);
  });

  it('entries come to what the target would become if all of them filled, and never to more', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 5_000 }), { maxLength: 8 });
    fc.assert(
      fc.property(
        sizes,
        fc.integer({ min: 0, max: 5_000 }),
        fc.integer({ min: 0, max: 4 * RATE_ONE }),
        fc.integer({ min: 0, max: 10_000 * MICRO }),
        (lots, leaderLots, kappa, target) => {
          const held = leaderLots === 0 ? 0 : target;
          const orders = lots.map((size, index) => order(String(index), true, size, 99 - index));
          const { wishes, bounds } = mirrorWishes(view({ leaderLots, target: held, position: Math.floor(held / MICRO), kappa, orders }));
          const sum = wishes.reduce((all, wish) => all + wish.lots, 0);
          const whole = increasedTarget(held, kappa, leaderLots, leaderLots + lots.reduce((all, size) => all + size, 0));
          // Each order is rounded down to a millionth of a lot for itself.
          const most = Math.floor(whole / MICRO) - Math.floor(held / MICRO);
          expect(sum).toBeLessThanOrEqual(most);
          expect(sum).toBeGreaterThanOrEqual(most - 1);
          expect(Math.abs(bounds.buy - (whole - held))).toBeLessThanOrEqual(lots.length + 1);
        },
      ),
    );
  });
});
