import { RATE_ONE, UNIT } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { type EquityPoint, realisedVolatility } from './volatility';

const DAY = 86_400_000;
const dollars = (amount: number): bigint => BigInt(Math.round(amount * 100)) * (UNIT / 100n);
/** Daily points: the account makes a share of 1,000 dollars each day. */
const daily = (returns: readonly number[], flowOn: number | null = null): EquityPoint[] => {
  let pnl = 0;
  let flows = 1_000;
  return [0, ...returns].map((share, day) => {
    pnl += share * (flows + pnl);
    if (day === flowOn) flows += 5_000;
    return { at: day * DAY, equity: dollars(flows + pnl), pnl: dollars(pnl) };
  });
};
const share = (points: readonly EquityPoint[]): number | null => {
  const found = realisedVolatility(points);
  return found === null ? null : Number(found) / Number(RATE_ONE);
};

describe('volatility of a leader', () => {
  it('of one percent a day, up and down, is √365 percent a year', () => {
    expect(share(daily(Array.from({ length: 30 }, (_, day) => (day % 2 === 0 ? 0.01 : -0.01))))).toBeCloseTo(Math.sqrt(365) / 100, 3);
  });

  it('counts no deposit as a return', () => {
    const returns = Array.from({ length: 30 }, (_, day) => (day % 2 === 0 ? 0.01 : -0.01));
    expect(share(daily(returns, 12))).toBeCloseTo(Math.sqrt(365) / 100, 3);
  });

  it('is the same however the points are spaced', () => {
    const points = daily(Array.from({ length: 40 }, () => 0.01));
    const halved = points.filter((_, index) => index % 2 === 0);
    // Two days of one percent each are one return of about two.
    expect((share(halved) ?? 0) / (share(points) ?? 1)).toBeCloseTo(Math.SQRT2, 1);
  });

  it.each([
    ['nothing', []],
    ['too few returns', daily(Array.from({ length: 9 }, () => 0.01))],
    ['too short a time', daily(Array.from({ length: 20 }, () => 0.01)).map((point) => ({ ...point, at: point.at / 10 }))],
    ['an account that never moved', daily(Array.from({ length: 30 }, () => 0))],
    ['an account that was empty', daily(Array.from({ length: 30 }, () => 0.01)).map((point) => ({ ...point, equity: 0n }))],
  ])('is unknown of %s', (_what, points) => {
    expect(realisedVolatility(points)).toBeNull();
  });
});
