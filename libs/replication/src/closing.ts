import { mulDivFloor } from '@lockstep/kernel';
import type { CopyBook } from './book';
import { STATUS } from './copy-columns';
import { EPISODE, type InstrumentSheet } from './instrument-columns';
import { forgetAhead } from './mirror-columns';
import { MIN_ORDER_VALUE } from './wave-options';

/** A copy's remaining exposure in one instrument. */
export interface Remnant {
  readonly coin: string;
  readonly lots: number;
  /** True when it is too small to close alone. */
  readonly dust: boolean;
}

/** Starts closing everything a copy holds (stop, breaker, close-all): every target is zero and stays there; repairs send the exits. */
export function beginClosing(book: CopyBook, row: number): void {
  book.setStatus(row, STATUS.closing, true);
  for (const sheet of book.allSheets()) zeroTarget(sheet, row);
}

/** Sets one target to zero and ends what was owed: for closing a single instrument. */
export function zeroTarget(sheet: InstrumentSheet, row: number): void {
  const { rows } = sheet;
  rows.target[row] = 0;
  rows.rho[row] = 0;
  rows.owedPrice[row] = 0;
  rows.owedUntil[row] = 0;
  forgetAhead(rows, row);
}

/** What a copy still holds or has in flight. Empty is the flatness proof; entries with `dust` are listed in it (product §2.11). */
export function remnantsOf(book: CopyBook, row: number): readonly Remnant[] {
  const remnants: Remnant[] = [];
  for (const sheet of book.allSheets()) {
    const lots = sheet.rows.position[row] ?? 0;
    const inFlight = (sheet.rows.pendingBuy[row] ?? 0) + (sheet.rows.pendingSell[row] ?? 0);
    if (lots === 0 && inFlight === 0) continue;
    // A copy that winds down still follows what its leader holds: that is no remnant, whatever was too small before.
    const left = inFlight === 0 && (sheet.rows.target[row] ?? 0) === 0;
    // Where nothing stands beside it on the account, it closes the account's whole net, which the venue takes whatever its size.
    const alone = (sheet.rows.others[row] ?? 0) + (sheet.rows.beside[row] ?? 0) === 0;
    const isDust = ((sheet.rows.episode[row] ?? 0) & EPISODE.dustPending) !== 0 && isSmall(sheet, lots);
    remnants.push({ coin: sheet.instrument.coin, lots, dust: left && !alone && isDust });
  }
  return remnants;
}

/** True for what is worth less than twice the venue's minimum at the mark, known or not: twice, because it was judged at another mark and at an order's limit. */
function isSmall({ mark, lotsPerUnit }: InstrumentSheet, lots: number): boolean {
  return mulDivFloor(Math.abs(lots), mark, lotsPerUnit) < 2 * MIN_ORDER_VALUE;
}
