import { mulDivFloor } from '@lockstep/kernel';
import type { CopyBook } from './book';
import { asksFirst } from './checks';
import { MODE } from './copy-columns';
import { type Forfeit, giveUp } from './end-windows';
import { EPISODE, type InstrumentRows, type InstrumentSheet, MICRO } from './instrument-columns';
import { type IntentTerms, refusedIncrement, type WaveRow, weighedReference } from './journaled-intent';
import { settleOwed, wantedOf } from './mirror-columns';
import { reasonNumber } from './reasons';
import { leastHeld, reachOf } from './revalue';
import { classify, increasedTarget, lockedRatio } from './target';

// Bound once: a call through the front door of another room costs a getter.
const floorOf = mulDivFloor;

const APPROVAL = reasonNumber('approval_needed');

/** What a copy's follower is asked about in one instrument. */
export interface Asked {
  readonly buy: boolean;
  /** Micro-lots that may still be approved, above zero. */
  readonly micro: number;
  /** Size-weighted price of the leader's increments that are asked about, 10^-8. */
  readonly price: number;
  /** Epoch ms from which on nothing of it may be entered any more. */
  readonly endsAt: number;
}

/** What of a decision the asking needs besides the row and the terms of its intent. */
export interface AskTerms extends IntentTerms {
  /** How long after the leader's fill it may be approved, ms. */
  readonly approveWithinMs: number;
  /** Leader orders copied in the running episode. */
  readonly adds: number;
}

/** Whether what was asked about is over by its time, told so or not: nothing of it may be approved any more, and nothing is added to it. */
export const isOver = ({ endsAt }: Pick<Asked, 'endsAt'>, now: number): boolean => now >= endsAt;

/**
 * What is asked about after the decision at `index` of a planned or journaled row, from what was before it: an increase that waits for approval is added, a
 * reduction of the leader takes back the same share, and with the leader's position or its own time it ends. So a restart finds in the journal what planning told.
 */
export function askedAfter(stood: Asked | null, row: WaveRow, index: number, terms: AskTerms): Asked | null {
  if (row.firstFillAt === 0) return stood;
  // The look that tells its end may come late, after a start or behind a slow database.
  const before = stood === null || isOver(stood, row.plannedAt) ? null : stood;
  const kind = classify(row.leaderBefore, row.leaderAfter);
  if (kind === 'flat') return null;
  if (kind === 'reduce') return before === null ? null : reducedAsked(before, Math.abs(row.leaderBefore), Math.abs(row.leaderAfter));
  if (kind === 'unchanged') return before;
  const open = kind === 'flip' || row.leaderBefore === 0 ? null : before;
  if (row.decisions.reason[index] !== APPROVAL) return open;
  const { increment, side } = refusedIncrement(row, index, terms, terms.adds);
  if (increment <= 0) return open;
  const endsAt = row.firstFillAt + terms.approveWithinMs;
  const asked = addAsked(open, { buy: side > 0, micro: increment, price: terms.incrementPrice, endsAt });
  const micro = Math.min(asked.micro, roomFor(row, index, terms, side));
  return micro > 0 ? { ...asked, micro } : null;
}

/**
 * Micro-lots that may be asked about beside the target: together they come to no more than the ratio makes of the leader's position. What a copy that closes by
 * itself keeps counts towards that, as it does where nobody is asked.
 */
function roomFor({ decisions, leaderAfter }: WaveRow, index: number, { byAmount }: AskTerms, side: number): number {
  if (byAmount !== null) return Number.POSITIVE_INFINITY;
  const full = increasedTarget(0, decisions.kappa[index] ?? 0, 0, Math.abs(leaderAfter));
  return Math.max(0, full - Math.max(0, (decisions.targetAfter[index] ?? 0) * side));
}

function addAsked(open: Asked | null, more: Asked): Asked {
  if (open === null || open.buy !== more.buy) return more;
  return {
    ...more,
    micro: open.micro + more.micro,
    price: weighedReference(open.price, Math.max(open.micro, MICRO), more.micro, more.price),
    endsAt: Math.max(open.endsAt, more.endsAt),
  };
}

/** What is left of it where what it is a share of goes from `before` to `after`; null: nothing. */
export function reducedAsked(open: Asked, before: number, after: number): Asked | null {
  if (after <= 0 || before <= 0) return null;
  if (after >= before) return open;
  const micro = floorOf(open.micro, after, before);
  return micro === 0 ? null : { ...open, micro };
}

/**
 * Raises a copy's target by what its follower approved. It is owed at the price it was asked about at until `until`; the next repair sends it, with every
 * check of its moment. What was owed without an approval, or whose window is over, is given up first and returned; what is owed with one goes on beside it.
 * Call it while the instrument's lane is held.
 */
export function takeApproved(
  book: CopyBook,
  sheet: InstrumentSheet,
  row: number,
  approved: Omit<Asked, 'endsAt'>,
  { now, until }: { readonly now: number; readonly until: number },
): Forfeit | null {
  const { rows, leaderLots } = sheet;
  const side = approved.buy ? 1 : -1;
  const goesOn = isOwedApproved(rows, row, now);
  const forfeit = goesOn ? null : giveUpBefore(book, sheet, row, now);
  // What is on its way from before is no part of this approval.
  if (!goesOn) rows.approvedFrom[row] = now;
  // A copy that closes by itself may keep a target against its leader: what enters on his side begins at flat, as where nobody is asked.
  const target = (rows.target[row] ?? 0) * side < 0 ? 0 : (rows.target[row] ?? 0);
  const wanted = wantedOf(rows, row, target);
  const owed = wanted * side > 0 ? Math.max(0, Math.abs(wanted) - reachOf(rows, row, approved.buy) * MICRO) : 0;
  rows.owedPrice[row] = weighedReference(rows.owedPrice[row] ?? 0, owed, approved.micro, approved.price);
  rows.owedUntil[row] = Math.max(owed >= MICRO ? (rows.owedUntil[row] ?? 0) : 0, until);
  rows.episode[row] = (rows.episode[row] ?? 0) | EPISODE.approved;
  rows.target[row] = target + side * approved.micro;
  rows.rho[row] = lockedRatio(rows.target[row] ?? 0, leaderLots);
  if (book.copies.mode[row] === MODE.fixedAmount) rows.adds[row] = (rows.adds[row] ?? 0) + 1;
  // Attempts that failed before say nothing of this one.
  rows.refusals[row] = 0;
  return forfeit;
}

/** Whether what is owed of a row was approved and its window is not over. Nothing is of what an approval entered and the copy closed since, as a remnant. */
const isOwedApproved = (rows: InstrumentRows, row: number, now: number): boolean =>
  isApproved(rows, row) && rows.owedPrice[row] !== 0 && now < (rows.owedUntil[row] ?? 0);

const isApproved = (rows: InstrumentRows, row: number): boolean => ((rows.episode[row] ?? 0) & EPISODE.approved) !== 0;

/** Gives up what does not go on beside an approval: what is owed without one, and what is missing at the end of its window, which no repair need have met yet. */
function giveUpBefore(book: CopyBook, sheet: InstrumentSheet, row: number, now: number): Forfeit | null {
  const isOver = isApproved(sheet.rows, row) && now >= (sheet.rows.owedUntil[row] ?? 0);
  return giveUp(book, sheet, row, isOver ? undefined : 'approval_needed');
}

/**
 * Tells what an entry left unfilled that was written down at `decidedAt`: where its approval is over and another one is owed by now, it is given up before the
 * next entry is planned, instead of being entered beside what that one names.
 */
export function noteUnfilled(book: CopyBook, { rows }: InstrumentSheet, row: number, lots: number, decidedAt: number): void {
  if (lots <= 0 || !asksFirst(book.copies, row) || !isApproved(rows, row) || decidedAt >= (rows.approvedFrom[row] ?? 0)) return;
  rows.lapsed[row] = (rows.lapsed[row] ?? 0) + lots * MICRO;
}

/** A move in which the leader's orders filled on both sides, as one row meets it. Micro-lots. */
export interface CrossedMove {
  /** The leader's lots after it, signed. */
  readonly leaderAfter: number;
  /** By how much it would have moved the target to one side and back. */
  readonly crossed: number;
  /** What was ahead before it. */
  readonly aheadBuy: number;
  readonly aheadSell: number;
  /** What mirrors against the target's side are on their way to fill for it. */
  readonly closing: number;
}

/**
 * Gives up what mirrors closed of a copy for what the leader bought back in the same move, before that is planned: its target moves by the difference alone, and
 * an approval enters what it names once. null: nothing of a lot or more was, or the copy asks nobody and catches it up.
 */
export function forfeitCrossed(book: CopyBook, sheet: InstrumentSheet, row: number, move: CrossedMove): Forfeit | null {
  const { rows, leaderLots } = sheet;
  const { leaderAfter, crossed, closing } = move;
  const target = rows.target[row] ?? 0;
  const kind = classify(leaderLots, leaderAfter);
  if (!asksFirst(book.copies, row) || crossed <= 0 || target === 0 || leaderAfter === 0 || kind === 'flip') return null;
  const [before, after] = kind === 'reduce' ? [Math.abs(leaderLots), Math.abs(leaderAfter)] : [1, 1];
  const size = Math.abs(target);
  const closed = closing + (target > 0 ? move.aheadSell : move.aheadBuy);
  const held = Math.min(size, heldBefore(rows, row, move));
  // The leader's own reduction is still to come off what is left, and what was closed beyond both stays ahead.
  const amount = Math.min(crossed, held - floorOf(Math.max(0, held - closed), before, after));
  if (amount < MICRO) return null;
  rows.target[row] = Math.sign(target) * (size - amount) + 0;
  rows.rho[row] = lockedRatio(rows.target[row] ?? 0, leaderLots);
  rows.forfeited[row] = (rows.forfeited[row] ?? 0) + amount;
  rows.forfeitReason[row] = APPROVAL;
  settleOwed(rows, row);
  return { row, copyNo: book.copies.copyNo[row] ?? 0, amount, reason: 'approval_needed' };
}

/** Micro-lots of a target that were held before a move, what mirrors filled ahead of it or fill for it set aside. */
function heldBefore(rows: InstrumentRows, row: number, { aheadBuy, aheadSell, closing }: CrossedMove): number {
  const side = (rows.target[row] ?? 0) < 0 ? -1 : 1;
  const known = ((side < 0 ? rows.mirrorExitBuy[row] : rows.mirrorExitSell[row]) ?? 0) * MICRO;
  return Math.max(0, side * (leastHeld(rows, row) * MICRO - aheadBuy + aheadSell) + Math.min(closing, known));
}
