import { mulDivFloor } from '@lockstep/kernel';
import { type AccountMember, netRange, putOthers } from './account-net';
import type { CopyBook } from './book';
import { EPISODE, type InstrumentSheet, MICRO } from './instrument-columns';
import { forgetAhead } from './mirror-columns';
import { lockedRatio } from './target';

/** The venue's truth for one venue account in one instrument, after every fill of our own orders was applied. */
export interface VenueNet {
  readonly venueAccount: number;
  /** Signed net position in lots. */
  readonly netLots: number;
  /** Trades at the venue that were not ours since the last comparison, as far as they are known; null when none are. */
  readonly foreignTrades: ForeignTrades | null;
  /** True when an order of ours on this account and instrument is still unresolved: then nothing may be concluded yet. */
  readonly unresolved: boolean;
}

/** Signed lots and their size-weighted price (10^-8). */
export interface ForeignTrades {
  readonly lots: number;
  readonly price: number;
}

/** The follower (or a liquidation, ADL, TP/SL) closed against the copy: its position fell, no re-entry until the leader is flat. */
export interface UserClose {
  readonly kind: 'user_closed';
  readonly copyNo: number;
  readonly row: number;
  readonly coin: string;
  readonly lotsBefore: number;
  readonly lotsAfter: number;
  /** What its PnL was counted at (10^-8); whoever books it takes the same. */
  readonly price: number;
}

/** What a reconciliation found; the book is already changed accordingly. */
export type ReconcileEffect =
  /** Orders of unknown outcome must be resolved first. */
  | { readonly kind: 'wait_for_unknowns'; readonly venueAccount: number }
  /** Something was closed against a copy and no price of it is known, not even a mark: nothing is changed, the next comparison sees it again. */
  | { readonly kind: 'wait_for_price'; readonly venueAccount: number; readonly coin: string }
  | UserClose
  /** The rest of the account's net is the follower's own; left alone, reported. */
  | { readonly kind: 'own_position'; readonly venueAccount: number; readonly coin: string; readonly lotsBefore: number; readonly lotsAfter: number };

/**
 * Compares our record of one instrument with the venue's net of one account, whose copies all stand in one book. See {@link reconcileMembers}.
 */
export function reconcileNet(book: CopyBook, sheet: InstrumentSheet, truth: VenueNet): readonly ReconcileEffect[] {
  return reconcileMembers(
    rowsOf(book, truth.venueAccount).map((row) => ({ book, sheet, row })),
    truth,
  );
}

/**
 * Compares the sum of an account's copies in one instrument, and the follower's own position beside them, with the venue's net. A change against the copied
 * side first reduces the copies on it pro rata and marks their episodes `user_closed`; only the excess is the follower's
 * own position (product §2.4). Fills missing from our record must have been adopted before: this speaks only about trades not ours.
 * PnL is counted at the price of the trades when they are the whole difference, else at the mark. `beside` of all members must be the same before, and is behind.
 */
export function reconcileMembers(members: readonly AccountMember[], truth: VenueNet): readonly ReconcileEffect[] {
  const [first] = members;
  if (first === undefined) return [];
  const { venueAccount } = truth;
  const { instrument, mark } = first.sheet;
  const ownBefore = first.sheet.rows.beside[first.row] ?? 0;
  const foreign = truth.netLots - netRange(members, ownBefore).net;
  if (foreign === 0) return [];
  if (truth.unresolved) return [{ kind: 'wait_for_unknowns', venueAccount }];
  const effects: ReconcileEffect[] = [];
  const against = foreign < 0 ? 1 : -1;
  let left = Math.abs(foreign);
  // What the follower holds beside the copies on the attacked side gives way first: it is theirs.
  const own = Math.min(left, Math.max(0, ownBefore * against));
  left -= own;
  const price = truth.foreignTrades?.lots === foreign ? truth.foreignTrades.price : mark;
  const attacked = members.filter((member) => positionOf(member) * against > 0);
  if (price <= 0 && left > 0 && attacked.length > 0) return [{ kind: 'wait_for_price', venueAccount, coin: instrument.coin }];
  const taken = reduceProRata(attacked, left, price, effects);
  const ownAfter = ownBefore - against * (own + (left - taken)) + 0;
  putOthers(members, ownAfter);
  if (ownAfter !== ownBefore) effects.push({ kind: 'own_position', venueAccount, coin: instrument.coin, lotsBefore: ownBefore, lotsAfter: ownAfter });
  return effects;
}

const positionOf = ({ sheet, row }: AccountMember): number => sheet.rows.position[row] ?? 0;

function rowsOf(book: CopyBook, venueAccount: number): readonly number[] {
  const found: number[] = [];
  for (let row = 0; row < book.rowCount; row += 1)
    if (book.copies.copyNo[row] !== 0 && book.copies.venueAccount[row] === venueAccount) found.push(row);
  return found;
}

/**
 * What was taken for a follower's close was the venue's settlement of an instrument it delisted: the episode ended by that. There is nothing of the follower's
 * to be kept out by; what is not listed is entered by nobody, and one that is listed again is followed from the leader's next open.
 */
export function endByDelisting({ rows }: InstrumentSheet, row: number): void {
  rows.episode[row] = (rows.episode[row] ?? 0) & ~EPISODE.userClosed;
}

/** Takes `lots` from copies of one side, pro rata and rounded along the way, so that none gives more than it holds; returns what could be taken. */
function reduceProRata(onSide: readonly AccountMember[], lots: number, price: number, effects: ReconcileEffect[]): number {
  const holdings = onSide.map((member) => Math.abs(positionOf(member)));
  const total = holdings.reduce((sum, held) => sum + held, 0);
  const taken = Math.min(lots, total);
  let [upTo, given] = [0, 0];
  onSide.forEach((member, index) => {
    upTo += holdings[index] ?? 0;
    const share = mulDivFloor(upTo, taken, total) - given;
    given += share;
    if (share > 0) effects.push(closeByUser(member.book, member.sheet, member.row, share, price));
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
  const value = mulDivFloor(lots, price, sheet.lotsPerUnit);
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
  forgetAhead(rows, row);
  rows.episode[row] = (rows.episode[row] ?? 0) | EPISODE.userClosed;
  const { coin } = sheet.instrument;
  return { kind: 'user_closed', copyNo: book.copies.copyNo[row] ?? 0, row, coin, lotsBefore: before, lotsAfter: after, price };
}
