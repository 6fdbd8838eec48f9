import { mulDivCeil, mulDivFloor } from '@lockstep/kernel';
import type { CopyBook } from './book';
import { UNLIMITED } from './caps';
import { NO_LIMIT } from './copy-columns';
import { UNDECIDED } from './decide-orders';
import { type Draft, noteCut } from './draft';
import { type FollowerStanding, followerStanding, mostLots } from './follower-standing';
import { type InstrumentSheet, MAX_TARGET_LOTS, MICRO } from './instrument-columns';
import { leaderTotals } from './leader-totals';
import { CAPS, reasonNumber } from './reasons';
import type { Groups, SharedEntries } from './shared-entries';
import { entriesOf, UNKNOWN } from './shared-groups';
import { lockedRatio } from './target';

// Bound once: a call through the front door of another room costs a getter, and these run several times per copy.
const ceilOf = mulDivCeil;
const floorOf = mulDivFloor;

const RATE_ONE = 1_000_000_000_000;
const STALE_MARK = reasonNumber('stale_mark');
const CONCENTRATION = CAPS.indexOf('cap_concentration');
const GROSS = CAPS.indexOf('cap_gross');
const MARGIN = CAPS.indexOf('cap_margin');
const CAPACITY = CAPS.indexOf('cap_capacity');
const PLATFORM = CAPS.indexOf('cap_platform');

/** Index of the first cap that several copies share. Where a book has any of them, this one and all behind it are applied here. */
export const FIRST_SHARED_CAP = CONCENTRATION;

/**
 * Caps that several copies share, in product §3's order, once the targets of a wave or repair stand: concentration and gross exposure of a follower over all
 * its copies, capacity of a leader over all who copy it, with the copies' own caps between and behind them. What asks for more than a group has left is cut by
 * one factor for all of the group, so that nobody's place in the book decides. Only increments are cut; a mark that is missing keeps them waiting.
 */
export function applySharedCaps(draft: Draft): void {
  const entries = entriesOf(draft);
  cutByGroup(draft, entries, CONCENTRATION, entries.concentration, null);
  cutByGroup(draft, entries, GROSS, entries.gross, draft.grossLots);
  if (draft.book.hasFloors) cutByRow(draft, entries, MARGIN, draft.marginLots);
  cutByGroup(draft, entries, CAPACITY, entries.capacity, null);
  cutByRow(draft, entries, PLATFORM, null);
}

/** Cuts what the rows of each group ask for by one factor; `own` are lots that a cap of the copy itself at the same place admits. */
function cutByGroup(draft: Draft, entries: SharedEntries, cap: number, groups: Groups, own: Float64Array | null): void {
  groups.sum(entries);
  for (let at = 0; at < entries.count; at += 1) {
    const index = entries.index[at] ?? 0;
    const slot = groups.slot[at] ?? -1;
    const ownLots = own?.[index] ?? UNLIMITED;
    if (slot < 0) cutTo(draft, entries, at, cap, ownLots * MICRO, ownLots);
    else if (groups.others[slot] === UNKNOWN) wait(draft, index);
    else cutShare(draft, entries, at, cap, groups, ownLots);
  }
}

/** Leaves the row its part of what its group has room for. Where the group is beyond its limit without any increment, what was granted before and is not entered yet is bounded too. */
function cutShare(draft: Draft, entries: SharedEntries, at: number, cap: number, groups: Groups, ownLots: number): void {
  const slot = groups.slot[at] ?? 0;
  const increments = groups.increments[slot] ?? 0;
  const held = (groups.others[slot] ?? 0) + (groups.held[slot] ?? 0);
  const room = (groups.limit[slot] ?? 0) - held - unsure(held);
  if (room >= increments) {
    cutTo(draft, entries, at, cap, ownLots * MICRO, ownLots);
    return;
  }
  const index = entries.index[at] ?? 0;
  const left = Math.max(0, room - unsure(increments));
  const part = increments === 0 ? 0 : partOf(incrementOf(draft, index), left, increments);
  cutTo(draft, entries, at, cap, Math.min((draft.entryHeld[index] ?? 0) + part, ownLots * MICRO), ownLots);
  if (room >= 0) return;
  const value = (entries.held[at] ?? 0) + room;
  cutTo(draft, entries, at, cap, UNLIMITED, value <= 0 ? 0 : floorOf(value, draft.sheet.lotsPerUnit, entries.price[at] ?? 1));
}

/** Sums beyond the whole numbers of a double are given up to the last of their digits. */
const unsure = (sum: number): number => (Number.isSafeInteger(sum) ? 0 : Math.ceil(sum * 1e-12));

/** amount · left ÷ whole, rounded down; the whole may be any sum. */
const partOf = (amount: number, left: number, whole: number): number => Number((BigInt(amount) * BigInt(left)) / BigInt(whole));

/** A cap of the copy itself, as it was judged before any target changed; without a column it is the platform's. */
function cutByRow(draft: Draft, entries: SharedEntries, cap: number, column: Float64Array | null): void {
  for (let at = 0; at < entries.count; at += 1) {
    const lots = column === null ? MAX_TARGET_LOTS : (column[entries.index[at] ?? 0] ?? UNLIMITED);
    cutTo(draft, entries, at, cap, lots * MICRO, lots);
  }
}

/** Cuts a row's target to `most` micro-lots, never below what it held, and bounds its entry by `lots`. */
function cutTo(draft: Draft, entries: SharedEntries, at: number, cap: number, most: number, lots: number): void {
  const index = entries.index[at] ?? 0;
  if (lots < (draft.capLots[index] ?? 0)) {
    draft.capLots[index] = lots;
    draft.bindingCap[index] = cap;
  }
  const target = Math.abs(draft.targetAfter[index] ?? 0);
  const kept = Math.max(draft.entryHeld[index] ?? 0, most);
  if (target <= kept) return;
  noteCut(draft, index, cap, target - kept);
  const row = draft.row[index] ?? 0;
  const { rows, leaderLots, lotsPerUnit } = draft.sheet;
  const signed = Math.sign(draft.targetAfter[index] ?? 0) * kept + 0;
  rows.target[row] = signed;
  rows.rho[row] = lockedRatio(signed, leaderLots);
  draft.targetAfter[index] = signed;
  entries.increment[at] = ceilOf(incrementOf(draft, index), entries.price[at] ?? 0, lotsPerUnit * MICRO);
}

/** The entry is tried again inside its window, when the marks are there. */
function wait(draft: Draft, index: number): void {
  draft.mayEnter[index] = 0;
  draft.capLots[index] = 0;
  if (draft.reason[index] === UNDECIDED) draft.reason[index] = STALE_MARK;
}

const incrementOf = (draft: Draft, index: number): number => Math.max(0, Math.abs(draft.targetAfter[index] ?? 0) - (draft.entryHeld[index] ?? 0));

/**
 * Largest |position| in lots of one row alone under the limits it shares, noted in `into` beside the copy's own caps. `price` is max(mark, limit price).
 */
export function capShared(
  book: CopyBook,
  sheet: InstrumentSheet,
  row: number,
  price: number,
  options: { readonly now: number; readonly markMaxAgeMs: number },
  into: Float64Array,
): void {
  const { copies } = book;
  const own = ceilOf(mostLots(sheet.rows, row), sheet.mark, sheet.lotsPerUnit);
  const admit = (cap: number, limit: number, total: number): void => {
    const room = total < 0 ? 0 : limit - (total - own);
    into[cap] = Math.min(into[cap] ?? UNLIMITED, room <= 0 ? 0 : floorOf(room, sheet.lotsPerUnit, price));
  };
  const share = copies.underlyingShare[row] ?? NO_LIMIT;
  const gross = copies.followerGross[row] ?? NO_LIMIT;
  const capacity = copies.leaderCapacity[row] ?? NO_LIMIT;
  if (share >= 0 || gross >= 0) {
    const standing: FollowerStanding = { gross: 0, ofUnderlying: 0, equity: 0, fresh: true };
    followerStanding(book.followers, copies.follower[row] ?? -1, sheet.underlying, { ...options, targets: true }, standing);
    if (share >= 0) admit(CONCENTRATION, floorOf(standing.equity, share, RATE_ONE), standing.fresh ? standing.ofUnderlying : -1);
    if (gross >= 0) admit(GROSS, gross, standing.fresh ? standing.gross : -1);
  }
  if (capacity >= 0) admit(CAPACITY, capacity, leaderTotals(book, options.now - options.markMaxAgeMs, true)[copies.scope[row] ?? 0] ?? 0);
}
