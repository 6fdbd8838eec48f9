import type { CopyBook } from './book';
import { CAP_COUNT } from './cap-count';
import { capLots } from './caps';
import { asksFirst, CLEAR, instrumentRefusal, standingRefusal, truthRefusal } from './checks';
import { type InstrumentSheet, MICRO } from './instrument-columns';
import { wantedOf } from './mirror-columns';
import { capShared } from './shared-caps';

/**
 * Lots that may be added on a side at a limit price: the least that the copy's caps and those it shares admit, less what it comes to hold there with everything
 * that works filled, or is to hold anyway. The book must be valued at the options' time.
 */
export function mirrorRoom(
  book: CopyBook,
  sheet: InstrumentSheet,
  row: number,
  buy: boolean,
  price: number,
  options: { readonly now: number; readonly markMaxAgeMs: number },
): number {
  const { rows } = sheet;
  const caps = new Float64Array(CAP_COUNT);
  const worstPrice = Math.max(sheet.mark, price);
  capLots(book, sheet, row, buy, worstPrice, caps);
  if (book.hasSharedLimits) capShared(book, sheet, row, worstPrice, options, caps);
  const most = Math.min(...caps);
  const side = buy ? 1 : -1;
  const exits = (buy ? rows.pendingExitBuy[row] : rows.pendingExitSell[row]) ?? 0;
  const entering = ((buy ? rows.pendingBuy[row] : rows.pendingSell[row]) ?? 0) - exits;
  // What is held against a mirror may be closed by an exit before the mirror fills, as in `inFlightLots`: it makes no room.
  const worst = Math.max(0, (rows.position[row] ?? 0) * side + exits) + entering;
  const wanted = Math.ceil((wantedOf(rows, row, rows.target[row] ?? 0) * side) / MICRO);
  return Math.max(0, Math.floor(most - Math.max(worst, wanted, 0)));
}

/**
 * Mirrors that add risk end so long before the agent that signs for their copy does, in ms: once it is past nobody can sign their cancel, and what refuses or
 * delays one now is over by then. What only reduces stays.
 */
export const MIRROR_AGENT_MARGIN_MS = 300_000;

/**
 * Whether mirrors that add risk may stand now: `no` for everything that stands against new risk; `keep`, none is placed and what stands stays, while something
 * they are judged on is not known well enough. The book must be valued at the options' time.
 */
export function mirrorEntries(
  book: CopyBook,
  sheet: InstrumentSheet,
  row: number,
  options: { readonly now: number; readonly markMaxAgeMs: number },
): 'yes' | 'keep' | 'no' {
  const { copies } = book;
  if (
    standingRefusal(copies, row, options.now, options.now + MIRROR_AGENT_MARGIN_MS) !== CLEAR ||
    instrumentRefusal(copies, sheet.rows, row) !== CLEAR
  )
    return 'no';
  // Nobody is asked about an order of the leader's that has not filled.
  if (asksFirst(copies, row)) return 'no';
  const fresh = sheet.mark > 0 && options.now - sheet.markAt <= options.markMaxAgeMs && copies.marksFresh[row] === 1;
  return fresh && truthRefusal(copies, row) === CLEAR ? 'yes' : 'keep';
}
