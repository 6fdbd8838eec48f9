import { mulDivFloor } from '@lockstep/kernel';
import type { CopyBook } from './book';
import { MODE, STATUS } from './copy-columns';
import { type InstrumentSheet, MICRO } from './instrument-columns';
import { reachOf, usableEquity } from './revalue';

/*
 * A move is planned whatever is known of its copies' accounts: exits wait for nothing. An increase is sized by what an account had when it was last known then, its
 * entry waits until the account is read, and what that finds may be much less: money that left while no process could write it down. What such increases added is
 * kept apart until then, and what the account turns out not to have of it is given up before anything is entered.
 */

// Bound once: a call through the front door of another room costs a getter.
const floorOf = mulDivFloor;
const RATE_ONE = 1_000_000_000_000;

/** By so much less an account may have become by what its marks did meanwhile: increases keep their size. */
export const UNSURE_DRIFT = RATE_ONE / 100;

/** Whether what a copy is sized by is what its account has. */
function isSizedByEquity({ copies }: CopyBook, row: number): boolean {
  return copies.mode[row] === MODE.proportionalReinvest || copies.mode[row] === MODE.riskNormalised;
}

/** Notes micro-lots, ≥ 0, that were added to a target while the copy's account was not known well enough for new risk. */
export function noteUnsure(book: CopyBook, sheet: InstrumentSheet, row: number, added: number): void {
  if (added <= 0 || ((book.copies.status[row] ?? 0) & STATUS.staleTruth) === 0 || !isSizedByEquity(book, row)) return;
  const { rows } = sheet;
  rows.unsure[row] = cutUnsure(book, sheet, row) + added;
  rows.unsureEquity[row] = usableEquity(book.copies, row);
}

/** The same of all that is owed of a copy's increases: another process sized them, by what it knew or as this one would have. */
export function noteOwedUnsure(book: CopyBook, row: number): void {
  for (const sheet of book.allSheets()) {
    const { rows } = sheet;
    const target = rows.target[row] ?? 0;
    if (rows.owedUntil[row] !== 0) noteUnsure(book, sheet, row, Math.abs(target) - reachOf(rows, row, target > 0) * MICRO);
  }
}

/** The leader went from so many lots to fewer: what was added is less by the same share. */
export function reduceUnsure({ rows }: InstrumentSheet, row: number, from: number, to: number): void {
  const unsure = rows.unsure[row] ?? 0;
  if (unsure > 0) rows.unsure[row] = floorOf(unsure, to, from);
}

/** The account of a copy was read, and its equity is divided: what it has not got of what was added is given up with the next look at each instrument. */
export function settleUnsure(book: CopyBook, row: number): void {
  for (const sheet of book.allSheets()) {
    cutUnsure(book, sheet, row);
    sheet.rows.unsure[row] = 0;
  }
}

/** Gives up what present equity does not carry of what was added; returns what is left of it. */
function cutUnsure({ copies }: CopyBook, { rows }: InstrumentSheet, row: number): number {
  const unsure = rows.unsure[row] ?? 0;
  if (unsure === 0) return 0;
  const [before, now] = [rows.unsureEquity[row] ?? 0, usableEquity(copies, row)];
  if (now >= before - floorOf(before, UNSURE_DRIFT, RATE_ONE)) return unsure;
  const left = floorOf(unsure, now, before);
  rows.lapsed[row] = (rows.lapsed[row] ?? 0) + unsure - left;
  return left;
}
