import { mulDivCeil, mulDivFloor } from '@lockstep/kernel';
import { NO_LIMIT } from './copy-columns';
import type { Draft } from './draft';
import { copyStanding, type FollowerStanding, followerStanding, mostLots } from './follower-standing';
import { MICRO } from './instrument-columns';
import { leaderTotals } from './leader-totals';
import { wantedOf } from './mirror-columns';
import { NO_GROUP_LIMIT, type SharedEntries } from './shared-entries';

// Bound once: a call through the front door of another room costs a getter, and these run several times per copy.
const ceilOf = mulDivCeil;
const floorOf = mulDivFloor;

const RATE_ONE = 1_000_000_000_000;
/** What a group comes to is not known: a mark is missing or too old. */
export const UNKNOWN = Number.NEGATIVE_INFINITY;

/** The entries of a draft with the groups they share limits in. What a group comes to beside them is summed once: no cut of theirs moves it. */
export function entriesOf(draft: Draft): SharedEntries {
  const { shared } = draft;
  let count = 0;
  for (let at = 0; at < draft.count; at += 1) {
    if ((draft.entryHeld[at] ?? -1) < 0) continue;
    shared.index[count] = at;
    count += 1;
  }
  shared.count = count;
  for (let at = 0; at < count; at += 1) valueEntry(draft, shared, at);
  groupFollowers(draft, shared);
  groupLeaders(draft, shared);
  return shared;
}

/**
 * Targets count to the last micro-lot, so that no two parts make a whole lot more. Mirrors that stand are for orders of the leader that are no part of a target yet:
 * they may fill beside all that was granted.
 */
function valueEntry(draft: Draft, entries: SharedEntries, at: number): void {
  const { rows, mark, lotsPerUnit } = draft.sheet;
  const index = entries.index[at] ?? 0;
  const row = draft.row[index] ?? 0;
  const granted = draft.entryHeld[index] ?? 0;
  const target = draft.targetAfter[index] ?? 0;
  const price = Math.max(mark, draft.entryLimit[index] ?? 0);
  const inHand = ceilOf(mostLots(rows, row, false), price, lotsPerUnit);
  const standing = (wantedOf(rows, row, target) < 0 ? rows.standingSell[row] : rows.standingBuy[row]) ?? 0;
  const beside = granted + standing * MICRO;
  const increment = Math.max(0, Math.abs(target) - granted);
  entries.price[at] = price;
  entries.held[at] = Math.max(inHand, granted === 0 ? 0 : ceilOf(beside, price, lotsPerUnit * MICRO));
  entries.increment[at] = increment === 0 ? 0 : ceilOf(increment, price, lotsPerUnit * MICRO);
}

function groupFollowers(draft: Draft, { count, index, equity, concentration, gross }: SharedEntries): void {
  const { book, sheet, options } = draft;
  const { copies, followers } = book;
  const standing: FollowerStanding = { gross: 0, ofUnderlying: 0, equity: 0, fresh: true };
  const when = { now: options.now, markMaxAgeMs: options.markMaxAgeMs, targets: true };
  concentration.clear(count);
  gross.clear(count);
  // Most followers have one copy of a leader; only the others are looked for.
  const met = new Map<number, number>();
  for (let at = 0; at < count; at += 1) {
    const row = draft.row[index[at] ?? 0] ?? 0;
    const share = copies.underlyingShare[row] ?? NO_LIMIT;
    const most = copies.followerGross[row] ?? NO_LIMIT;
    if (share < 0 && most < 0) continue;
    const follower = copies.follower[row] ?? -1;
    const alone = followers.hasOne(follower);
    const known = alone ? undefined : met.get(follower);
    const slot = known ?? at;
    if (known === undefined) {
      if (alone) copyStanding(book, row, sheet.underlying, when, standing);
      else {
        met.set(follower, at);
        followerStanding(followers, follower, sheet.underlying, when, standing);
      }
      equity[slot] = standing.equity;
      concentration.others[slot] = standing.fresh ? standing.ofUnderlying : UNKNOWN;
      gross.others[slot] = standing.fresh ? standing.gross : UNKNOWN;
    }
    const own = ceilOf(mostLots(sheet.rows, row), sheet.mark, sheet.lotsPerUnit);
    concentration.others[slot] = (concentration.others[slot] ?? 0) - own;
    gross.others[slot] = (gross.others[slot] ?? 0) - own;
    concentration.slot[at] = slot;
    gross.slot[at] = slot;
    if (share >= 0) concentration.limit[slot] = Math.min(concentration.limit[slot] ?? NO_GROUP_LIMIT, floorOf(equity[slot] ?? 0, share, RATE_ONE));
    if (most >= 0) gross.limit[slot] = Math.min(gross.limit[slot] ?? NO_GROUP_LIMIT, most);
  }
}

function groupLeaders(draft: Draft, { count, index, capacity }: SharedEntries): void {
  const { book, sheet, options } = draft;
  const { copies } = book;
  capacity.clear(count);
  let totals: Float64Array | null = null;
  const slots = new Map<number, number>();
  for (let at = 0; at < count; at += 1) {
    const row = draft.row[index[at] ?? 0] ?? 0;
    const most = copies.leaderCapacity[row] ?? NO_LIMIT;
    if (most < 0) continue;
    const leader = copies.scope[row] ?? 0;
    let slot = slots.get(leader);
    if (slot === undefined) {
      slot = at;
      slots.set(leader, at);
      totals ??= leaderTotals(book, options.now - options.markMaxAgeMs, true);
      const total = totals[leader] ?? 0;
      capacity.others[slot] = total < 0 ? UNKNOWN : total;
    }
    capacity.others[slot] = (capacity.others[slot] ?? 0) - ceilOf(mostLots(sheet.rows, row), sheet.mark, sheet.lotsPerUnit);
    capacity.slot[at] = slot;
    capacity.limit[slot] = Math.min(capacity.limit[slot] ?? NO_GROUP_LIMIT, most);
  }
}
