import { LOSS_LIMITS, type NavColumns, thresholdOf } from './breaker';

const ONE = 1_000_000_000_000n;

/** Where the first loss limit of a copy is met: the highest equity (10^-8) at which one is, and which; its index in {@link LOSS_LIMITS}. */
export interface LossFloor {
  readonly equity: bigint;
  readonly limit: number;
}

/**
 * The highest equity at which a loss limit of a row is met, exactly as `evaluateBreakers` judges it; null where it has no limit. Never below zero, because
 * equity that is gone counts as the whole. At or above the row's present equity a limit is met already.
 */
export function lossFloor(columns: NavColumns, row: number): LossFloor | null {
  let found: LossFloor | null = null;
  for (let limit = 0; limit < LOSS_LIMITS.length; limit += 1) {
    const threshold = thresholdOf(columns, row, limit);
    if (threshold < 0) continue;
    const equity = floorOf(columns, row, limit, BigInt(threshold));
    if (found === null || equity > found.equity) found = { equity, limit };
  }
  return found;
}

function floorOf(columns: NavColumns, row: number, limit: number, threshold: bigint): bigint {
  const whole = (column: Float64Array): bigint => BigInt(column[row] ?? 0);
  if (LOSS_LIMITS[limit] === 'loss_money') return notBelowZero(whole(columns.pnlAnchor) + whole(columns.allocation) - threshold);
  const [factor, linked] = [whole(columns.navFactor), whole(columns.navEquity)];
  // A unit value that can only be nothing has met every share.
  if (factor <= 0n || linked <= 0n) return notBelowZero(whole(columns.equity));
  const nav = highestNav(columns, row, limit, threshold);
  // The unit value is ⌊factor · equity ÷ linked⌋: at most `nav` as long as factor · equity stays below linked · (nav + 1).
  return nav < 0n ? 0n : notBelowZero((linked * (nav + 1n) - 1n) / factor);
}

/** The highest unit value at which a limit by share is met; below zero: none. */
function highestNav(columns: NavColumns, row: number, limit: number, threshold: bigint): bigint {
  const kept = ONE - threshold;
  if (LOSS_LIMITS[limit] === 'from_start') return kept;
  const reference = BigInt((LOSS_LIMITS[limit] === 'trailing' ? columns.navPeak : columns.navDay)[row] ?? 0);
  // Of a reference that is not known yet nothing can be lost.
  return reference <= 0n ? -1n : (reference * (kept + 1n) - 1n) / ONE;
}

const notBelowZero = (value: bigint): bigint => (value > 0n ? value : 0n);
