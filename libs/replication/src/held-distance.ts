import { mulDivCeil, mulDivFloor } from '@lockstep/kernel';
import type { CopyBook } from './book';
import { NO_LIMIT } from './copy-columns';
import type { InstrumentSheet } from './instrument-columns';
import { clearingValue, distanceRate, maintenanceRate, shareClearing } from './margin-cap';
import { leverageOf } from './revalue';

/*
 * How far what a copy holds is from its liquidation (product §3, state limits). An isolated position is not judged: to reduce it takes as much of its margin along,
 * and moves its liquidation nowhere.
 */

// Bound once: a call through the front door of another room costs a getter, and these run several times per copy.
const ceilOf = mulDivCeil;
const floorOf = mulDivFloor;

const RATE_ONE = 1_000_000_000_000;

/** |lots| that count of a sheet. */
export type Counted = (sheet: InstrumentSheet) => number;

/** What is counted of a position by its clearinghouse: the money there less what the copy's other positions use of it. */
function leftBeside(book: CopyBook, own: InstrumentSheet, row: number, counted: Counted): number {
  const { sheetList, copies } = book;
  let left = clearingValue(book, own, row);
  for (let index = 0; index < sheetList.length; index += 1) {
    const sheet = sheetList[index];
    if (sheet === undefined || sheet === own || sheet.mark === 0 || !shareClearing(own, sheet, row)) continue;
    const value = ceilOf(counted(sheet), sheet.mark, sheet.lotsPerUnit);
    left -= sheet.instrument.onlyIsolated ? Math.ceil(value / leverageOf(copies, sheet, row)) : ceilOf(value, maintenanceRate(sheet), RATE_ONE);
  }
  return left;
}

/** Largest |lots| of a row's position that are at least a distance away from liquidation; null: it is not judged. */
export function lotsWithinDistance(book: CopyBook, sheet: InstrumentSheet, row: number, distance: number, counted: Counted): number | null {
  if (distance <= 0 || sheet.mark === 0 || sheet.instrument.onlyIsolated) return null;
  const left = leftBeside(book, sheet, row, counted);
  if (left <= 0) return 0;
  const rate = maintenanceRate(sheet) + distanceRate(sheet, distance, (sheet.rows.position[row] ?? 0) > 0);
  return floorOf(floorOf(left, RATE_ONE, rate), sheet.lotsPerUnit, sheet.mark);
}

/** What is held of a row in a sheet. */
export const heldIn =
  (row: number): Counted =>
  ({ rows }) =>
    Math.abs(rows.position[row] ?? 0);

/** Whether some position of a row is nearer to its liquidation than a distance. */
export function isWithinDistance(book: CopyBook, row: number, distance: number): boolean {
  if (distance === NO_LIMIT) return false;
  const held = heldIn(row);
  return book.sheetList.some((sheet) => {
    const lots = held(sheet);
    return lots > 0 && lots > (lotsWithinDistance(book, sheet, row, distance, held) ?? lots);
  });
}

/** The least distance of a row's liquidation prices from their marks, as a rate of 10^-12, ≥ 0; null: nothing that is judged is held. */
export function nearestLiquidation(book: CopyBook, row: number): number | null {
  const held = heldIn(row);
  let nearest: number | null = null;
  for (const sheet of book.sheetList) {
    const value = ceilOf(held(sheet), sheet.mark, sheet.lotsPerUnit);
    if (value === 0 || sheet.instrument.onlyIsolated) continue;
    const left = Math.max(0, leftBeside(book, sheet, row, held) - ceilOf(value, maintenanceRate(sheet), RATE_ONE));
    const whole = floorOf(value, distanceRate(sheet, RATE_ONE, (sheet.rows.position[row] ?? 0) > 0), RATE_ONE);
    const distance = whole === 0 ? 0 : floorOf(left, RATE_ONE, whole);
    nearest = nearest === null ? distance : Math.min(nearest, distance);
  }
  return nearest;
}
