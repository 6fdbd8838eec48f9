import { must } from '@lockstep/kernel';
import type { AccountMember } from './account-net';
import { applyFill } from './apply';
import { CAP_COUNT } from './cap-count';
import { capLots } from './caps';
import { CLEAR } from './checks';
import { zeroTarget } from './closing';
import { isHandingOver } from './copy-columns';
import { opposedInFlight } from './decide-orders';
import { MICRO } from './instrument-columns';
import { wantedOf } from './mirror-columns';
import { boundedLimit, exitBoundAt } from './price-bound';
import { catchUpRefusal } from './repair';
import { capShared } from './shared-caps';
import type { PlanOptions } from './wave-options';

/*
 * Opposite desires of copies of one follower on one account meet inside (product §2.6): at the mid of a fresh book, inside both bounds, without a fee.
 * A cross leaves the account's net as it is, so the venue is not asked; it is never made between accounts, hence never between followers.
 *
 * In a delisted instrument there is no book and no order, and the venue settled the account's net alone: what copies hold against each other there is closed at its
 * last mark, or it would stand for ever. That of a copy that does not follow its leader's exits as well: there is nothing left to hold.
 */

export type CrossOptions = Pick<PlanOptions, 'now' | 'markMaxAgeMs' | 'bookMaxAgeMs' | 'exitBand'>;

/** What one copy would trade now at the venue, were it not for another that wants the opposite. */
export interface CrossDesire {
  readonly member: AccountMember;
  readonly copyNo: number;
  readonly buy: boolean;
  readonly lots: number;
  /** True when it closes the copy's own position. */
  readonly exit: boolean;
  /** Worst price the copy accepts (10^-8): highest of a buyer, lowest of a seller. */
  readonly limit: number;
}

/** Lots that go from one copy of an account to another. */
export interface Cross {
  readonly buyer: CrossDesire;
  readonly seller: CrossDesire;
  readonly lots: number;
  /** Middle between best bid and ask, rounded down (10^-8); in a delisted instrument all three are its last mark. */
  readonly price: number;
  readonly bid: number;
  readonly ask: number;
}

/** True when members miss lots in opposite directions: cheap, without any check of whether they may trade. */
export function mayCross(members: readonly AccountMember[]): boolean {
  let [buying, selling] = [false, false];
  for (const member of members.filter(isTradedFor)) {
    const { toBuy, toSell } = gapOf(member);
    buying ||= toBuy >= 1;
    selling ||= toSell >= 1;
  }
  return buying && selling;
}

/**
 * Finds what can cross among the copies of one account in one instrument; nothing without a fresh two-sided book. Exits meet before entries, inside a class
 * copies by their numbers. Changes nothing. The members' books must be valued at `options.now` (`revalue`), and `putOthers` is of no influence.
 */
export function findCrosses(members: readonly AccountMember[], options: CrossOptions): readonly Cross[] {
  const [first] = members;
  if (first === undefined) return [];
  const { bestBid: bid, bestAsk: ask, bookAt, mark, instrument } = first.sheet;
  const desires = members
    .filter(isTradedFor)
    .map((member) => desireOf(member, options))
    .filter((desire) => desire !== null);
  if (instrument.delisted) {
    const exits = mark > 0 ? desires.filter(({ exit }) => exit) : [];
    return match(inTurn(exits, true), inTurn(exits, false)).map((pair) => ({ ...pair, price: mark, bid: mark, ask: mark }));
  }
  if (bid <= 0 || ask <= bid || options.now - bookAt > options.bookMaxAgeMs) return [];
  const price = midOf(first.sheet);
  const within = desires.filter(({ buy, limit }) => (buy ? price <= limit : price >= limit));
  return match(inTurn(within, true), inTurn(within, false)).map((pair) => ({ ...pair, price, bid, ask }));
}

/** Applies a cross to both copies' positions, entries and PnL. The net of the account stays what it was. What a delisted instrument ended is wanted no more. */
export function applyCross({ buyer, seller, lots, price }: Cross): void {
  must(buyer.member !== seller.member, 'a copy does not cross with itself');
  for (const { member, buy } of [buyer, seller]) {
    if (member.sheet.instrument.delisted) zeroTarget(member.sheet, member.row);
    applyFill(member.book, member.sheet, member.row, { buy, lots, price, fee: 0 }, null);
  }
}

/** Nothing is traded for a copy that is handed over, inside its account neither. */
const isTradedFor = ({ book, row }: AccountMember): boolean => !isHandingOver(book.copies.status[row] ?? 0);

const inTurn = (desires: readonly CrossDesire[], buy: boolean): readonly CrossDesire[] =>
  desires.filter((desire) => desire.buy === buy).sort((a, b) => Number(b.exit) - Number(a.exit) || a.copyNo - b.copyNo);

type Pair = Pick<Cross, 'buyer' | 'seller' | 'lots'>;

function match(buyers: readonly CrossDesire[], sellers: readonly CrossDesire[]): Pair[] {
  const pairs: Pair[] = [];
  let [buyerAt, sellerAt, bought, sold] = [0, 0, 0, 0];
  for (;;) {
    const [buyer, seller] = [buyers[buyerAt], sellers[sellerAt]];
    if (buyer === undefined || seller === undefined) return pairs;
    const lots = Math.min(buyer.lots - bought, seller.lots - sold);
    pairs.push({ buyer, seller, lots });
    bought += lots;
    sold += lots;
    if (bought === buyer.lots) [buyerAt, bought] = [buyerAt + 1, 0];
    if (sold === seller.lots) [sellerAt, sold] = [sellerAt + 1, 0];
  }
}

/**
 * Whole lots between what a member wants and its position with every order in flight filled. As orders are, that is decided on the target and what mirrors filled
 * ahead, and nothing is entered beyond the target. Of a delisted instrument nobody holds anything, whatever was wanted.
 */
function gapOf({ sheet: { rows, instrument }, row }: AccountMember) {
  const target = instrument.delisted ? 0 : (rows.target[row] ?? 0);
  const wanted = instrument.delisted ? 0 : wantedOf(rows, row, target);
  const high = (rows.position[row] ?? 0) + (rows.pendingBuy[row] ?? 0);
  const low = (rows.position[row] ?? 0) - (rows.pendingSell[row] ?? 0);
  const most = Math.min(wanted, Math.max(0, target));
  const least = Math.max(wanted, Math.min(0, target));
  return { high, low, toBuy: Math.floor((most - high * MICRO) / MICRO), toSell: Math.floor((low * MICRO - least) / MICRO) };
}

/** A member's desire: its exit if it has one, else the entry its catch-up window and its caps still admit. A flip's entry waits for its exit. */
function desireOf(member: AccountMember, options: CrossOptions): CrossDesire | null {
  const { high, low, toBuy, toSell } = gapOf(member);
  const buy = toBuy >= 1;
  const lots = buy ? toBuy : toSell;
  if (lots < 1) return null;
  const held = buy ? high : -low;
  return held < 0 ? exitOf(member, buy, Math.min(lots, -held), options) : entryOf(member, buy, lots, held, options);
}

function exitOf(member: AccountMember, buy: boolean, lots: number, options: CrossOptions): CrossDesire {
  const { book, sheet, row } = member;
  const bound = exitBoundAt(book.copies.exitBound[row] ?? 0, sheet.rows.exitFailures[row] ?? 0, options.exitBand);
  return desire(member, buy, lots, true, buy ? sheet.bestAsk : sheet.bestBid, bound);
}

function entryOf(member: AccountMember, buy: boolean, lots: number, held: number, options: CrossOptions): CrossDesire | null {
  const { book, sheet, row } = member;
  // While an exit of the old side is in flight nobody knows whether an entry would open or close.
  if (opposedInFlight(sheet.rows, row, buy)) return null;
  if ((sheet.rows.target[row] ?? 0) > 0 !== buy || catchUpRefusal({ book, sheet, options }, row, buy) !== CLEAR) return null;
  const entry = desire(member, buy, lots, false, sheet.rows.owedPrice[row] ?? 0, book.copies.entryBound[row] ?? 0);
  const room = Math.floor(capsOf(member, buy, Math.max(entry.limit, midOf(sheet)), options) - held);
  return room < 1 ? null : { ...entry, lots: Math.min(lots, room) };
}

/** What a cross is made at, where a book is known. */
const midOf = ({ bestBid, bestAsk }: AccountMember['sheet']): number => Math.floor((bestBid + bestAsk) / 2);

/**
 * Largest |position| in lots that all caps admit at the higher of the mark and a price, those that copies share too: of two that both enter, neither takes anything
 * off the other. A seller's limit says nothing of what it enters at: a cross is made at the middle, which may be above the mark.
 */
function capsOf({ book, sheet, row }: AccountMember, buy: boolean, at: number, options: CrossOptions): number {
  const caps = new Float64Array(CAP_COUNT);
  const price = Math.max(sheet.mark, at);
  capLots(book, sheet, row, buy, price, caps);
  if (book.hasSharedLimits) capShared(book, sheet, row, price, options, caps);
  return caps.reduce((least, cap) => Math.min(least, cap), Number.MAX_SAFE_INTEGER);
}

const desire = (member: AccountMember, buy: boolean, lots: number, exit: boolean, reference: number, bound: number): CrossDesire => ({
  member,
  copyNo: member.book.copies.copyNo[member.row] ?? 0,
  buy,
  lots,
  exit,
  limit: boundedLimit(reference, bound, buy, member.sheet.instrument.szDecimals),
});
