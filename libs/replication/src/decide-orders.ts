import { mulDivCeil, mulDivFloor } from '@lockstep/kernel';
import type { Draft } from './draft';
import { EPISODE, type InstrumentRows, MICRO } from './instrument-columns';
import { wantedOf } from './mirror-columns';
import { exitBoundAt, minimumPrice } from './price-bound';
import { CAPS, reasonNumber } from './reasons';
import { reachOf } from './revalue';
import { MIN_ORDER_VALUE, REMNANT_VALUE } from './wave-options';

// Bound once: a call through the front door of another room costs a getter, and these run several times per copy.
const floorOf = mulDivFloor;
const ceilOf = mulDivCeil;

const PLANNED = reasonNumber('planned');
const PLANNED_CAPPED = reasonNumber('planned_capped');
const NO_CHANGE = reasonNumber('no_change');
const BELOW_LOT = reasonNumber('below_lot');
const PENDING = reasonNumber('pending_orders');
const BELOW_MINIMUM = reasonNumber('below_minimum');
const DUST_PENDING = reasonNumber('dust_pending');
const DUST_KEPT = reasonNumber('dust_kept');
const DUST_CLOSED = reasonNumber('dust_closed');
const NO_PRICE = reasonNumber('no_price');
const AGENT = reasonNumber('agent_invalid');
const WAITING = reasonNumber('waiting_next_move');
const FIRST_CAP = reasonNumber(CAPS[0]);

/** Unset reason while a decision is being made. */
export const UNDECIDED = 255;

/**
 * From targets to orders: residual = target − (position + orders in flight at their worst), exits before entries, the venue's minimum and
 * reduce-only rules (product §2.5, §2.6). Decisions whose reason is already set keep it for what was refused; exits are decided regardless.
 *
 * The worst differs by what is asked. For an entry it is that everything in flight fills. For an exit it is that entries do not: an entry of the new side
 * that is unknown, waits or rests closes nothing of the old one, whose exit leaves beside it, reduce-only, so that the venue cuts it where the entry did fill.
 */
export function decideOrders(draft: Draft): void {
  for (let index = 0; index < draft.count; index += 1) decideOne(draft, index);
}

function decideOne(draft: Draft, index: number): void {
  const { rows } = draft.sheet;
  const row = draft.row[index] ?? 0;
  const target = wanted(draft, index);
  const gap = target - (draft.position[index] ?? 0) * MICRO;
  const buy = gap > 0;
  const exit = exitsNeeded(rows, row, target);
  const reach = reachOf(rows, row, buy);
  const entry = Math.floor((enteredFor(draft, index, buy, target) - reach * MICRO) / MICRO);
  if (exit < 1 && entry < 1) settleIdle(draft, index, gap);
  else decideSide(draft, index, buy, exit, Math.max(0, entry), reach);
}

/** Micro-lots that may be entered for on a side: what is ahead there was filled already, and is never bought beyond the target. */
function enteredFor(draft: Draft, index: number, buy: boolean, target: number): number {
  const own = draft.targetAfter[index] ?? 0;
  return buy ? Math.min(target, Math.max(0, own)) : Math.min(-target, Math.max(0, -own));
}

/** What orders are decided on: the target, and what mirrors filled ahead of the leader's own orders. */
const wanted = (draft: Draft, index: number): number => wantedOf(draft.sheet.rows, draft.row[index] ?? 0, draft.targetAfter[index] ?? 0);

/** Lots that exits must still close for a target: what is held beyond it, or against it, less exits in flight. */
export function exitsNeeded(rows: InstrumentRows, row: number, target: number): number {
  const position = rows.position[row] ?? 0;
  const buy = position < 0;
  const exits = (buy ? rows.pendingExitBuy[row] : rows.pendingExitSell[row]) ?? 0;
  const kept = Math.max(0, buy ? -target : target);
  return Math.max(0, Math.floor(((Math.abs(position) - exits) * MICRO - kept) / MICRO));
}

/** Nothing to send: says why when no check has spoken. */
function settleIdle(draft: Draft, index: number, gap: number): void {
  if (draft.reason[index] !== UNDECIDED) return;
  const inFlight = (draft.pendingBuy[index] ?? 0) + (draft.pendingSell[index] ?? 0) > 0;
  draft.reason[index] =
    gap === 0 ? cutReason(draft, index, NO_CHANGE) : Math.abs(gap) >= MICRO && inFlight ? PENDING : cutReason(draft, index, BELOW_LOT);
}

/** Lots to close and to enter on one side; `reach`: what the row comes to hold there with every order in flight filled. */
function decideSide(draft: Draft, index: number, buy: boolean, exit: number, entering: number, reach: number): void {
  draft.buy[index] = buy ? 1 : 0;
  const reasonBefore = draft.reason[index] ?? UNDECIDED;
  const exitSent = exit > 0 ? planExit(draft, index, buy, exit) : 0;
  const opposed = entering > 0 && opposedInFlight(draft.sheet.rows, draft.row[index] ?? 0, buy);
  const unsent = exit > 0 && entering > 0 && exitSent === 0 && !opposed && isTooSmall(draft.reason[index] ?? UNDECIDED);
  const rides = unsent && mayRide(draft, index, exit);
  if (rides) draft.reason[index] = reasonBefore;
  let entry = rides ? entering + exit : unsent ? 0 : entering;
  if (opposed) {
    if (draft.reason[index] === UNDECIDED && exitSent === 0) draft.reason[index] = PENDING;
    entry = 0;
  }
  if (entry > 0 && draft.mayEnter[index] === 0) {
    if (draft.reason[index] === UNDECIDED && exitSent === 0) draft.reason[index] = WAITING;
    entry = 0;
  }
  const standing = (buy ? draft.sheet.rows.standingBuy : draft.sheet.rows.standingSell)[draft.row[index] ?? 0] ?? 0;
  const room = (draft.capLots[index] ?? 0) - reach - standing + (rides ? exit : 0);
  const capped = entry > Math.max(0, room);
  if (capped) entry = Math.max(0, Math.floor(room));
  const entrySent = entry > 0 ? planEntry(draft, index, buy, entry) : 0;
  if (rides) settleRiding(draft, index, entrySent);
  if (draft.reason[index] !== UNDECIDED) return;
  if (entrySent > 0 || exitSent > 0) draft.reason[index] = capped || draft.cutMask[index] !== 0 ? PLANNED_CAPPED : PLANNED;
  else draft.reason[index] = capped ? FIRST_CAP + (draft.bindingCap[index] ?? 0) : cutReason(draft, index, NO_CHANGE);
}

/** Whether an exit was refused for being below the venue's minimum. */
const isTooSmall = (reason: number): boolean => reason === DUST_PENDING || reason === DUST_KEPT || reason === BELOW_MINIMUM;

/**
 * Whether so many lots are a remnant with an entry to ride with on the same side: one order takes the copy through flat to its target (product §2.5). What is worth
 * more and cannot leave now, because the account's other orders split it or the market pays less than the mark, leaves by an exit later, and the entry after it.
 */
function mayRide(draft: Draft, index: number, lots: number): boolean {
  const price = Math.max(draft.sheet.mark, draft.entryLimit[index] ?? 0);
  return draft.mayEnter[index] === 1 && ceilOf(lots, price, draft.sheet.lotsPerUnit) < REMNANT_VALUE;
}

/** A remnant that left with an entry is none any more; one whose entry was too small as well still is. */
function settleRiding(draft: Draft, index: number, entrySent: number): void {
  const row = draft.row[index] ?? 0;
  const { episode } = draft.sheet.rows;
  if (entrySent > 0) episode[row] = (episode[row] ?? 0) & ~EPISODE.dustPending;
}

/** First cap that cut the decision, else `otherwise`. */
function cutReason(draft: Draft, index: number, otherwise: number): number {
  const mask = draft.cutMask[index] ?? 0;
  return mask === 0 ? otherwise : FIRST_CAP + (31 - Math.clz32(mask & -mask));
}

/** Net of the copy's venue account in lots: its own position, those of other copies, and the follower's own. */
function accountNet(draft: Draft, index: number): number {
  const { rows } = draft.sheet;
  const row = draft.row[index] ?? 0;
  return (draft.position[index] ?? 0) + (rows.others[row] ?? 0) + (rows.beside[row] ?? 0);
}

/**
 * True while an exit sent before is in flight and the copy still holds what it closes: an entry on top of it would close the old position, at an entry's
 * price and not reduce-only, where that exit did nothing. It waits for the answer.
 */
export function opposedInFlight(rows: InstrumentRows, row: number, buy: boolean): boolean {
  return (rows.position[row] ?? 0) * (buy ? 1 : -1) < 0 && exitsOf(rows, row, buy) > 0;
}

const exitsOf = (rows: InstrumentRows, row: number, buy: boolean): number => (buy ? rows.pendingExitBuy : rows.pendingExitSell)[row] ?? 0;

const exitsInFlight = (draft: Draft, index: number, buy: boolean): number => exitsOf(draft.sheet.rows, draft.row[index] ?? 0, buy);

/**
 * Lots that reduce the account's net without crossing it, after `inFlight` of the copy's own orders and every order in flight of the account's other copies:
 * what the venue would accept as reduce-only on this side.
 */
function reducible(draft: Draft, index: number, buy: boolean, inFlight: number): number {
  const { rows } = draft.sheet;
  const row = draft.row[index] ?? 0;
  const net = accountNet(draft, index);
  const beside = (buy ? rows.othersBuy[row] : rows.othersSell[row]) ?? 0;
  return Math.max(0, (buy ? -net : net) - inFlight - beside);
}

/** The same for an exit: an entry in flight may turn out to have closed the account, and then the venue refusing the exit is what is wanted. */
const reducibleByExit = (draft: Draft, index: number, buy: boolean): number => reducible(draft, index, buy, exitsInFlight(draft, index, buy));

/**
 * The most an exit may take: what no order in flight takes already, entries included, and beyond that what leaves reduce-only, because where an entry filled
 * nothing else would keep the exit from turning the position.
 */
function exitMost(draft: Draft, index: number, buy: boolean): number {
  const position = draft.position[index] ?? 0;
  const held = Math.abs(position) - exitsInFlight(draft, index, buy);
  const all = (buy ? draft.pendingBuy[index] : draft.pendingSell[index]) ?? 0;
  const uncovered = Math.floor((Math.abs(wanted(draft, index) - position * MICRO) - all * MICRO) / MICRO);
  return Math.min(held, Math.max(uncovered, reducibleByExit(draft, index, buy)));
}

/** True when `lots` reduce-only closes the whole net of the account: exempt from the minimum. */
const closesNet = (draft: Draft, index: number, lots: number): boolean => lots === Math.abs(accountNet(draft, index));

/**
 * Plans an exit of `needed` lots and returns what it sends. Only a missing key, a missing price or the minimum can hold it, and an entry in flight where the
 * account's net would not make the exit reduce-only.
 */
function planExit(draft: Draft, index: number, buy: boolean, needed: number): number {
  const row = draft.row[index] ?? 0;
  const { copies } = draft.book;
  // An agent said to have ended is tried all the same: the venue's word counts, and an exit is tried to the last.
  if ((copies.signer[row] ?? -1) < 0) return refuse(draft, index, AGENT);
  const reference = buy ? draft.exitBuyReference : draft.exitSellReference;
  if (reference === 0) return refuse(draft, index, NO_PRICE);
  const available = exitMost(draft, index, buy);
  const lotsWanted = Math.min(needed, available);
  if (lotsWanted < 1) return refuse(draft, index, PENDING);
  const limit = exitLimitOf(draft, index, buy, lotsWanted, reference);
  draft.exitLimit[index] = limit;
  const lots = closable(draft, index, buy, lotsWanted, available, orderPrice(draft, limit));
  if (lots === 0) return 0;
  const reduceOnly = Math.min(lots, reducibleByExit(draft, index, buy));
  const sent = addLegs(draft, index, 0, reduceOnly, lots - reduceOnly, orderPrice(draft, limit));
  if (sent === 0) return refuse(draft, index, wanted(draft, index) === 0 ? DUST_PENDING : BELOW_MINIMUM);
  // More than the target asks for.
  if (sent > lotsWanted && draft.reason[index] === UNDECIDED) draft.reason[index] = DUST_CLOSED;
  draft.exitLots[index] = sent;
  const { rows } = draft.sheet;
  rows.episode[row] = (rows.episode[row] ?? 0) & ~EPISODE.dustPending;
  return sent;
}

/**
 * The limit of an exit, as wide as its failures allow. The venue judges its minimum at the limit, order by order: a sale that would fall below it by being widened
 * keeps the widest bound at which the larger of its orders is taken, or no later try of it would be. An order that closes the account's whole net is taken at any:
 * then the one beside it decides, and where that is too small at every bound, whether both together are an exit at all. The last of a position that falls below the
 * minimum at any bound is limited by the minimum itself, as long as the market is no lower: what is worth the minimum is no dust.
 */
function exitLimitOf(draft: Draft, index: number, buy: boolean, closing: number, reference: number): number {
  const row = draft.row[index] ?? 0;
  const least = draft.book.copies.exitBound[row] ?? 0;
  const failures = draft.sheet.rows.exitFailures[row] ?? 0;
  const limitAt = (failed: number): number => draft.exitLimits.at(reference, exitBoundAt(least, failed, draft.options.exitBand), buy);
  const widest = limitAt(failures);
  const reduceOnly = Math.min(closing, reducibleByExit(draft, index, buy));
  const plain = closing - reduceOnly;
  const isExempt = reduceOnly > 0 && closesNet(draft, index, reduceOnly);
  if (buy || (isExempt && plain === 0)) return widest;
  const judged = isExempt ? [plain, closing] : [Math.max(reduceOnly, plain)];
  for (const lots of judged) {
    for (let failed = failures; failed >= 0; failed -= 1) {
      const limit = limitAt(failed);
      if (orderValue(draft, lots, orderPrice(draft, limit)) >= MIN_ORDER_VALUE) return limit;
    }
  }
  if (wanted(draft, index) > 0 || (wanted(draft, index) < 0 && mayRide(draft, index, closing))) return widest;
  const { mark, instrument, lotsPerUnit } = draft.sheet;
  const lowest = minimumPrice(judged.at(-1) ?? closing, lotsPerUnit, instrument.szDecimals);
  return lowest <= reference && lowest <= mark ? lowest : widest;
}

/** Lots of an exit after the minimum: as wanted, a full close, or 0 with its reason (product §2.5). */
function closable(draft: Draft, index: number, buy: boolean, closing: number, available: number, price: number): number {
  if (orderValue(draft, closing, price) >= MIN_ORDER_VALUE || (closesNet(draft, index, closing) && closing <= reducibleByExit(draft, index, buy)))
    return closing;
  const target = wanted(draft, index);
  if (target === 0) return refuse(draft, index, DUST_PENDING);
  const kept = buy ? -target : target;
  if (kept < 0 || orderValue(draft, available, price) >= 2 * MIN_ORDER_VALUE) return refuse(draft, index, BELOW_MINIMUM);
  if (available * MICRO - kept < kept) return refuse(draft, index, DUST_KEPT);
  return available;
}

/** Plans an entry of `lots` and returns what it sends. */
function planEntry(draft: Draft, index: number, buy: boolean, lots: number): number {
  const price = orderPrice(draft, draft.entryLimit[index] ?? 0);
  const { rows } = draft.sheet;
  const inFlight = (buy ? rows.pendingBuy : rows.pendingSell)[draft.row[index] ?? 0] ?? 0;
  const against = Math.max(0, reducible(draft, index, buy, inFlight) - (draft.exitLots[index] ?? 0));
  const reduceOnly = Math.min(lots, against);
  const sent = addLegs(draft, index, 2, reduceOnly, lots - reduceOnly, price);
  if (sent === 0) return refuse(draft, index, BELOW_MINIMUM);
  draft.entryLots[index] = sent;
  return sent;
}

/** Adds a reduce-only and a plain leg where each meets the venue's minimum or is exempt; returns the lots added. */
function addLegs(draft: Draft, index: number, first: 0 | 2, reduceOnly: number, plain: number, price: number): number {
  let sent = 0;
  if (reduceOnly > 0 && (orderValue(draft, reduceOnly, price) >= MIN_ORDER_VALUE || closesNet(draft, index, reduceOnly))) {
    draft.legs[first][index] = reduceOnly;
    draft.orderCount += 1;
    sent += reduceOnly;
  }
  if (plain > 0 && orderValue(draft, plain, price) >= MIN_ORDER_VALUE) {
    const leg = first === 0 ? draft.legs[1] : draft.legs[3];
    leg[index] = plain;
    draft.orderCount += 1;
    sent += plain;
  }
  return sent;
}

/** The price the venue's minimum is judged at, on the careful side. */
export const orderPrice = (draft: Draft, limit: number): number => (draft.sheet.mark > 0 ? Math.min(limit, draft.sheet.mark) : limit);

const orderValue = (draft: Draft, lots: number, price: number): number => floorOf(lots, price, draft.sheet.lotsPerUnit);

function refuse(draft: Draft, index: number, reason: number): 0 {
  if (draft.reason[index] === UNDECIDED) draft.reason[index] = reason;
  const row = draft.row[index] ?? 0;
  if (reason === DUST_PENDING) draft.sheet.rows.episode[row] = (draft.sheet.rows.episode[row] ?? 0) | EPISODE.dustPending;
  return 0;
}
