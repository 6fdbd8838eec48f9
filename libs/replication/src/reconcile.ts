import { type EpochMs, mulDivFloor } from '@lockstep/kernel';
import { type AccountMember, netRange, putOthers } from './account-net';
import { applyFill } from './apply';
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
  /** They one by one, oldest first, where it is known what the copies held before each; absent: what they hold now stands for it. */
  readonly each?: readonly ForeignTrade[];
}

/** One of them: signed lots, and what each copy of the account held before it by our booked fills, in signed lots by copy number. */
export interface ForeignTrade {
  readonly lots: number;
  readonly held: ReadonlyMap<number, number>;
  /** When it happened, venue time. */
  readonly at: EpochMs;
}

/** Lots that one trade closed, and when; null: that is not known. */
export interface ClosedPart {
  readonly lots: number;
  readonly at: EpochMs | null;
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
  /** What of it was closed when: funding is charged on what was held at a moment. */
  readonly parts: readonly ClosedPart[];
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
 * own position (product §2.4). Where the trades are known and are the whole difference, what counts is what the copies held when each happened. Fills missing from our record must have been adopted before: this speaks only about trades not ours.
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
  const trades = truth.foreignTrades?.lots === foreign ? truth.foreignTrades : null;
  const price = trades?.price ?? mark;
  const { closed, ownAfter } = sharesOf(members, trades?.each ?? [{ lots: foreign, held: null, at: null }], against, ownBefore);
  if (price <= 0 && closed.some((parts) => parts.length > 0)) return [{ kind: 'wait_for_price', venueAccount, coin: instrument.coin }];
  members.forEach((member, index) => {
    const parts = closed[index] ?? [];
    if (parts.length > 0) effects.push(closeByUser(member, against, parts, price));
  });
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

/** How trades against a side are shared out: what they closed of each member, and what the follower holds of their own behind them. */
interface Shares {
  readonly closed: readonly (readonly ClosedPart[])[];
  readonly ownAfter: number;
}

/**
 * Each trade takes first what the follower holds beside the copies on the attacked side: it is theirs. Then it closes what the copies on that side held when it
 * happened, less what those before it closed: a comparison may be late, and orders of ours that filled meanwhile were not what was traded against.
 */
function sharesOf(
  members: readonly AccountMember[],
  trades: readonly { readonly lots: number; readonly held: ForeignTrade['held'] | null; readonly at: EpochMs | null }[],
  against: number,
  ownBefore: number,
): Shares {
  const closed = members.map((): ClosedPart[] => []);
  let own = ownBefore;
  for (const { lots, held, at } of trades) {
    const ownGiven = Math.min(Math.abs(lots), Math.max(0, own * against));
    const left = Math.abs(lots) - ownGiven;
    const holdings = members.map((member, index) => Math.max(0, heldOf(member, held) * against - lotsIn(closed[index] ?? [])));
    const given = proRata(holdings, left);
    given.forEach((share, index) => {
      if (share > 0) closed[index]?.push({ lots: share, at });
    });
    const taken = given.reduce((sum, share) => sum + share, 0);
    own -= against * (ownGiven + (left - taken));
  }
  return { closed, ownAfter: own + 0 };
}

const lotsIn = (parts: readonly ClosedPart[]): number => parts.reduce((sum, { lots }) => sum + lots, 0);

const heldOf = (member: AccountMember, held: ForeignTrade['held'] | null): number =>
  held === null ? positionOf(member) : (held.get(member.book.copies.copyNo[member.row] ?? 0) ?? 0);

/** Shares `lots` out pro rata, rounded along the way, so that none gives more than it holds; what nobody holds is left. */
function proRata(holdings: readonly number[], lots: number): readonly number[] {
  const total = holdings.reduce((sum, held) => sum + held, 0);
  const taken = Math.min(lots, total);
  let [upTo, given] = [0, 0];
  return holdings.map((held) => {
    if (taken === 0) return 0;
    upTo += held;
    const share = mulDivFloor(upTo, taken, total) - given;
    given += share;
    return share;
  });
}

/**
 * Takes a close of what a copy held on the side `against` (1: long). Where the episode went on, what is left of it is all that is wanted until the leader is flat.
 * Where the leader turned meanwhile, the close belongs to the episode before: the target of the new one stands, and what is held beside it is put right.
 */
function closeByUser({ book, sheet, row }: AccountMember, against: number, parts: readonly ClosedPart[], price: number): ReconcileEffect {
  const { rows } = sheet;
  const before = rows.position[row] ?? 0;
  const { position: after } = applyFill(book, sheet, row, { buy: against < 0, lots: lotsIn(parts), price, fee: 0 }, null);
  if ((rows.target[row] ?? 0) * against >= 0) endEpisode(sheet, row, against, after);
  const { coin } = sheet.instrument;
  return { kind: 'user_closed', copyNo: book.copies.copyNo[row] ?? 0, row, coin, lotsBefore: before, lotsAfter: after, price, parts };
}

/** What is left of an episode that the follower closed against is its target, and nothing is entered until the leader is flat. */
function endEpisode(sheet: InstrumentSheet, row: number, against: number, after: number): void {
  const { rows } = sheet;
  const left = Math.min(Math.abs(rows.target[row] ?? 0), Math.max(0, after * against) * MICRO);
  rows.target[row] = against * left + 0;
  rows.rho[row] = lockedRatio(rows.target[row] ?? 0, sheet.leaderLots);
  rows.owedPrice[row] = 0;
  rows.owedUntil[row] = 0;
  forgetAhead(rows, row);
  rows.episode[row] = (rows.episode[row] ?? 0) | EPISODE.userClosed;
}
