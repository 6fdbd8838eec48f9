import { UNIT } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { brokenLimits, type CopyLimits, KNOWN_WITHIN_MS, type LimitCase, type TruthFill } from './judge-limits';
import { marksBetween } from './marks';
import { fillOf } from './testing/judged-copy';

const AT = 1_000_000;
const fill = (overrides: Partial<TruthFill> = {}): TruthFill => fillOf({ time: AT, fee: '0', builderFee: '0', ...overrides });
/** A long of 0.01 BTC for $600, bought long before and with a fee of $1. */
const btc = fill({ coin: 'BTC', px: '60000', sz: '0.01', time: AT - 2 * KNOWN_WITHIN_MS, oid: 2, fee: '1' });
const none = { maxSize: null, maxNotional: null, maxShare: null, maxLeverage: null, venueLeverage: 10 };
const marks = (points: Readonly<Record<string, readonly (readonly [number, number])[]>>): LimitCase['marks'] =>
  marksBetween(new Map(Object.entries(points).map(([coin, list]) => [coin, list.map(([time, price]) => ({ time, price: BigInt(price) * UNIT }))])));
const still = marks({ SOL: [[0, 80]], BTC: [[0, 60_000]] });

interface Case extends Partial<Omit<LimitCase, 'limits'>> {
  readonly limits: Partial<CopyLimits>;
}
const rulesBroken = ({ limits, ...rest }: Case): readonly string[] =>
  brokenLimits({
    limits: { allocation: '1000', ...none, ...limits },
    fills: [fill()],
    fundings: [],
    limitPrices: new Map(),
    marks: still,
    mostLeverage: () => 20,
    ...rest,
  }).map(({ rule }) => rule);

describe('judging an increase by the venue’s own books', () => {
  it.each<[string, string, Case, Case]>([
    ['size', 'position size cap', { limits: { maxSize: '2' } }, { limits: { maxSize: '1.99' } }],
    ['notional', 'position notional cap', { limits: { maxNotional: '160' } }, { limits: { maxNotional: '159.99' } }],
    ['share of equity', 'position share cap', { limits: { maxShare: '0.16' } }, { limits: { maxShare: '0.159' } }],
    ['allocation', 'allocation cap', { limits: { allocation: '16' } }, { limits: { allocation: '15.99' } }],
    [
      'allocation, at the leverage an instrument admits',
      'allocation cap',
      { limits: { allocation: '80' }, mostLeverage: () => 2 },
      { limits: { allocation: '79.99' }, mostLeverage: () => 2 },
    ],
    [
      'allocation, beside the margin of other instruments and after their fees',
      'allocation cap',
      { limits: { allocation: '77' }, fills: [btc, fill()] },
      { limits: { allocation: '76.99' }, fills: [btc, fill()] },
    ],
    [
      'leverage, beside the exposure of other instruments',
      'leverage cap',
      { limits: { allocation: '381', maxLeverage: '2' }, fills: [btc, fill()] },
      { limits: { allocation: '380.99', maxLeverage: '2' }, fills: [btc, fill()] },
    ],
  ])('%s: what lies on the limit holds, a cent more is reported', (_name, rule, within, beyond) => {
    expect(rulesBroken(within)).toEqual([]);
    expect(rulesBroken(beyond)).toEqual([rule]);
  });

  it.each<[string, Case, readonly string[]]>([
    [
      'a buy counts at its limit, not at its better fill',
      { limits: { maxNotional: '160' }, limitPrices: new Map([[1, '80.1']]) },
      ['position notional cap'],
    ],
    [
      'a sell above its limit counts at its limit',
      { limits: { maxNotional: '160' }, fills: [fill({ side: 'A', px: '81' })], limitPrices: new Map([[1, '79']]) },
      [],
    ],
    [
      'a sell below the mark counts at the mark',
      { limits: { maxNotional: '160' }, fills: [fill({ side: 'A' })], limitPrices: new Map([[1, '79']]), marks: marks({ SOL: [[0, 81]] }) },
      ['position notional cap'],
    ],
    [
      'a reduction counts for no limit',
      { limits: { maxSize: '2' }, fills: [fill(), fill({ side: 'A', sz: '1', startPosition: '2', px: '900' })] },
      [],
    ],
    [
      'equity rose with a mark that may have been known',
      {
        limits: { allocation: '300', maxLeverage: '2.6' },
        fills: [btc, fill()],
        marks: marks({
          SOL: [[0, 80]],
          BTC: [
            [0, 60_000],
            [AT - KNOWN_WITHIN_MS, 61_000],
            [AT - 1, 60_000],
          ],
        }),
      },
      [],
    ],
    [
      'equity rose with a mark that was too old',
      {
        limits: { allocation: '300', maxLeverage: '2.5' },
        fills: [btc, fill()],
        marks: marks({
          SOL: [[0, 80]],
          BTC: [
            [0, 60_000],
            [AT - KNOWN_WITHIN_MS - 2, 61_000],
            [AT - KNOWN_WITHIN_MS - 1, 60_000],
          ],
        }),
      },
      ['leverage cap'],
    ],
    [
      'funding that was paid lowers equity',
      { limits: { allocation: '16' }, fills: [fill()], fundings: [{ coin: 'BTC', time: AT - 2 * KNOWN_WITHIN_MS, usdc: '-0.01' }] },
      ['allocation cap'],
    ],
    [
      'a closed loss lowers equity',
      {
        limits: { allocation: '116' },
        fills: [btc, { ...btc, side: 'A', px: '50000', startPosition: '0.01', time: AT - KNOWN_WITHIN_MS, fee: '0' }, fill()],
      },
      ['allocation cap'],
    ],
    [
      'nobody knows what a position cost whose first fills the venue forgot',
      { limits: { allocation: '1', maxSize: '3' }, fills: [fill({ startPosition: '2' })] },
      ['position size cap'],
    ],
  ])('%s', (_name, judged, rules) => {
    expect(rulesBroken(judged)).toEqual(rules);
  });
});
