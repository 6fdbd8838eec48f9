import type { MarginTier } from './universe';

const USD = 1_000_000;

/** What a liquidation price follows from. Usd are 10^-6 dollars, a price × lots is usd. */
export interface Exposure {
  /** Signed. */
  readonly lots: number;
  readonly markPx: number;
  readonly tiers: readonly MarginTier[];
  /** Equity of the isolated position, or of the whole cross account. */
  readonly equity: number;
  /** Maintenance of the account's other cross positions. */
  readonly otherMaintenance: number;
}

/**
 * The mark at which equity meets maintenance while all other marks stand still, in price units, not rounded; null when no price above
 * zero does. Fact sheet §12: mark − side · margin / size / (1 − l · side), where l and the margin are those of the tier the position
 * will be in at that price.
 */
export function liquidationPrice(exposure: Exposure): number | null {
  const { lots, markPx, tiers } = exposure;
  const direction = lots > 0 ? 1 : -1;
  const size = Math.abs(lots);
  let deduction = 0;
  let previous = 0;
  let found: number | null = null;
  for (const [index, { lowerBound, maxLeverage }] of tiers.entries()) {
    const rate = 1 / (2 * maxLeverage);
    if (index > 0) deduction += lowerBound * USD * (rate - previous);
    previous = rate;
    const margin = exposure.equity - exposure.otherMaintenance - (size * markPx * rate - deduction);
    const px = markPx - (direction * (margin / size)) / (1 - rate * direction);
    const upper = tiers[index + 1]?.lowerBound ?? Number.POSITIVE_INFINITY;
    if (px > 0 && size * px > lowerBound * USD && size * px <= upper * USD) found = px;
  }
  return found;
}
