import { mulDivCeil, mulDivFloor } from '@lockstep/kernel';
import type { CopyBook } from './book';
import { NO_LIMIT } from './copy-columns';
import { type InstrumentSheet, MAX_TARGET_LOTS } from './instrument-columns';
import { marginLots } from './margin-cap';
import { leverageOf, usableEquity, worstLots } from './revalue';

// Bound once: a call through the front door of another room costs a getter, and these run several times per copy.
const ceilOf = mulDivCeil;
const floorOf = mulDivFloor;

const RATE_ONE = 1_000_000_000_000;
const SIZE_UNIT = 100_000_000;
/** "This cap does not bind." */
export const UNLIMITED = Number.POSITIVE_INFINITY;
/** |lots| admitted by the size cap. */
function sizeLots(copies: CopyBook['copies'], sheet: InstrumentSheet, row: number): number {
  const limit = copies.maxPositionSize[row] ?? NO_LIMIT;
  return limit < 0 ? UNLIMITED : floorOf(limit, sheet.lotsPerUnit, SIZE_UNIT);
}

/** |lots| whose notional at `price` stays within an amount of money. */
function lotsWithin(amount: number, sheet: InstrumentSheet, price: number): number {
  return amount <= 0 ? 0 : floorOf(amount, sheet.lotsPerUnit, price);
}

/**
 * Writes the largest |position| in lots each cap admits for one row on a side into `into` (CAP_COUNT entries, all of them; those of limits that copies share do
 * not bind yet). `price` is max(mark, limit price).
 * The money caps subtract what the copy's other instruments take at their worst, as of the last revaluation.
 */
export function capLots(book: CopyBook, sheet: InstrumentSheet, row: number, buy: boolean, price: number, into: Float64Array): void {
  const { copies } = book;
  const equity = usableEquity(copies, row);
  const leverage = leverageOf(copies, sheet, row);
  const ownValue = sheet.mark === 0 ? 0 : ceilOf(worstLots(sheet.rows, row), sheet.mark, sheet.lotsPerUnit);
  const otherExposure = (copies.exposure[row] ?? 0) - ownValue;
  const otherMargin = (copies.margin[row] ?? 0) - Math.ceil(ownValue / leverage);
  const notional = copies.maxPositionNotional[row] ?? NO_LIMIT;
  const share = copies.maxPositionShare[row] ?? NO_LIMIT;
  const most = copies.maxLeverage[row] ?? NO_LIMIT;
  const gross = copies.maxGross[row] ?? NO_LIMIT;
  const freeMargin = equity - otherMargin;

  // Each entry is written once: filling the column first is a call of its own for every copy.
  into[0] = sizeLots(copies, sheet, row);
  into[1] = notional < 0 ? UNLIMITED : lotsWithin(notional, sheet, price);
  into[2] = share < 0 ? UNLIMITED : lotsWithin(floorOf(equity, share, RATE_ONE), sheet, price);
  into[3] = freeMargin <= 0 ? 0 : floorOf(freeMargin, leverage * sheet.lotsPerUnit, price);
  into[4] = most < 0 ? UNLIMITED : lotsWithin(floorOf(equity, most, RATE_ONE) - otherExposure, sheet, price);
  into[5] = UNLIMITED;
  into[6] = gross < 0 ? UNLIMITED : lotsWithin(gross - otherExposure, sheet, price);
  into[7] = marginLots(book, sheet, row, buy, price);
  into[8] = UNLIMITED;
  into[9] = MAX_TARGET_LOTS;
}
