import { RATE_ONE, type Rate, rate } from '@lockstep/kernel';

/** An account's equity and its profit so far, as its venue tells them over time. Money 10^-8. */
export interface EquityPoint {
  readonly at: number;
  readonly equity: bigint;
  /** Cumulative profit since some beginning: money moved in or out is not in it. */
  readonly pnl: bigint;
}

const YEAR_MS = 365 * 86_400_000;
/** Fewer returns, or a shorter time, tell nothing worth sizing by. */
export const VOLATILITY_RETURNS_MIN = 10;
export const VOLATILITY_SPAN_MIN_MS = 7 * 86_400_000;

/**
 * Realised volatility over a year as a share of equity: √(Σ r² ÷ Σ Δt), r the profit between two points over the equity at the first, so that deposits and
 * withdrawals are no returns; points need not be evenly spaced, and the mean is taken for zero, as is usual over short times. Null when there are too few
 * returns, too short a time, or none that moved.
 */
export function realisedVolatility(points: readonly EquityPoint[]): Rate | null {
  let squares = 0;
  let span = 0;
  let returns = 0;
  for (const [index, point] of points.entries()) {
    const before = points[index - 1];
    if (before === undefined || before.equity <= 0n || point.at <= before.at) continue;
    const gain = Number(point.pnl - before.pnl) / Number(before.equity);
    squares += gain * gain;
    span += point.at - before.at;
    returns += 1;
  }
  if (returns < VOLATILITY_RETURNS_MIN || span < VOLATILITY_SPAN_MIN_MS || squares === 0) return null;
  return rate(BigInt(Math.round(Math.sqrt((squares * YEAR_MS) / span) * Number(RATE_ONE))));
}
