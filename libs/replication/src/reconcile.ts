import { mulDivFloor } from '@lockstep/kernel';
import type { CopyBook } from './book';
import { EPISODE, type InstrumentSheet, MICRO } from './instrument-columns';
import { lockedRatio } from './target';

/** The venue's truth for one venue account in one instrument, after every fill of our own orders was applied. */
export interface VenueNet {
  readonly venueAccount: number;
  /** Signed net position in lots. */
  readonly netLots: number;
  /** Price of the trades that were not ours (10^-8), for the PnL they realised; 0 when unknown: the mark is taken. */
  readonly foreignPrice: number;
  /** True when an order of ours on this account and instrument is still unresolved: then nothing may be concluded yet. */
  readonly unresolved: boolean;
}

/** What a reconciliation found; the book is already changed accordingly. */
export type ReconcileEffect =
  /** Orders of unknown outcome must be resolved first. */
  | { readonly kind: 'wait_for_unknowns'; readonly venueAccount: number }
  /** The follower (or a liquidation, ADL, TP/SL) closed against the copy: its position fell, no re-entry until the leader is flat. */
  | {
      readonly kind: 'user_closed';
      readonly copyNo: number;
      readonly row: number;
      readonly coin: string;
      readonly lotsBefore: number;
      readonly lotsAfter: number;
    }
  /** The rest of the account's net is the follower's own; left alone, reported. */
  | { readonly kind: 'own_position'; readonly venueAccount: number; readonly coin: string; readonly lotsBefore: number; readonly lotsAfter: number };

/**
 * Compares our record of one instrument with the venue's net of one account. A change against the copied net first reduces the copies
 * on that side pro rata (floored; the last takes the rest) and marks their episodes `user_closed`; only the excess is the follower's own
 * position beside them (product §2.4). Fills missing from our record must have been adopted before: this speaks only about trades not ours.
 */
export function reconcileNet(book: CopyBook, sheet: InstrumentSheet, truth: VenueNet): readonly ReconcileEffect[] {
  const copies = rowsOf(book, truth.venueAccount);
  const { rows } = sheet;
  const copied = copies.reduce((sum, row) => sum + (rows.position[row] ?? 0), 0);
  const first = copies[0];
  if (first === undefined) return [];
  // What lies beside one copy includes the other copies; the rest is the follower's own.
  const besideBefore = (rows.beside[first] ?? 0) + (rows.position[first] ?? 0) - copied;
  const foreign = truth.netLots - (copied + besideBefore);
  if (foreign === 0) return [];
  if (truth.unresolved) return [{ kind: 'wait_for_unknowns', venueAccount: truth.venueAccount }];
  const effects: ReconcileEffect[] = [];
  const against = foreign < 0 ? 1 : -1;
  let left = Math.abs(foreign);
  // What the follower holds beside the copies on the attacked side gives way first: it is theirs.
  const own = Math.min(left, Math.max(0, besideBefore * against));
  left -= own;
  const price = truth.foreignPrice > 0 ? truth.foreignPrice : sheet.mark;
  const taken = reduceProRata(book, sheet, copies, against, left, price, effects);
  const besideAfter = besideBefore - against * (own + (left - taken));
  for (const row of copies) rows.beside[row] = truth.netLots - (rows.position[row] ?? 0);
  if (besideAfter !== besideBefore)
    effects.push({
      kind: 'own_position',
      venueAccount: truth.venueAccount,
      coin: sheet.instrument.coin,
      lotsBefore: besideBefore,
      lotsAfter: besideAfter,
    });
  return effects;
}

function rowsOf(book: CopyBook, venueAccount: number): readonly number[] {
  const found: number[] = [];
  for (let row = 0; row < book.rowCount; row += 1)
    if (book.copies.copyNo[row] !== 0 && book.copies.venueAccount[row] === venueAccount) found.push(row);
  return found;
}

/** Takes `lots` from the copies on side `against` (+1 longs), pro rata; returns what could be taken. */
function reduceProRata(
  book: CopyBook,
  sheet: InstrumentSheet,
  copies: readonly number[],
  against: number,
  lots: number,
  price: number,
  effects: ReconcileEffect[],
): number {
  const { rows } = sheet;
  const onSide = copies.filter((row) => (rows.position[row] ?? 0) * against > 0);
  const total = onSide.reduce((sum, row) => sum + Math.abs(rows.position[row] ?? 0), 0);
  const taken = Math.min(lots, total);
  let left = taken;
  onSide.forEach((row, index) => {
    const held = Math.abs(rows.position[row] ?? 0);
    const share = index === onSide.length - 1 ? left : Math.min(left, mulDivFloor(held, taken, total));
    left -= share;
    if (share > 0) effects.push(closeByUser(book, sheet, row, share, price));
  });
  return taken;
}

function closeByUser(book: CopyBook, sheet: InstrumentSheet, row: number, lots: number, price: number): ReconcileEffect {
  const { rows } = sheet;
  const before = rows.position[row] ?? 0;
  const held = Math.abs(before);
  const after = before > 0 ? before - lots : before + lots;
  const entry = rows.entryValue[row] ?? 0;
  const released = mulDivFloor(entry, lots, held);
  const value = price > 0 ? mulDivFloor(lots, price, sheet.lotsPerUnit) : released;
  const realised = before > 0 ? value - released : released - value;
  rows.entryValue[row] = entry - released;
  rows.realised[row] = (rows.realised[row] ?? 0) + realised;
  book.copies.netPnl[row] = (book.copies.netPnl[row] ?? 0) + realised;
  rows.position[row] = after;
  const most = Math.min(Math.abs(rows.target[row] ?? 0), Math.abs(after) * MICRO);
  rows.target[row] = before > 0 ? most : 0 - most;
  rows.rho[row] = lockedRatio(rows.target[row] ?? 0, sheet.leaderLots);
  rows.owedPrice[row] = 0;
  rows.owedUntil[row] = 0;
  rows.episode[row] = (rows.episode[row] ?? 0) | EPISODE.userClosed;
  return { kind: 'user_closed', copyNo: book.copies.copyNo[row] ?? 0, row, coin: sheet.instrument.coin, lotsBefore: before, lotsAfter: after };
}
