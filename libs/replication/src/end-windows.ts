import { forfeitGap, forfeitUpTo } from './apply';
import type { CopyBook } from './book';
import { isHandingOver, STATUS } from './copy-columns';
import { type InstrumentRows, type InstrumentSheet, MICRO } from './instrument-columns';
import { wantedOf } from './mirror-columns';
import { type ReasonCode, reasonAt } from './reasons';
import { reachOf } from './revalue';

/** Micro-lots given up for one copy. */
export interface Forfeit {
  readonly row: number;
  readonly copyNo: number;
  readonly amount: number;
  readonly reason: string;
}

/**
 * Entries whose window has ended leave ρ with the reason that kept them from being copied, and those of a copy that winds down or is unwound at once: it enters
 * nothing any more, however long its window is, and what it closes is a share of what it has. What is on its way belongs to the target until it fails.
 */
export function endWindows(book: CopyBook, sheet: InstrumentSheet, now: number): readonly Forfeit[] {
  const { rows } = sheet;
  const forfeits: Forfeit[] = [];
  for (let row = 0; row < book.rowCount; row += 1) {
    const status = book.copies.status[row] ?? 0;
    if (isHandingOver(status)) continue;
    takeLapsed(book, sheet, row, forfeits);
    // Without a window nothing is owed: what is missing all the same, an order that failed since, is given up at once.
    const isOver = now >= (rows.owedUntil[row] ?? 0);
    if (!isOver && !(isWindingDown(status) && isMissing(rows, row))) continue;
    const forfeit = giveUp(book, sheet, row, isOver ? undefined : 'winding_down');
    if (forfeit !== null) forfeits.push(forfeit);
  }
  return forfeits;
}

/**
 * The same before a wave, which no repair need have come before: after a start, or while the database gave a repair no number. Else the leader's next increase
 * would open a new window for what is owed no more, and his next reduction would reduce what was never held. An increment that a newer move took back unsent
 * is owed as long as its own order might have left, however short its window is.
 */
export function endWindowsBefore(book: CopyBook, sheet: InstrumentSheet, now: number): readonly Forfeit[] {
  const { copies } = book;
  const { rows } = sheet;
  const forfeits: Forfeit[] = [];
  for (let row = 0; row < book.rowCount; row += 1) {
    const until = rows.owedUntil[row] ?? 0;
    const status = copies.status[row] ?? 0;
    if (copies.copyNo[row] === 0 || isHandingOver(status)) continue;
    takeLapsed(book, sheet, row, forfeits);
    const isOver = until !== 0 && now > until + Math.max(0, (copies.maxAgeMs[row] ?? 0) - (copies.catchUpMs[row] ?? 0));
    if (!(isOver || isWindingDown(status)) || !isMissing(rows, row)) continue;
    const forfeit = giveUp(book, sheet, row, isOver ? undefined : 'winding_down');
    if (forfeit !== null) forfeits.push(forfeit);
  }
  return forfeits;
}

/** What has lapsed is given up, however long the rest is owed. */
function takeLapsed(book: CopyBook, sheet: InstrumentSheet, row: number, forfeits: Forfeit[]): void {
  const { rows } = sheet;
  const most = rows.lapsed[row] ?? 0;
  if (most === 0) return;
  rows.lapsed[row] = 0;
  const reason = reasonOf(reasonAt(rows.lastReason[row] ?? 0));
  const amount = forfeitUpTo(sheet, row, most, reason);
  if (amount > 0) forfeits.push({ row, copyNo: book.copies.copyNo[row] ?? 0, amount, reason });
}

const isWindingDown = (status: number): boolean => (status & STATUS.windingDown) !== 0;

/** Whether a lot or more is missing of what a row wants, with every order in flight filled. */
function isMissing(rows: InstrumentRows, row: number): boolean {
  const wanted = wantedOf(rows, row, rows.target[row] ?? 0);
  return Math.abs(wanted) - reachOf(rows, row, wanted > 0) * MICRO >= MICRO;
}

/** Gives up what one copy has not copied, by default with the reason that kept it from that. null: nothing of a lot or more is missing. */
export function giveUp(
  book: CopyBook,
  sheet: InstrumentSheet,
  row: number,
  reason = reasonOf(reasonAt(sheet.rows.lastReason[row] ?? 0)),
): Forfeit | null {
  const amount = forfeitGap(sheet, row, reason);
  return amount > 0 ? { row, copyNo: book.copies.copyNo[row] ?? 0, amount, reason } : null;
}

const reasonOf = (last: ReasonCode | null): ReasonCode => (last === null || last === 'planned' || last === 'no_change' ? 'window_ended' : last);
