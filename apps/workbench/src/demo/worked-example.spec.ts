import { describe, expect, it } from 'vitest';
import { accountOf, checkTotals, exampleSize, expectedMarkup } from './worked-example';

const totals = (markup: bigint): Map<string, bigint> =>
  new Map([
    ['builder_fee', markup],
    ['tenant:markup_receivable', markup],
    ['tenant:markup_revenue', -(markup * 4n) / 5n],
    ['tenant:markup_payable', -markup / 5n],
    ['platform:markup_receivable', markup / 5n],
    ['platform:markup_revenue', -markup / 5n],
  ]);

describe('the worked example', () => {
  it.each([
    [1, 100, 200, 3_000_00000000n],
    [0.25, 50, 100, 750_00000000n],
    [0.01, 10, 20, 30_00000000n],
    [0.0001, 1, 2, 30000000n],
  ])('at scale %d is %d leaders × %d followers', (scale, leaders, followersEach, markup) => {
    expect(exampleSize(scale)).toEqual({ leaders, followersEach });
    expect(expectedMarkup({ leaders, followersEach })).toBe(markup);
  });

  it('comes out when every account says so', () => {
    expect(checkTotals(exampleSize(0.01), totals(30_00000000n))).toEqual([]);
  });

  it.each([
    ['copy:funding', 'cpy_1', 'copy:cpy_1:funding'],
    ['tenant:markup_payable', '', 'tenant:markup_payable'],
  ])('finds %s of copy "%s" in the ledger as %s', (account, copyId, expected) => {
    expect(accountOf(account, copyId)).toBe(expected);
  });

  it('names every account that does not', () => {
    const short = totals(30_00000000n).set('platform:markup_revenue', -5_99999999n);
    expect(checkTotals(exampleSize(0.01), short)).toEqual([
      { rule: 'the worked example comes out', detail: 'platform:markup_revenue: -5.99999999, by the formula -6' },
    ]);
    expect(checkTotals(exampleSize(0.01), totals(29_98500000n))).toHaveLength(6);
  });
});
