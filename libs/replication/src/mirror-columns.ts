import { mulDivFloor } from '@lockstep/kernel';
import { type CopyColumns, STATUS } from './copy-columns';
import { EPISODE, type InstrumentRows, type InstrumentSheet, MICRO } from './instrument-columns';
import { leastHeld } from './revalue';
import { increasedTarget, isCovered, lockedRatio } from './target';

// Bound once: a call through the front door of another room costs a getter, and these run several times per copy.
const floorOf = mulDivFloor;

/**
 * What orders are decided on, in micro-lots: the target, and what mirrors of the leader's working orders filled before the leader's own did. The leader's
 * fills move the target by as much and take it off what is ahead, so that an order a mirror filled is not bought again.
 */
export const wantedOf = (rows: InstrumentRows, row: number, target: number): number =>
  target + (rows.aheadBuy[row] ?? 0) - (rows.aheadSell[row] ?? 0);

/** The leader's fills moved a target: what mirrors filled ahead on that side is ahead no more. Whichever of the leader's orders it was: the mirror of the other one is placed anew. */
export function moveAhead(rows: InstrumentRows, row: number, before: number, after: number): void {
  const moved = after - before;
  if (moved > 0) rows.aheadBuy[row] = Math.max(0, (rows.aheadBuy[row] ?? 0) - moved);
  else if (moved < 0) rows.aheadSell[row] = Math.max(0, (rows.aheadSell[row] ?? 0) + moved);
}

/** Micro-lots by which `lots` that the leader bought and sold again in one move would have moved a target by the ratio `kappa` (10^-12) to one side and back. */
export const crossedMicro = (kappa: number, lots: number): number => (kappa > 0 ? increasedTarget(0, kappa, 0, lots) : 0);

/**
 * The leader's orders filled on both sides at once, and the target moves by the difference alone. What it would have moved to one side and back, `micro`, is ahead
 * no more, on either side.
 */
export function crossAhead(rows: InstrumentRows, row: number, micro: number): void {
  dropAhead(rows, row, true, micro);
  dropAhead(rows, row, false, micro);
}

/** Takes micro-lots off what is ahead on a side, never below nothing. */
export function dropAhead(rows: InstrumentRows, row: number, buy: boolean, micro: number): void {
  if (micro <= 0) return;
  const ahead = buy ? rows.aheadBuy : rows.aheadSell;
  ahead[row] = Math.max(0, (ahead[row] ?? 0) - micro);
}

/** Nothing is ahead any more: what mirrors filled counts as what is held, and the target decides. */
export function forgetAhead(rows: InstrumentRows, row: number): void {
  rows.aheadBuy[row] = 0;
  rows.aheadSell[row] = 0;
}

/** Takes what is ahead down to the share `after` ÷ `before` of it, as its target is. */
export function scaleAhead(rows: InstrumentRows, row: number, before: number, after: number): void {
  const share = (ahead: number): number => (before === 0 || after === 0 ? 0 : floorOf(ahead, after, before));
  rows.aheadBuy[row] = share(rows.aheadBuy[row] ?? 0);
  rows.aheadSell[row] = share(rows.aheadSell[row] ?? 0);
}

/**
 * Makes what is ahead part of the target, which somebody but the leader is about to lower. An advance of entries that hangs on orders in flight is left out: where
 * these do not fill it is none, and nothing may be entered for it.
 */
export function foldAhead({ rows, leaderLots }: InstrumentSheet, row: number): void {
  if (rows.aheadBuy[row] === 0 && rows.aheadSell[row] === 0) return;
  const target = rows.target[row] ?? 0;
  const hangs = (target < 0 ? 0 : hangingAhead(rows, row, true)) - (target > 0 ? 0 : hangingAhead(rows, row, false));
  rows.target[row] = wantedOf(rows, row, target) - hangs + 0;
  rows.rho[row] = lockedRatio(rows.target[row] ?? 0, leaderLots);
  forgetAhead(rows, row);
}

/**
 * Lots that orders of a row but its mirrors may still fill on a side where it holds `position`. Exits are reduce-only and close no more than is held against them.
 */
export function ordersInFlight(rows: InstrumentRows, row: number, buy: boolean, position: number): number {
  const [pending, pendingExits] = buy ? [rows.pendingBuy, rows.pendingExitBuy] : [rows.pendingSell, rows.pendingExitSell];
  const [mirrors, mirrorExits] = buy ? [rows.mirrorBuy, rows.mirrorExitBuy] : [rows.mirrorSell, rows.mirrorExitSell];
  const exits = Math.max(0, (pendingExits[row] ?? 0) - (mirrorExits[row] ?? 0));
  const entries = Math.max(0, (pending[row] ?? 0) - (pendingExits[row] ?? 0) - (mirrors[row] ?? 0));
  return Math.min(exits, Math.max(0, buy ? -position : position)) + entries;
}

/** Signed lots a row comes to hold where it holds `position` and its own orders in flight on a side fill. */
export const reachedOf = (rows: InstrumentRows, row: number, buy: boolean, position: number): number =>
  position + (buy ? 1 : -1) * ordersInFlight(rows, row, buy, position);

/** Micro-lots that `reach` (signed lots) is beyond the target on a side, with what is ahead on the other one taken into it. */
const beyondOf = ({ target, aheadBuy, aheadSell }: Ahead, buy: boolean, reach: number): number =>
  Math.max(0, (buy ? 1 : -1) * (reach * MICRO - target) + (buy ? aheadSell : aheadBuy));

/** Micro-lots ahead on a side that are so only if orders in flight there fill: else the mirrors filled what these were to fill. */
export function hangingAhead(rows: InstrumentRows, row: number, buy: boolean): number {
  const ahead = (buy ? rows.aheadBuy : rows.aheadSell)[row] ?? 0;
  if (ahead === 0) return 0;
  const position = rows.position[row] ?? 0;
  return Math.min(ordersInFlight(rows, row, buy, position) * MICRO, ahead - Math.min(ahead, beyondOf(aheadOf(rows, row), buy, position)));
}

/** Lots of a row ended without a fill on a side: what mirrors filled ahead in the belief that they would fill was what was missing, and is ahead no more. */
export function settleAhead(rows: InstrumentRows, row: number, buy: boolean): void {
  const column = buy ? rows.aheadBuy : rows.aheadSell;
  const ahead = column[row] ?? 0;
  if (ahead === 0) return;
  const position = rows.position[row] ?? 0;
  const beyond = beyondOf(aheadOf(rows, row), buy, reachedOf(rows, row, buy, position));
  if (beyond >= ahead) return;
  column[row] = beyond;
  settleOwed(rows, row);
}

/** What is owed keeps its price until all that is wanted is held, whatever an order for the copy's old side still fills. */
export function settleOwed(rows: InstrumentRows, row: number): void {
  if (isCovered(wantedOf(rows, row, rows.target[row] ?? 0), leastHeld(rows, row))) rows.owedPrice[row] = 0;
}

const aheadOf = (rows: InstrumentRows, row: number): Ahead => ({
  target: rows.target[row] ?? 0,
  aheadBuy: rows.aheadBuy[row] ?? 0,
  aheadSell: rows.aheadSell[row] ?? 0,
});

/** What a row has ahead and its target, as far as a mirror's fill changes them. Micro-lots. */
export interface Ahead {
  readonly target: number;
  readonly aheadBuy: number;
  readonly aheadSell: number;
}

/**
 * What is ahead once a mirror filled `lots`, of which `owed` micro-lots are owed by then, and the copy holds `reach` (signed lots) with the fill and with its own
 * orders in flight on that side, which are to fill what is missing. No more than what is beyond the target there: a fill of what was owed is no advance.
 */
export function aheadAfterFill(before: Ahead, buy: boolean, lots: number, reach: number, owed = 0): Ahead {
  const beyond = beyondOf(before, buy, reach);
  const ahead = buy ? before.aheadBuy : before.aheadSell;
  // A fraction of a lot that a target has and a position cannot is no advance either.
  const most = beyond < MICRO ? 0 : beyond;
  const after = Math.max(Math.min(ahead, most), Math.min(ahead + lots * MICRO - owed, most));
  return buy ? { ...before, aheadBuy: after } : { ...before, aheadSell: after };
}

/**
 * Whether what a mirror fills may be ahead of the leader at all. Not for a copy that is closed, that waits for the leader's next open or that mirrors no more:
 * its target is what it is to hold, and a fill that comes late is beyond it.
 */
export const mayBeAhead = ({ status, mirrors }: Pick<CopyColumns, 'status' | 'mirrors'>, { episode }: InstrumentRows, row: number): boolean =>
  mirrors[row] === 1 &&
  ((status[row] ?? 0) & (STATUS.closing | STATUS.breaker)) === 0 &&
  ((episode[row] ?? 0) & (EPISODE.awaitingOpen | EPISODE.userClosed)) === 0;

/**
 * Takes the fill of a mirror into a row, of which `owed` micro-lots are owed; its position has it already. Returns the micro-lots of it that are neither owed nor
 * ahead: they filled what was missing for something else, as the claims of other mirrors.
 */
export function noteMirrorFill(
  { copies }: { readonly copies: CopyColumns },
  { rows }: InstrumentSheet,
  row: number,
  buy: boolean,
  lots: number,
  owed = 0,
): number {
  if (!mayBeAhead(copies, rows, row)) {
    forgetAhead(rows, row);
    return 0;
  }
  const before = aheadOf(rows, row);
  const after = aheadAfterFill(before, buy, lots, reachedOf(rows, row, buy, rows.position[row] ?? 0), owed);
  rows.aheadBuy[row] = after.aheadBuy;
  rows.aheadSell[row] = after.aheadSell;
  const more = buy ? after.aheadBuy - before.aheadBuy : after.aheadSell - before.aheadSell;
  return Math.max(0, lots * MICRO - owed - Math.max(0, more));
}

/** Most that may be ahead on each side, in micro-lots: what the leader's standing orders would still move the target by. */
export interface AheadBounds {
  readonly buy: number;
  readonly sell: number;
}

/**
 * Micro-lots that are ahead on each side beyond what the leader's orders still stand for; below zero: fewer. An advance of exits that hangs on orders in flight is
 * not among them: it waits for these, or what they were to close would be given up where they do not fill.
 */
export function beyondBounds(rows: InstrumentRows, row: number, bounds: AheadBounds): AheadBounds {
  const target = rows.target[row] ?? 0;
  return {
    buy: (rows.aheadBuy[row] ?? 0) - bounds.buy - (target < 0 ? hangingAhead(rows, row, true) : 0),
    sell: (rows.aheadSell[row] ?? 0) - bounds.sell - (target > 0 ? hangingAhead(rows, row, false) : 0),
  };
}

/**
 * Bounds what is ahead by what the leader's orders still stand for. What an entry filled ahead of an order that stands no more is held beyond the target, and
 * closed. What an exit closed ahead of one is given up: the target falls to what is held, and nothing is bought back. What was bought and what was sold ahead made
 * nothing together, and is first taken off both sides: neither closed nor opened anything. Returns whether anything changed.
 */
export function boundAhead(sheet: InstrumentSheet, row: number, bounds: AheadBounds): boolean {
  const { rows } = sheet;
  const target = rows.target[row] ?? 0;
  const { buy: beyondBuy, sell: beyondSell } = beyondBounds(rows, row, bounds);
  const beyond = Math.max(beyondBuy, beyondSell);
  if (beyond <= 0) return false;
  const crossed = Math.min(beyond, rows.aheadBuy[row] ?? 0, rows.aheadSell[row] ?? 0);
  dropAhead(rows, row, true, crossed);
  dropAhead(rows, row, false, crossed);
  const buyLost = Math.max(0, beyondBuy - crossed);
  const sellLost = Math.max(0, beyondSell - crossed);
  dropAhead(rows, row, true, buyLost);
  dropAhead(rows, row, false, sellLost);
  const closed = target > 0 ? sellLost : buyLost;
  if (target !== 0 && closed > 0) {
    const left = Math.max(0, Math.abs(target) - closed);
    rows.target[row] = Math.sign(target) * left + 0;
    rows.rho[row] = lockedRatio(left, sheet.leaderLots);
  }
  return true;
}

/** What the mirrors of a row come to at their worst, in lots: on each side those that enter, those of them whose orders still stand, and exits the leader has filled for. */
export interface MirrorTotals {
  readonly buy: number;
  readonly sell: number;
  readonly standingBuy: number;
  readonly standingSell: number;
  readonly exitBuy: number;
  readonly exitSell: number;
}

export const NO_MIRRORS: MirrorTotals = { buy: 0, sell: 0, standingBuy: 0, standingSell: 0, exitBuy: 0, exitSell: 0 };

/** Writes what the mirrors of a row come to into its reservations, in the place of what they came to before. */
export function putMirrors({ rows }: InstrumentSheet, row: number, totals: MirrorTotals): void {
  const buyMore = totals.buy - (rows.mirrorBuy[row] ?? 0);
  const sellMore = totals.sell - (rows.mirrorSell[row] ?? 0);
  const exitBuyMore = totals.exitBuy - (rows.mirrorExitBuy[row] ?? 0);
  const exitSellMore = totals.exitSell - (rows.mirrorExitSell[row] ?? 0);
  rows.pendingExitBuy[row] = Math.max(0, (rows.pendingExitBuy[row] ?? 0) + exitBuyMore);
  rows.pendingExitSell[row] = Math.max(0, (rows.pendingExitSell[row] ?? 0) + exitSellMore);
  rows.pendingBuy[row] = Math.max(rows.pendingExitBuy[row] ?? 0, (rows.pendingBuy[row] ?? 0) + buyMore + exitBuyMore);
  rows.pendingSell[row] = Math.max(rows.pendingExitSell[row] ?? 0, (rows.pendingSell[row] ?? 0) + sellMore + exitSellMore);
  rows.mirrorBuy[row] = totals.buy;
  rows.mirrorSell[row] = totals.sell;
  rows.standingBuy[row] = totals.standingBuy;
  rows.standingSell[row] = totals.standingSell;
  rows.mirrorExitBuy[row] = totals.exitBuy;
  rows.mirrorExitSell[row] = totals.exitSell;
}

/** A mirror as far as its claim goes: lots of it that may still fill, and what of its leader's order it stands for. */
export interface Claim {
  readonly working: number;
  /** Lots it was placed with, and the leader's lots they stood for. */
  readonly placed: number;
  readonly basis: number;
}

/** Lots of a mirror that the leader's order has filled for already, `left` of it being left: they count as on their way until the mirror ends. What of them is owed, the mirror itself tells (`OwedMirror`). */
export function claimOf({ working, placed, basis }: Claim, left: number): number {
  if (left >= basis || basis <= 0) return 0;
  return Math.max(0, working - (left <= 0 ? 0 : floorOf(placed, left, basis)));
}
