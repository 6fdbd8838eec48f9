import { describe, expect, it } from 'vitest';
import { newestValue, portfolioAnswer } from '../wire/portfolio';
import { equityFinding } from './check-equity';

const usd = (dollars: number): bigint => BigInt(dollars) * 100_000_000n;
const BALANCES = [
  { coin: 'USDC', total: usd(900) },
  { coin: 'USDH', total: usd(100) },
  { coin: 'HYPE', total: usd(5_000) },
];

describe('equity of a unified account against the value the venue tells', () => {
  it.each<[string, bigint | null, string]>([
    ['the same', usd(1_000), 'good'],
    ['more: other tokens are worth something too', usd(9_000), 'good'],
    ['a little less: it is told late', usd(995), 'good'],
    ['less: profit would be counted twice', usd(700), 'warn'],
    ['nothing', null, 'told'],
  ])('%s', (_what, valued, verdict) => {
    expect(equityFinding(BALANCES, valued).verdict).toBe(verdict);
  });

  it('is the newest of the day, cut to what money has', () => {
    const answer = portfolioAnswer.parse([
      ['week', { accountValueHistory: [[9, '1.0']], vlm: '0' }],
      [
        'day',
        {
          accountValueHistory: [
            [2, '3.1234567899'],
            [1, '7.0'],
          ],
        },
      ],
    ]);
    expect([newestValue(answer, 'day'), newestValue(answer, 'month')]).toEqual([312_345_678n, null]);
  });
});
