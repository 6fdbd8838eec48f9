import { forfeitGap } from './apply';
import type { CopyBook } from './book';
import { isHandingOver } from './copy-columns';
import { type InstrumentSheet, MICRO } from './instrument-columns';
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

/** Entries whose window has ended leave ρ with the reason that kept them from being copied. */
export function endWindows(book: CopyBook, sheet: InstrumentSheet, now: number): readonly Forfeit[] {
  const { rows } = sheet;
  const forfeits: Forfeit[] = [];
  for (let row = 0; row < book.rowCount; row += 1) {
    // Without a window nothing is owed: what is missing all the same, an order that failed since, is given up at once.
    if (isHandingOver(book.copies.status[row] ?? 0) || now < (rows.owedUntil[row] ?? 0)) continue;
    const forfeit = giveUp(book, sheet, row);
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
    if (copies.copyNo[row] === 0 || until === 0 || isHandingOver(copies.status[row] ?? 0)) continue;
    if (now <= until + Math.max(0, (copies.maxAgeMs[row] ?? 0) - (copies.catchUpMs[row] ?? 0))) continue;
    const target = wantedOf(rows, row, rows.target[row] ?? 0);
    if (Math.abs(target) - reachOf(rows, row, target > 0) * MICRO < MICRO) continue;
    const forfeit = giveUp(book, sheet, row);
    if (forfeit !== null) forfeits.push(forfeit);
  }
  return forfeits;
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
