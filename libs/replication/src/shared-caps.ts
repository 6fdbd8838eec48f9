import { mulDivCeil, mulDivFloor } from '@lockstep/kernel';
import type { CopyBook } from './book';
import { UNLIMITED } from './caps';
import { UNDECIDED } from './decide-orders';
import { type Draft, noteCut } from './draft';
import { type FollowerStanding, followerStanding, mostLots } from './follower-standing';
import { type InstrumentSheet, MAX_TARGET_LOTS, MICRO } from './instrument-columns';
import { CAPS, reasonNumber } from './reasons';
import { lockedRatio } from './target';

// Bound once: a call through the front door of another room costs a getter, and these run several times per copy.
const ceilOf = mulDivCeil;
const floorOf = mulDivFloor;

const RATE_ONE = 1_000_000_000_000;
const UNKNOWN = Number.NEGATIVE_INFINITY;
const STALE_MARK = reasonNumber('stale_mark');
const CONCENTRATION = CAPS.indexOf('cap_concentration');
const GROSS = CAPS.indexOf('cap_gross');
const MARGIN = CAPS.indexOf('cap_margin');
const CAPACITY = CAPS.indexOf('cap_capacity');
const PLATFORM = CAPS.indexOf('cap_platform');

/** Index of the first cap that several copies share. Where a book has any of them, this one and all behind it are applied here. */
export const FIRST_SHARED_CAP = CONCENTRATION;

/** A limit that several copies share: what they come to together, and how much it may be. Money 10^-8. */
interface Budget {
  /** The group of copies a row shares the limit with; −1: none. */
  keyOf(row: number): number;
  limitOf(row: number): number;
  /** What the group comes to at the marks with the targets as they are now; −1: not known, a mark is missing or too old. */
  totalOf(row: number): number;
}

/** The groups of one budget that a wave meets, as columns by slot. */
class Tally {
  readonly slots = new Map<number, number>();
  readonly limit: Float64Array;
  /** What the group comes to without the rows that enter; minus infinity: not known. */
  readonly others: Float64Array;
  /** Σ of what the rows that enter had been granted before, and of their increments, at their orders' own limit prices. */
  readonly held: Float64Array;
  readonly increments: Float64Array;

  constructor(capacity: number) {
    this.limit = new Float64Array(capacity);
    this.others = new Float64Array(capacity);
    this.held = new Float64Array(capacity);
    this.increments = new Float64Array(capacity);
  }
}

/**
 * Caps that several copies share, in product §3's order, once the targets of a wave or repair stand: concentration and gross exposure of a follower over all
 * its copies, capacity of a leader over all who copy it, with the copies' own caps between and behind them. What asks for more than a group has left is cut by
 * one factor for all of the group, so that nobody's place in the book decides. Only increments are cut; a mark that is missing keeps them waiting.
 */
export function applySharedCaps(draft: Draft): void {
  const standing: FollowerStanding = { gross: 0, ofUnderlying: 0, equity: 0, fresh: true };
  cutByBudget(draft, CONCENTRATION, concentrationBudget(draft, standing));
  cutByBudget(draft, GROSS, followerGrossBudget(draft, standing), GROSS);
  cutByRow(draft, MARGIN);
  cutByBudget(draft, CAPACITY, capacityBudget(draft));
  cutByRow(draft, PLATFORM);
}

/** What sums are made of. */
interface Judged {
  readonly book: CopyBook;
  readonly sheet: InstrumentSheet;
  readonly options: { readonly now: number; readonly markMaxAgeMs: number };
}

/**
 * Largest |position| in lots of one row alone under the limits it shares, noted in `into` beside the copy's own caps. `price` is max(mark, limit price).
 */
export function capShared(book: CopyBook, sheet: InstrumentSheet, row: number, price: number, options: Judged['options'], into: Float64Array): void {
  const standing: FollowerStanding = { gross: 0, ofUnderlying: 0, equity: 0, fresh: true };
  const judged = { book, sheet, options };
  const own = ceilOf(mostLots(sheet.rows, row), sheet.mark, sheet.lotsPerUnit);
  const admit = (cap: number, budget: Budget): void => {
    if (budget.keyOf(row) < 0) return;
    const total = budget.totalOf(row);
    const room = total < 0 ? 0 : budget.limitOf(row) - (total - own);
    into[cap] = Math.min(into[cap] ?? UNLIMITED, room <= 0 ? 0 : floorOf(room, sheet.lotsPerUnit, price));
  };
  admit(CONCENTRATION, concentrationBudget(judged, standing));
  admit(GROSS, followerGrossBudget(judged, standing));
  admit(CAPACITY, capacityBudget(judged));
}

function concentrationBudget(judged: Judged, standing: FollowerStanding): Budget {
  const { copies } = judged.book;
  return {
    keyOf: (row) => ((copies.underlyingShare[row] ?? -1) < 0 ? -1 : (copies.follower[row] ?? -1)),
    limitOf: (row) => {
      standingOf(judged, row, standing);
      return floorOf(standing.equity, copies.underlyingShare[row] ?? 0, RATE_ONE);
    },
    totalOf: (row) => {
      standingOf(judged, row, standing);
      return standing.fresh ? standing.ofUnderlying : -1;
    },
  };
}

function followerGrossBudget(judged: Judged, standing: FollowerStanding): Budget {
  const { copies } = judged.book;
  return {
    keyOf: (row) => ((copies.followerGross[row] ?? -1) < 0 ? -1 : (copies.follower[row] ?? -1)),
    limitOf: (row) => copies.followerGross[row] ?? 0,
    totalOf: (row) => {
      standingOf(judged, row, standing);
      return standing.fresh ? standing.gross : -1;
    },
  };
}

function standingOf({ book, sheet, options }: Judged, row: number, into: FollowerStanding): void {
  followerStanding(
    book.followers,
    book.copies.follower[row] ?? -1,
    sheet.underlying,
    { now: options.now, markMaxAgeMs: options.markMaxAgeMs, targets: true },
    into,
  );
}

/** Everybody who copies a leader of one brand stands in one book: the sums are made in one pass over it. */
function capacityBudget({ book, options }: Judged): Budget {
  const { copies } = book;
  let totals: ReadonlyMap<number, number> | null = null;
  return {
    keyOf: (row) => ((copies.leaderCapacity[row] ?? -1) < 0 ? -1 : (copies.scope[row] ?? -1)),
    limitOf: (row) => copies.leaderCapacity[row] ?? 0,
    totalOf: (row) => {
      totals ??= leaderTotals(book, options.now - options.markMaxAgeMs);
      return totals.get(copies.scope[row] ?? -1) ?? 0;
    },
  };
}

/** Σ worst-case notional of all copies by leader, at the marks; −1 where one of these is missing or older than `since`. */
export function leaderTotals(book: CopyBook, since: number): ReadonlyMap<number, number> {
  const { copies, rowCount } = book;
  const totals = new Map<number, number>();
  for (const sheet of book.allSheets()) {
    const fresh = sheet.mark > 0 && sheet.markAt >= since;
    for (let row = 0; row < rowCount; row += 1) {
      const worst = mostLots(sheet.rows, row);
      if (worst === 0 || (copies.leaderCapacity[row] ?? -1) < 0) continue;
      const key = copies.scope[row] ?? -1;
      const before = totals.get(key) ?? 0;
      totals.set(key, before < 0 || !fresh ? -1 : before + ceilOf(worst, sheet.mark, sheet.lotsPerUnit));
    }
  }
  return totals;
}

/** Cuts what the rows of each group ask for by one factor; `own` is a cap of the copy itself that is judged at the same place. */
function cutByBudget(draft: Draft, cap: number, budget: Budget, own: number | null = null): void {
  const tally = new Tally(draft.count);
  for (let index = 0; index < draft.count; index += 1) if (isEntry(draft, index)) tallyRow(draft, index, budget, tally);
  for (let index = 0; index < draft.count; index += 1) {
    if (!isEntry(draft, index)) continue;
    const slot = tally.slots.get(budget.keyOf(draft.row[index] ?? 0));
    const ownLots = own === null ? UNLIMITED : lotsOf(draft, index, own);
    if (slot === undefined) cutTo(draft, index, cap, ownLots * MICRO, ownLots);
    else if (tally.others[slot] === UNKNOWN) wait(draft, index);
    else cutShare(draft, index, cap, tally, slot, ownLots);
  }
}

function tallyRow(draft: Draft, index: number, budget: Budget, tally: Tally): void {
  const row = draft.row[index] ?? 0;
  const key = budget.keyOf(row);
  if (key < 0) return;
  let slot = tally.slots.get(key);
  if (slot === undefined) {
    slot = tally.slots.size;
    tally.slots.set(key, slot);
    tally.limit[slot] = budget.limitOf(row);
    const total = budget.totalOf(row);
    tally.others[slot] = total < 0 ? UNKNOWN : total;
  } else tally.limit[slot] = Math.min(tally.limit[slot] ?? 0, budget.limitOf(row));
  const { sheet } = draft;
  tally.others[slot] = (tally.others[slot] ?? 0) - ceilOf(mostLots(sheet.rows, row), sheet.mark, sheet.lotsPerUnit);
  tally.held[slot] = (tally.held[slot] ?? 0) + heldValue(draft, index);
  tally.increments[slot] = (tally.increments[slot] ?? 0) + ceilOf(incrementOf(draft, index), priceOf(draft, index), sheet.lotsPerUnit * MICRO);
}

/** What a row that enters had been granted before its increment, at its order's price: targets to the last micro-lot, so that no two parts make a whole lot more. */
function heldValue(draft: Draft, index: number): number {
  const { rows, lotsPerUnit } = draft.sheet;
  const price = priceOf(draft, index);
  const inHand = ceilOf(mostLots(rows, draft.row[index] ?? 0, false), price, lotsPerUnit);
  return Math.max(inHand, ceilOf(draft.entryHeld[index] ?? 0, price, lotsPerUnit * MICRO));
}

/** Leaves the row its part of what its group has room for. Where the group is beyond its limit without any increment, what was granted before and is not entered yet is bounded too. */
function cutShare(draft: Draft, index: number, cap: number, tally: Tally, slot: number, ownLots: number): void {
  const increments = tally.increments[slot] ?? 0;
  const held = (tally.others[slot] ?? 0) + (tally.held[slot] ?? 0);
  const room = (tally.limit[slot] ?? 0) - held - unsure(held);
  if (room >= increments) {
    cutTo(draft, index, cap, ownLots * MICRO, ownLots);
    return;
  }
  const left = Math.max(0, room - unsure(increments));
  const part = increments === 0 ? 0 : partOf(incrementOf(draft, index), left, increments);
  cutTo(draft, index, cap, Math.min((draft.entryHeld[index] ?? 0) + part, ownLots * MICRO), ownLots);
  if (room >= 0) return;
  const value = heldValue(draft, index) + room;
  cutTo(draft, index, cap, UNLIMITED, value <= 0 ? 0 : floorOf(value, draft.sheet.lotsPerUnit, priceOf(draft, index)));
}

/** Sums beyond the whole numbers of a double are given up to the last of their digits. */
const unsure = (sum: number): number => (Number.isSafeInteger(sum) ? 0 : Math.ceil(sum * 1e-12));

/** amount · left ÷ whole, rounded down; the whole may be any sum. */
const partOf = (amount: number, left: number, whole: number): number => Number((BigInt(amount) * BigInt(left)) / BigInt(whole));

function cutByRow(draft: Draft, cap: number): void {
  for (let index = 0; index < draft.count; index += 1) {
    if (!isEntry(draft, index)) continue;
    const lots = lotsOf(draft, index, cap);
    cutTo(draft, index, cap, lots * MICRO, lots);
  }
}

/** Cuts a row's target to `most` micro-lots, never below what it held, and bounds its entry by `lots`. */
function cutTo(draft: Draft, index: number, cap: number, most: number, lots: number): void {
  if (lots < (draft.capLots[index] ?? 0)) {
    draft.capLots[index] = lots;
    draft.bindingCap[index] = cap;
  }
  const target = Math.abs(draft.targetAfter[index] ?? 0);
  const kept = Math.max(draft.entryHeld[index] ?? 0, most);
  if (target <= kept) return;
  noteCut(draft, index, cap, target - kept);
  const row = draft.row[index] ?? 0;
  const { rows, leaderLots } = draft.sheet;
  const signed = Math.sign(draft.targetAfter[index] ?? 0) * kept + 0;
  rows.target[row] = signed;
  rows.rho[row] = lockedRatio(signed, leaderLots);
  draft.targetAfter[index] = signed;
}

/** The entry is tried again inside its window, when the marks are there. */
function wait(draft: Draft, index: number): void {
  draft.mayEnter[index] = 0;
  draft.capLots[index] = 0;
  if (draft.reason[index] === UNDECIDED) draft.reason[index] = STALE_MARK;
}

/** Rows whose entry was priced and went through the caps before. */
const isEntry = (draft: Draft, index: number): boolean => (draft.entryHeld[index] ?? -1) >= 0;

const incrementOf = (draft: Draft, index: number): number => Math.max(0, Math.abs(draft.targetAfter[index] ?? 0) - (draft.entryHeld[index] ?? 0));

const priceOf = (draft: Draft, index: number): number => Math.max(draft.sheet.mark, draft.entryLimit[index] ?? 0);

/** Lots one of the copy's own caps admits, as they were judged before the targets changed. */
function lotsOf(draft: Draft, index: number, cap: number): number {
  if (cap === PLATFORM) return MAX_TARGET_LOTS;
  return (cap === GROSS ? draft.grossLots : draft.marginLots)[index] ?? UNLIMITED;
}
