import { mulDivCeil, mulDivFloor } from '@lockstep/kernel';
import type { CopyBook } from './book';
import { NO_LIMIT } from './copy-columns';
import type { InstrumentSheet } from './instrument-columns';
import { leverageOf, unrealisedAt, usableEquity, worstLots } from './revalue';

/*
 * Margin and liquidation distance of a copy in the clearinghouse of an instrument (product §3). What it counts on there is its own equity as far as its share of
 * what the account holds in that clearinghouse goes; it is judged as if it were alone, so that copies of one account never need more together than is there.
 * Maintenance is half the initial margin at the instrument's largest leverage, the venue's own figure in the first tier.
 */

// Bound once: a call through the front door of another room costs a getter, and these run several times per copy.
const ceilOf = mulDivCeil;
const floorOf = mulDivFloor;

const RATE_ONE = 1_000_000_000_000;
const UNLIMITED = Number.POSITIVE_INFINITY;

/** What an account holds in a clearinghouse for its copies, and over all of them. Money 10^-8. */
export interface ClearingBalance {
  readonly value: bigint;
  readonly of: bigint;
  /** True: the clearinghouses of the collateral share it. */
  readonly pooled: boolean;
}

/** Notes what an account holds in the clearinghouse of an instrument: a copy's share of it is that of its real equity. */
export function putClearing(book: CopyBook, { rows }: InstrumentSheet, row: number, { value, of, pooled }: ClearingBalance): void {
  const real = BigInt(book.copies.realEquity[row] ?? 0);
  const share = of <= 0n || value <= 0n ? 0n : value >= of ? real : (real * value) / of;
  rows.clearingShort[row] = Number(real - share);
  rows.clearingPooled[row] = pooled ? 1 : 0;
}

/** What the rest of a copy's positions ask of a clearinghouse at their worst. Money 10^-8. */
export interface AskedBeside {
  /** Σ initial margin. */
  initial: number;
  /** Σ maintenance; of isolated positions their whole margin, which backs nothing else. */
  used: number;
  /** What must be left above `used`, so that none of them is liquidated nearer than the floor. */
  kept: number;
}

/** Maintenance as a share of the notional, rounded up. */
export const maintenanceRate = ({ instrument }: InstrumentSheet): number => Math.ceil(RATE_ONE / (2 * Math.max(1, instrument.maxLeverage)));

/**
 * Share of a position's notional that margin has to be above maintenance for a distance: a price further away by it makes a long's notional smaller and a short's
 * larger, and maintenance with it. Rounded up.
 */
export const distanceRate = (sheet: InstrumentSheet, distance: number, long: boolean): number => {
  const maintenance = maintenanceRate(sheet);
  return ceilOf(distance, long ? RATE_ONE - maintenance : RATE_ONE + maintenance, RATE_ONE);
};

/** What a copy counts on in the clearinghouse of an instrument. */
export function clearingValue(book: CopyBook, sheet: InstrumentSheet, row: number): number {
  const there = (book.copies.realEquity[row] ?? 0) - (sheet.rows.clearingShort[row] ?? 0);
  return Math.max(0, Math.min(usableEquity(book.copies, row), there));
}

/** Whether two instruments are margined by the same money of a row's account. */
export function shareClearing(a: InstrumentSheet, b: InstrumentSheet, row: number): boolean {
  if (a.instrument.dex === b.instrument.dex) return true;
  return a.rows.clearingPooled[row] === 1 && b.rows.clearingPooled[row] === 1 && a.instrument.collateral === b.instrument.collateral;
}

/** Writes what a copy's other instruments ask of the clearinghouse into `into`, with every order in flight filled and every target reached. */
export function askedBeside(book: CopyBook, own: InstrumentSheet, row: number, distance: number, into: AskedBeside): void {
  into.initial = 0;
  into.used = 0;
  into.kept = 0;
  const { sheetList, copies } = book;
  for (let index = 0; index < sheetList.length; index += 1) {
    const sheet = sheetList[index];
    if (sheet === undefined || sheet === own || sheet.mark === 0 || !shareClearing(own, sheet, row)) continue;
    const lots = worstLots(sheet.rows, row);
    if (lots === 0) continue;
    const value = ceilOf(lots, sheet.mark, sheet.lotsPerUnit);
    const initial = Math.ceil(value / leverageOf(copies, sheet, row));
    into.initial += initial;
    if (sheet.instrument.onlyIsolated) {
      into.used += initial;
      continue;
    }
    into.used += ceilOf(value, maintenanceRate(sheet), RATE_ONE);
    const long = (sheet.rows.position[row] ?? 0) >= 0 && (sheet.rows.target[row] ?? 0) >= 0;
    into.kept = Math.max(into.kept, ceilOf(value, distanceRate(sheet, distance, long), RATE_ONE));
  }
}

const BESIDE: AskedBeside = { initial: 0, used: 0, kept: 0 };

/**
 * Largest |position| in lots the clearinghouse of an instrument admits for one row on a side: its initial margin there stays within what the copy counts on, and no
 * position of it comes nearer to its liquidation than the copy's floor. What is added is taken to cost the entry bound at once (the slippage reserve). Infinity
 * where the copy has no floor. `price` is max(mark, limit price).
 */
export function marginLots(book: CopyBook, sheet: InstrumentSheet, row: number, buy: boolean, price: number): number {
  const { copies } = book;
  const distance = copies.minDistance[row] ?? NO_LIMIT;
  if (distance < 0) return UNLIMITED;
  const position = (sheet.rows.position[row] ?? 0) * (buy ? 1 : -1);
  const held = Math.max(0, position);
  const reserve = copies.entryBound[row] ?? 0;
  askedBeside(book, sheet, row, distance, BESIDE);
  const value = clearingValue(book, sheet, row) + floorOf(floorOf(held, price, sheet.lotsPerUnit), reserve, RATE_ONE);
  const initialRate = Math.ceil(RATE_ONE / leverageOf(copies, sheet, row)) + reserve;
  const lots = (room: number, rate: number): number => lotsAt(sheet, room, rate, price);
  const byMargin = lots(value - BESIDE.initial, initialRate);
  const own = maintenanceRate(sheet) + distanceRate(sheet, distance, buy) + reserve;
  if (sheet.instrument.onlyIsolated) {
    const left = lots(value - BESIDE.used - BESIDE.kept, initialRate);
    return isolatedAdmits(sheet, row, initialRate - reserve - own, held) ? Math.min(byMargin, left) : Math.min(byMargin, left, held);
  }
  const byOthers = BESIDE.kept === 0 ? UNLIMITED : lots(value - BESIDE.used - BESIDE.kept, maintenanceRate(sheet) + reserve);
  return Math.min(byMargin, lots(value - BESIDE.used, own), byOthers);
}

/** Lots of which `rate` of the notional at a price is within an amount. */
function lotsAt(sheet: InstrumentSheet, room: number, rate: number, price: number): number {
  return room <= 0 ? 0 : floorOf(floorOf(room, RATE_ONE, rate), sheet.lotsPerUnit, price);
}

/** An isolated position has the margin it was opened with: what is added brings its own, which may be too little by itself; and what is held may have lost too much of it. */
function isolatedAdmits(sheet: InstrumentSheet, row: number, spare: number, held: number): boolean {
  if (spare < 0) return false;
  const lost = held === 0 ? 0 : Math.max(0, -unrealisedAt(sheet, row, sheet.mark));
  return lost === 0 || floorOf(floorOf(held, sheet.mark, sheet.lotsPerUnit), spare, RATE_ONE) >= lost;
}
