import { type Instrument, mulDivCeil, mulDivFloor } from '@lockstep/kernel';
import type { CopyBook } from './book';
import type { CopyColumns } from './copy-columns';
import { type InstrumentRows, type InstrumentSheet, MICRO } from './instrument-columns';

// Bound once: a call through the front door of another room costs a getter, and these run several times per copy.
const ceilOf = mulDivCeil;
const floorOf = mulDivFloor;

/** Largest |lots| the row may come to hold: position with every order in flight filled, or its target. */
export function worstLots(rows: InstrumentRows, row: number): number {
  return Math.max(inFlightLots(rows, row), Math.ceil(Math.abs(rows.target[row] ?? 0) / MICRO));
}

/**
 * Largest |lots| that what is held and in flight may come to, ≥ 0. What is held against entries in flight is taken off only as far as exits in flight close it, as
 * in {@link reachOf}: its exits may leave before those entries fill, and no limit withholds an exit.
 */
export function inFlightLots(rows: InstrumentRows, row: number): number {
  const position = rows.position[row] ?? 0;
  const buying = rows.pendingBuy[row] ?? 0;
  const selling = rows.pendingSell[row] ?? 0;
  const long = position < 0 && buying > 0 ? fromOtherSide(position, buying, rows.pendingExitBuy[row] ?? 0) : position + buying;
  const short = position > 0 && selling > 0 ? fromOtherSide(-position, selling, rows.pendingExitSell[row] ?? 0) : selling - position;
  return Math.max(long, short, 0);
}

const fromOtherSide = (held: number, all: number, exits: number): number => Math.max(0, held + exits) + all - exits;

/**
 * Lots the row comes to hold on a side with every order in flight filled, ≥ 0. What it holds against that side counts only as far as exits in flight close it:
 * the rest has exits of its own, and what entries in flight add to the side is added from flat. Mirrors of orders that still stand at the leader's count for
 * nothing: they are no part of any target yet.
 */
export function reachOf(rows: InstrumentRows, row: number, buy: boolean): number {
  const held = (rows.position[row] ?? 0) * (buy ? 1 : -1);
  const all = (buy ? rows.pendingBuy[row] : rows.pendingSell[row]) ?? 0;
  const exits = (buy ? rows.pendingExitBuy[row] : rows.pendingExitSell[row]) ?? 0;
  const standing = (buy ? rows.standingBuy[row] : rows.standingSell[row]) ?? 0;
  return Math.max(0, held + exits) + Math.max(0, all - exits - standing);
}

/**
 * Lots (signed) that are left of what is held with every order against the target's side filled; all that is held where there is no target. Mirrors of orders
 * that still stand at the leader's count for nothing, as in {@link reachOf}.
 */
export function leastHeld(rows: InstrumentRows, row: number): number {
  const buying = (rows.pendingBuy[row] ?? 0) - (rows.standingBuy[row] ?? 0);
  const selling = (rows.pendingSell[row] ?? 0) - (rows.standingSell[row] ?? 0);
  return heldBehind(rows.target[row] ?? 0, rows.position[row] ?? 0, buying, selling);
}

/** {@link leastHeld} of what was journaled with a decision. */
export const heldBehind = (target: number, position: number, buying: number, selling: number): number =>
  target > 0 ? position - selling : target < 0 ? position + buying : position;

/**
 * U that ratios and limits are judged on: the copy's equity without what is to leave it, scaled to what the venue account really holds for it (product §1). Loss
 * limits keep to `equity`.
 */
export function usableEquity(copies: CopyColumns, row: number): number {
  const own = Math.max(0, (copies.equity[row] ?? 0) - (copies.leaving[row] ?? 0));
  return Math.min(own, copies.realEquity[row] ?? 0);
}

/** Leverage a copy's setting comes to on an instrument: within what the instrument admits. */
export function leverageOn(instrument: Instrument, venueLeverage: number): number {
  return Math.max(1, Math.min(venueLeverage, instrument.maxLeverage));
}

/** Leverage a position of the row is margined at. */
export function leverageOf(copies: CopyColumns, sheet: InstrumentSheet, row: number): number {
  return leverageOn(sheet.instrument, copies.venueLeverage[row] ?? 1);
}

/** Unrealised PnL of the row's open position at a price: value rounded against the holder. */
export function unrealisedAt(sheet: InstrumentSheet, row: number, price: number): number {
  const position = sheet.rows.position[row] ?? 0;
  if (position === 0) return 0;
  const entry = sheet.rows.entryValue[row] ?? 0;
  return position > 0 ? floorOf(position, price, sheet.lotsPerUnit) - entry : entry - ceilOf(-position, price, sheet.lotsPerUnit);
}

/**
 * Recomputes equity, worst-case exposure and initial margin of every copy from all its instruments at their marks. A row is marked
 * not fresh when an instrument it has exposure in has no mark younger than `markMaxAgeMs`; without any mark the entry value stands.
 */
export function revalue(book: CopyBook, now: number, markMaxAgeMs: number): void {
  const { copies, rowCount } = book;
  copies.exposure.fill(0, 0, rowCount);
  copies.margin.fill(0, 0, rowCount);
  copies.marksFresh.fill(1, 0, rowCount);
  for (let row = 0; row < rowCount; row += 1) copies.equity[row] = (copies.allocation[row] ?? 0) + (copies.netPnl[row] ?? 0);
  for (const sheet of book.allSheets()) addSheet(copies, sheet, rowCount, sheet.mark > 0 && now - sheet.markAt <= markMaxAgeMs);
  for (let row = 0; row < rowCount; row += 1) {
    const equity = copies.equity[row] ?? 0;
    copies.shortfall[row] = Math.max(0, -equity);
    copies.equity[row] = Math.max(0, equity);
  }
}

function addSheet(copies: CopyColumns, sheet: InstrumentSheet, rowCount: number, fresh: boolean): void {
  const { rows, mark, lotsPerUnit } = sheet;
  const { exposure, margin, equity, marksFresh } = copies;
  for (let row = 0; row < rowCount; row += 1) {
    const worst = worstLots(rows, row);
    if (worst === 0) continue;
    if (!fresh) marksFresh[row] = 0;
    if (mark === 0) continue;
    const value = ceilOf(worst, mark, lotsPerUnit);
    exposure[row] = (exposure[row] ?? 0) + value;
    margin[row] = (margin[row] ?? 0) + Math.ceil(value / leverageOf(copies, sheet, row));
    equity[row] = (equity[row] ?? 0) + unrealisedAt(sheet, row, mark);
  }
}
