import { describe, expect, it } from 'vitest';
import { fitTrade, intentOf, lotsOf } from './positions';
import type { LeaderTrades, TradeIntent } from './steps';

const trade = (intent: TradeIntent, before: number, ...lots: readonly [number, ...number[]]): LeaderTrades => {
  const [first, ...rest] = lots.map((each, nth) => ({ lots: each, price: BigInt(100 + nth) }));
  return { at: 0, kind: 'leader_trades', leader: 0, coin: 'BTC', intent, order: 1, before, fills: [first ?? { lots: 0, price: 1n }, ...rest] };
};

describe('what a change of position is', () => {
  it.each<[number, number, TradeIntent | null]>([
    [0, 5, 'open'],
    [0, -5, 'open'],
    [5, 7, 'increase'],
    [-5, -7, 'increase'],
    [5, 2, 'reduce'],
    [-5, -2, 'reduce'],
    [5, 0, 'close'],
    [5, -1, 'flip'],
    [-5, 1, 'flip'],
    [5, 5, null],
  ])('from %i to %i: %s', (before, after, intent) => expect(intentOf(before, after)).toBe(intent));
});

describe('a trade fitted to the position there is', () => {
  it.each<[string, LeaderTrades, number, TradeIntent | null, readonly number[]]>([
    ['stays where the position is as expected', trade('reduce', 10, -4), 10, 'reduce', [-4]],
    ['reduces by no more than there is', trade('reduce', 10, -2, -4), 3, 'close', [-2, -1]],
    ['reduces by the same where there is more', trade('reduce', 10, -4), 20, 'reduce', [-4]],
    ['reduces nothing on the other side', trade('reduce', 10, -4), -3, null, []],
    ['reduces nothing when flat', trade('reduce', 10, -4), 0, null, []],
    ['closes all there is, the last fill taking the rest', trade('close', 10, -5, -5), 25, 'close', [-5, -20]],
    ['closes what is on the other side', trade('close', 10, -10), -4, 'close', [4]],
    ['closes nothing when flat', trade('close', 10, -10), 0, null, []],
    ['opens into what is there', trade('open', 0, 5), 3, 'increase', [5]],
    ['adds to nothing', trade('increase', 3, 5), 0, 'open', [5]],
    ['adds nothing against what is there', trade('increase', 3, 5), -2, null, []],
    ['ends a flip where it was to end', trade('flip', 10, -14), 6, 'flip', [-10]],
    ['opens instead of a flip when flat', trade('flip', 10, -14), 0, 'open', [-4]],
    ['flips nothing that is there already', trade('flip', 10, -14), -4, null, []],
  ])('%s', (_what, planned, position, intent, lots) => {
    const fitted = fitTrade(planned, position);
    expect(fitted?.intent ?? null).toBe(intent);
    expect(fitted?.fills.map((fill) => fill.lots) ?? []).toEqual(lots);
    if (fitted !== null) expect(intentOf(position, position + lotsOf(fitted))).toBe(intent);
  });
});
