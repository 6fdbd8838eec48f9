import { mulDivCeil } from '@lockstep/kernel';
import type { CopyBook } from './book';
import { mostLots } from './follower-standing';

// Bound once: a call through the front door of another room costs a getter, and these run several times per copy.
const ceilOf = mulDivCeil;

/**
 * Σ notional of all copies by leader (the book's `scope`), at the marks, with what targets still ask for or only what is held and in flight; −1 where a mark of
 * any of them is missing or older than `since`. Everybody who copies a leader of one brand stands in one book.
 */
export function leaderTotals(book: CopyBook, since: number, targets: boolean): Float64Array {
  const { copies, rowCount } = book;
  const { scope } = copies;
  let last = 0;
  for (let row = 0; row < rowCount; row += 1) last = Math.max(last, scope[row] ?? 0);
  const totals = new Float64Array(last + 1);
  for (const { rows, mark, markAt, lotsPerUnit } of book.allSheets()) {
    const fresh = mark > 0 && markAt >= since;
    for (let row = 0; row < rowCount; row += 1) {
      const lots = mostLots(rows, row, targets);
      if (lots === 0) continue;
      const leader = scope[row] ?? 0;
      const before = totals[leader] ?? 0;
      totals[leader] = before < 0 || !fresh ? -1 : before + ceilOf(lots, mark, lotsPerUnit);
    }
  }
  return totals;
}
