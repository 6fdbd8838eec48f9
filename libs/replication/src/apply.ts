import { mulDivFloor, must } from '@lockstep/kernel';
import type { CopyBook } from './book';
import { EPISODE, type InstrumentSheet, MICRO } from './instrument-columns';
import { dropAhead, settleAhead, settleOwed, wantedOf } from './mirror-columns';
import { type ReasonCode, reasonNumber } from './reasons';
import { reachOf } from './revalue';
import type { PlannedOrders, WavePlan } from './wave-plan';

// Bound once: a call through the front door of another room costs a getter, and these run several times per copy.
const floorOf = mulDivFloor;

/** The reservation an order has in its row. */
export interface Reserved {
  readonly buy: boolean;
  /** It closes the copy's own position; else it is an entry. */
  readonly exit: boolean;
}

/** The reservation of one planned order. */
export const reservationOf = (orders: PlannedOrders, order: number): Reserved => ({ buy: orders.buy[order] === 1, exit: orders.exit[order] === 1 });

/** How an order ended, for its reservation. `unknown` keeps every lot reserved; `done` frees what did not fill. */
export type OutcomeKind = 'filled' | 'rejected' | 'unknown' | 'withheld';

/**
 * What a refusal says about another attempt. `no_match`: the book was beyond the bound, nothing was wrong with the order. `passing`: the venue or the
 * way to it was busy. `lasting`: the same order would most likely be refused again, e.g. for margin.
 */
export type RefusalKind = 'no_match' | 'passing' | 'lasting';

const REASON_OF_REFUSAL: Readonly<Record<RefusalKind, number>> = {
  no_match: reasonNumber('slippage'),
  passing: reasonNumber('venue_busy'),
  lasting: reasonNumber('rejected'),
};
const SLIPPAGE = reasonNumber('slippage');
const NO_FILL = reasonNumber('no_fill_yet');
const WITHHELD = reasonNumber('withheld');
const PLANNED = reasonNumber('planned');

/**
 * Books the outcome of one planned order: frees its reservation except what filled, which stays reserved until its fills are applied
 * (positions come from fills alone). Ignored when the row was given to another copy since. Call once per order with a final outcome;
 * `unknown` may be followed by a final one. `refusal` counts for `rejected` only.
 */
export function applyOutcome(book: CopyBook, plan: WavePlan, order: number, kind: OutcomeKind, filledLots: number, refusal: RefusalKind): void {
  const { orders } = plan;
  must(order >= 0 && order < orders.count, `order ${order} is not in the plan`);
  const row = orders.row[order] ?? 0;
  const sheet = book.findSheet(plan.coin);
  if (!sheet || book.copies.copyNo[row] !== orders.copyNo[order]) return;
  const { rows } = sheet;
  if (kind === 'unknown') {
    rows.lastReason[row] = NO_FILL;
    return;
  }
  const lots = orders.lots[order] ?? 0;
  must(filledLots >= 0 && filledLots <= lots, `order ${order} filled ${filledLots} of ${lots} lots`);
  const missing = lots - filledLots;
  releasePending(sheet, row, reservationOf(orders, order), missing);
  // A venue that is busy says nothing of the price: only what was refused or left unfilled for itself widens the next exit.
  if (orders.exit[order] === 1 && kind !== 'withheld' && !(kind === 'rejected' && refusal === 'passing')) {
    const failures = rows.exitFailures[row] ?? 0;
    rows.exitFailures[row] = missing === 0 ? 0 : Math.min(255, failures + 1);
  }
  if (orders.exit[order] !== 1) noteRefusal(rows, row, filledLots, kind === 'rejected' && refusal === 'lasting');
  rows.lastReason[row] = missing === 0 ? PLANNED : kind === 'withheld' ? WITHHELD : kind === 'filled' ? SLIPPAGE : REASON_OF_REFUSAL[refusal];
}

/** Attempts with two entries count once. */
function noteRefusal(rows: InstrumentSheet['rows'], row: number, filledLots: number, lasting: boolean): void {
  if (filledLots > 0) rows.refusals[row] = 0;
  else if (lasting) rows.refusals[row] = Math.min((rows.refusals[row] ?? 0) + 1, (rows.attempt[row] ?? 0) + 1, 255);
}

/**
 * Frees reserved lots of a row that filled nothing, never below zero. What they were to close is held on: a remnant found too small beside them may be none
 * any more, and is looked at anew. What mirrors filled meanwhile was what they were to fill.
 */
export function releasePending(sheet: InstrumentSheet, row: number, order: Reserved, lots: number): void {
  addPending(sheet, row, order, -lots);
  if (lots <= 0) return;
  settleAhead(sheet.rows, row, order.buy);
  settleOwed(sheet.rows, row);
  sheet.rows.episode[row] = (sheet.rows.episode[row] ?? 0) & ~EPISODE.dustPending;
}

/** Reserves lots of a row, e.g. for an order found unresolved in the journal at start. */
export function reservePending(sheet: InstrumentSheet, row: number, order: Reserved, lots: number): void {
  addPending(sheet, row, order, lots);
}

function addPending({ rows }: InstrumentSheet, row: number, { buy, exit }: Reserved, lots: number): void {
  const pending = buy ? rows.pendingBuy : rows.pendingSell;
  const exits = buy ? rows.pendingExitBuy : rows.pendingExitSell;
  if (exit) exits[row] = Math.max(0, (exits[row] ?? 0) + lots);
  pending[row] = Math.max(exits[row] ?? 0, (pending[row] ?? 0) + lots);
}

/** A fill of a copy's order. Price and money as safe integers of 10^-8. */
export interface CopyFill {
  readonly buy: boolean;
  readonly lots: number;
  readonly price: number;
  /** Whole fee paid, builder fee included; negative is a rebate. */
  readonly fee: number;
}

/** What a fill did to a copy: PnL realised by it (before fees), and the position after it. */
export interface AppliedFill {
  readonly realised: number;
  readonly position: number;
}

/**
 * Applies a fill to a copy's position, average entry and PnL, and frees its order's reservation (`reserved` null for a fill no order of ours stood for).
 * A crossing fill closes first and opens with the rest. Exact: entry value and realised PnL together never lose a unit.
 */
export function applyFill(book: CopyBook, sheet: InstrumentSheet, row: number, fill: CopyFill, reserved: 'exit' | 'entry' | null): AppliedFill {
  must(fill.lots > 0 && fill.price > 0, 'a fill has a size and a price');
  const { rows, lotsPerUnit } = sheet;
  if (reserved !== null) addPending(sheet, row, { buy: fill.buy, exit: reserved === 'exit' }, -fill.lots);
  const signedLots = fill.buy ? fill.lots : -fill.lots;
  const before = rows.position[row] ?? 0;
  const closing = before !== 0 && before > 0 !== fill.buy ? Math.min(Math.abs(before), fill.lots) : 0;
  const value = floorOf(fill.lots, fill.price, lotsPerUnit);
  const closingValue = closing === fill.lots ? value : floorOf(closing, fill.price, lotsPerUnit);
  const entry = rows.entryValue[row] ?? 0;
  const released = closing === 0 ? 0 : floorOf(entry, closing, Math.abs(before));
  const realised = closing === 0 ? 0 : before > 0 ? closingValue - released : released - closingValue;
  const position = before + signedLots;
  rows.entryValue[row] = entry - released + (value - closingValue);
  rows.position[row] = position;
  rows.realised[row] = (rows.realised[row] ?? 0) + realised;
  book.copies.netPnl[row] = (book.copies.netPnl[row] ?? 0) + realised - fill.fee;
  if (position === 0) settleFlat(sheet, row);
  // What was too small to close alone rides with what was added.
  else if (closing < fill.lots) rows.episode[row] = (rows.episode[row] ?? 0) & ~EPISODE.dustPending;
  settleOwed(rows, row);
  return { realised, position };
}

/**
 * The price lots are led at that filled by a word that names none, until the venue's fills tell it: the mark, as far as the order's limit admits it. The limit of an
 * exit alone would be far off, and on what is led losses are measured, and units of value are chained where money moves.
 */
export function likelyPrice({ mark }: Pick<InstrumentSheet, 'mark'>, buy: boolean, limit: number): number {
  if (mark <= 0) return limit;
  return buy ? Math.min(mark, limit) : Math.max(mark, limit);
}

/** What is booked of a copy in an instrument, from the venue's own fills. */
export interface BookedRow {
  /** Signed lots. */
  readonly position: number;
  readonly entryValue: number;
  readonly realised: number;
}

/**
 * Puts what is booked in the place of what the venue's answers led. Net PnL changes by the difference of this instrument alone: what is led in others
 * and not booked yet stays counted.
 */
export function takeBooked(book: CopyBook, sheet: InstrumentSheet, row: number, booked: BookedRow): void {
  const { rows } = sheet;
  applyIncome(book, row, booked.realised - (rows.realised[row] ?? 0));
  rows.position[row] = booked.position;
  rows.entryValue[row] = booked.entryValue;
  rows.realised[row] = booked.realised;
}

/** Adds funding (or any other income, signed) to a copy's net PnL. */
export function applyIncome(book: CopyBook, row: number, amount: number): void {
  book.copies.netPnl[row] = (book.copies.netPnl[row] ?? 0) + amount;
}

function settleFlat(sheet: InstrumentSheet, row: number): void {
  const { rows } = sheet;
  rows.exitFailures[row] = 0;
  rows.episode[row] = (rows.episode[row] ?? 0) & ~(EPISODE.exitStuck | EPISODE.dustPending);
}

/** Gives up what is not copied: the target falls back to what is held on its side with orders in flight filled, ρ follows (product §2.1). Returns the micro-lots forfeited. */
export function forfeitGap(sheet: InstrumentSheet, row: number, reason: ReasonCode): number {
  const { rows } = sheet;
  rows.owedPrice[row] = 0;
  rows.owedUntil[row] = 0;
  return forfeitUpTo(sheet, row, Number.POSITIVE_INFINITY, reason);
}

/** The same of `most` micro-lots; what else is missing is owed as before. */
export function forfeitUpTo(sheet: InstrumentSheet, row: number, most: number, reason: ReasonCode): number {
  const { rows } = sheet;
  const target = rows.target[row] ?? 0;
  const wanted = wantedOf(rows, row, target);
  const side = wanted < 0 ? -1 : 1;
  const amount = Math.min(most, Math.max(0, Math.abs(wanted) - reachOf(rows, row, side > 0) * MICRO));
  if (amount < MICRO) return 0;
  // What mirrors filled ahead is held: what is missing is missing of the target.
  const left = Math.max(0, target * side - amount);
  rows.target[row] = target * side > 0 ? side * left + 0 : target;
  rows.rho[row] = sheet.leaderLots === 0 ? 0 : floorOf(Math.abs(rows.target[row] ?? 0), 1_000_000, Math.abs(sheet.leaderLots));
  dropAhead(rows, row, side > 0, amount - (Math.max(0, target * side) - left));
  rows.forfeited[row] = (rows.forfeited[row] ?? 0) + amount;
  rows.forfeitReason[row] = reasonNumber(reason);
  settleOwed(rows, row);
  return amount;
}
