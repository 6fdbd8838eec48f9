import { mulDivFloor } from '@lockstep/kernel';

const ONE = 1_000_000_000_000;

/** What the breaker needs of a copy book's columns. Money 10^-8, rates 10^-12. */
export interface NavColumns {
  readonly copyNo: Float64Array;
  /** Copy equity at the present marks, unrealised, fees and funding included. */
  readonly equity: Float64Array;
  /** Unit NAV at the last flow, and the equity right after it. */
  readonly navFactor: Float64Array;
  readonly navEquity: Float64Array;
  /** Loss share from the start that breaks; below zero: off. */
  readonly breakerFromStart: Float64Array;
}

/** Unit NAV (10^-12): chain-linked, so that money moved in or out is neither gain nor loss; 0 when the copy equity is gone. */
export function unitNav(columns: NavColumns, row: number): number {
  const equity = columns.equity[row] ?? 0;
  const linked = columns.navEquity[row] ?? 0;
  return equity <= 0 || linked <= 0 ? 0 : mulDivFloor(columns.navFactor[row] ?? 0, equity, linked);
}

/** Loss since the start as a share (10^-12), 0 when in profit; equity ≤ 0 counts as the whole. */
export const lossFromStart = (columns: NavColumns, row: number): number => Math.max(0, ONE - unitNav(columns, row));

/**
 * Writes the rows whose loss from the start has reached their limit into `breached` (room for `rowCount`) and returns how many.
 * Called on every mark after a revaluation: the first breach counts, there is no averaging.
 */
export function evaluateBreakers(columns: NavColumns, rowCount: number, breached: Int32Array): number {
  let found = 0;
  for (let row = 0; row < rowCount; row += 1) {
    const limit = columns.breakerFromStart[row] ?? -1;
    if (columns.copyNo[row] === 0 || limit < 0) continue;
    if (lossFromStart(columns, row) < limit) continue;
    breached[found] = row;
    found += 1;
  }
  return found;
}
