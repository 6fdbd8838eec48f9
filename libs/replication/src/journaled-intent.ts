import { mulDivFloor } from '@lockstep/kernel';
import { EPISODE, MICRO } from './instrument-columns';
import type { JournalRow } from './journal-decode';
import { type ReasonCode, reasonAt, reasonNumber } from './reasons';
import { heldBehind } from './revalue';
import { amountTarget, classify, increasedTarget, isCovered, lockedRatio, type MoveClass } from './target';

/** What planning intends for one copy in one instrument: the part of its row that a restart must find again. Units as in the columns. */
export interface RowIntent {
  readonly targetMicro: number;
  readonly rho: number;
  readonly forfeitedMicro: number;
  readonly forfeitReason: number;
  /** Leader orders copied in the running episode. */
  readonly adds: number;
  readonly episodeBits: number;
  readonly owedPrice: number;
  readonly owedUntilMs: number;
  readonly lastWave: number;
  readonly attempt: number;
  /** Micro-lots mirrors filled ahead of the leader's own orders. */
  readonly aheadBuy: number;
  readonly aheadSell: number;
}

/** What of a plan or its journal row a decision is found in. */
export type WaveRow = Pick<JournalRow, 'plannedAt' | 'leaderBefore' | 'leaderAfter' | 'firstFillAt'> & {
  readonly decisions: Pick<JournalRow['decisions'], 'reason' | 'targetBefore' | 'targetAfter' | 'kappa'>;
};

/** What a journal row does not say about a copy's decision. */
export interface IntentTerms {
  /** Price of the leader's increments as the move recorded it, 10^-8; 0 when nothing was increased or no move stands behind the row. */
  readonly incrementPrice: number;
  readonly catchUpMs: number;
  /** +1 follows the leader's side, −1 inverts it. */
  readonly direction: number;
  /** True for a copy that closes by itself: the leader's reductions move nothing of it. */
  readonly keeps: boolean;
  /** What a copy of fixed amounts goes by, with the leader orders the move recorded as new; null for every other mode. */
  readonly byAmount: AmountTerms | null;
  /** Leader fills before it (epoch ms) are from before the copy began; 0: none is. */
  readonly beganAt: number;
  /** True for a copy being closed: its target fell by the closing, nothing was given up. */
  readonly closing: boolean;
  /** True for a copy that winds down or is unwound: what it was missing was given up, its window over or not. */
  readonly windingDown: boolean;
}

/** Terms of a copy of fixed amounts. */
export interface AmountTerms {
  /** Money per leader order, 10^-8. */
  readonly amount: number;
  /** Leader orders per episode at most; {@link NO_LIMIT}: any number. */
  readonly maxAdds: number;
  readonly newOrders: number;
  readonly lotsPerUnit: number;
}

/** Decisions of increases that asked for nothing. */
export const ASKED_NOTHING: ReadonlySet<ReasonCode> = new Set<ReasonCode>(['follow_filter', 'same_order', 'max_adds', 'leader_orders_unknown']);
/** Refusals that give an increment up at once: product §3's standing checks, resync, instrument checks, leader equity. */
export const GIVEN_UP: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'not_active',
  'kill_switch',
  'breaker',
  'paused',
  'closing',
  'winding_down',
  'handing_over',
  'suspended',
  'entitlement',
  'consent',
  'agent_invalid',
  'resync_no_entry',
  'policy',
  'builder_unapproved',
  'instrument_filter',
  'user_closed',
  'awaiting_open',
  'equity_exhausted',
  'leader_equity',
  'leader_volatility',
  'no_collateral',
  'account_type',
  'foreign_collateral',
  'delisted',
  'approval_needed',
]);
/** Refusals that a repair may overcome until the catch-up window ends, unless something that no repair overcomes stood behind them ({@link gaveUp}). */
export const OVERCOME: ReadonlySet<ReasonCode> = new Set<ReasonCode>(['stale_truth', 'stale_move', 'stale_mark']);
/** Whether a decision on an increase left the target below what the increase asks for on its side, in micro-lots, and no cap was the cause. */
function gaveUp({ decisions }: JournalRow, index: number, side: number, wanted: number): boolean {
  return side * (decisions.targetAfter[index] ?? 0) < wanted && (decisions.cutMask[index] ?? 0) === 0;
}

const ENDED = reasonNumber('window_ended');
const WINDING_DOWN = reasonNumber('winding_down');
const APPROVAL = reasonNumber('approval_needed');
const AWAITING_OPEN = reasonNumber('awaiting_open');

/**
 * The intent of one journaled decision, from what stood before it: what planning wrote into the row, found again from the journal alone, so that a
 * process that died between the journal and its books is followed by one that goes on from the same place. `index` is the decision's.
 */
export function intentAfter(before: RowIntent, row: JournalRow, index: number, terms: IntentTerms): RowIntent {
  const stood = terms.closing ? before : lowered(before, row, index);
  return row.firstFillAt > 0 ? afterMove(windowEnded(stood, row, index, terms), row, index, terms) : afterRepair(stood, row, index, terms);
}

/**
 * A limit on what is held lowers a target in memory at once (`reduceToLimits`), and orders for it may leave before the target itself is written. Its mark is a target
 * below what is held, where what stood before was higher: the end of a window leaves all that is held. Where nothing is left, the leader's next open is waited for:
 * once the exit filled, no mark would meet the limit again.
 */
function lowered(before: RowIntent, row: JournalRow, index: number): RowIntent {
  const { decisions, leaderBefore } = row;
  const targetMicro = decisions.targetBefore[index] ?? 0;
  const side = Math.sign(before.targetMicro);
  const left = side * targetMicro;
  const isLower = left >= 0 && left < side * before.targetMicro && left < side * (decisions.position[index] ?? 0) * MICRO;
  if (!isLower || leaderBefore === 0) return before;
  return {
    ...before,
    targetMicro,
    rho: lockedRatio(targetMicro, leaderBefore),
    owedPrice: 0,
    owedUntilMs: 0,
    aheadBuy: 0,
    aheadSell: 0,
    episodeBits: targetMicro === 0 ? before.episodeBits | EPISODE.awaitingOpen : before.episodeBits,
  };
}

/** A move decides on less than stood before where the window of what was owed had ended, or its copy enters nothing any more. */
function windowEnded(before: RowIntent, row: JournalRow, index: number, { windingDown }: IntentTerms): RowIntent {
  const targetMicro = row.decisions.targetBefore[index] ?? 0;
  const given = Math.abs(before.targetMicro) - Math.abs(targetMicro);
  const isOver = before.owedUntilMs !== 0 && row.plannedAt >= before.owedUntilMs;
  if (given <= 0 || !(isOver || windingDown)) return before;
  const rho = lockedRatio(targetMicro, row.leaderBefore);
  return givenUp({ ...before, targetMicro, rho, owedPrice: 0, owedUntilMs: 0 }, given, isOver ? ENDED : WINDING_DOWN);
}

/** A move that leaves the leader where he was moves no target: one that is lower by it was given up beside it (`forfeitCrossed`). */
function givenUpBeside(before: RowIntent, row: JournalRow, index: number): RowIntent {
  const targetMicro = row.decisions.targetAfter[index] ?? 0;
  const given = Math.abs(before.targetMicro) - Math.abs(targetMicro);
  if (given <= 0) return before;
  return givenUp({ ...before, targetMicro, rho: lockedRatio(targetMicro, row.leaderAfter) }, given, APPROVAL);
}

function afterMove(before: RowIntent, row: JournalRow, index: number, terms: IntentTerms): RowIntent {
  const kind = classify(row.leaderBefore, row.leaderAfter);
  const named = { lastWave: row.wave, attempt: 0 };
  if (kind === 'unchanged') return { ...givenUpBeside(before, row, index), ...named };
  const opens = kind === 'increase' && row.leaderBefore === 0;
  const kept = kind === 'flat' || kind === 'flip' || opens ? endedEpisode(before) : before;
  const targetMicro = row.decisions.targetAfter[index] ?? 0;
  const moved: RowIntent = {
    ...kept,
    ...named,
    episodeBits: isLateOpen(row, index, kind, terms) ? kept.episodeBits | EPISODE.awaitingOpen : kept.episodeBits,
    ...aheadAfter(kept, row.decisions.targetBefore[index] ?? 0, targetMicro),
    targetMicro,
    rho: lockedRatio(targetMicro, row.leaderAfter),
  };
  if (kind === 'increase' || kind === 'flip') return increased(moved, row, index, terms);
  const covered =
    kind === 'reduce' && !terms.keeps && isCovered(targetMicro + moved.aheadBuy - moved.aheadSell, leastHeldOf(row, index, targetMicro));
  return covered ? { ...moved, owedPrice: 0 } : moved;
}

/** As `leastHeld` of planning. */
function leastHeldOf({ decisions }: JournalRow, index: number, target: number): number {
  return heldBehind(target, decisions.position[index] ?? 0, decisions.pendingBuy[index] ?? 0, decisions.pendingSell[index] ?? 0);
}

/** An open from before the copy began: it waits for the next one. */
const isLateOpen = ({ decisions, leaderBefore, firstFillAt }: JournalRow, index: number, kind: MoveClass, { beganAt }: IntentTerms): boolean =>
  (kind === 'flip' || (kind === 'increase' && leaderBefore === 0)) && (firstFillAt < beganAt || decisions.reason[index] === AWAITING_OPEN);

/** What is ahead once a target moved, as `moveAhead` leaves it. */
const aheadAfter = ({ aheadBuy, aheadSell }: RowIntent, before: number, after: number): Pick<RowIntent, 'aheadBuy' | 'aheadSell'> => ({
  aheadBuy: Math.max(0, aheadBuy - Math.max(0, after - before)),
  aheadSell: Math.max(0, aheadSell - Math.max(0, before - after)),
});

const endedEpisode = (before: RowIntent): RowIntent => ({
  ...before,
  episodeBits: before.episodeBits & (EPISODE.exitStuck | EPISODE.dustPending),
  forfeitedMicro: 0,
  forfeitReason: 0,
  adds: 0,
  owedPrice: 0,
  owedUntilMs: 0,
});

function increased(moved: RowIntent, row: JournalRow, index: number, terms: IntentTerms): RowIntent {
  const { decisions } = row;
  const reason = reasonAt(decisions.reason[index] ?? 0);
  if (reason !== null && ASKED_NOTHING.has(reason)) return moved;
  const { side, held, wanted, orders } = increaseOf(row, index, terms, moved.adds);
  const owedUntilMs = row.firstFillAt + terms.catchUpMs;
  const over = reason !== null && OVERCOME.has(reason) && (owedUntilMs <= row.plannedAt || gaveUp(row, index, side, wanted));
  if (over || (reason !== null && GIVEN_UP.has(reason))) {
    return givenUp(moved, refusedIncrement(row, index, terms, moved.adds).increment, decisions.reason[index] ?? 0);
  }
  const copied = { ...moved, adds: moved.adds + orders };
  const left = Math.abs(decisions.targetAfter[index] ?? 0) - held;
  if (left <= 0 && moved.owedPrice !== 0) return copied;
  const price = owedPrice(moved.owedPrice, row, index, held, left, terms.incrementPrice);
  return { ...copied, owedUntilMs, owedPrice: price, episodeBits: moved.episodeBits & ~EPISODE.approved };
}

/** What an increase asks for, before caps: absolute micro-lots on the side of the leader's new position. */
function increaseOf(row: WaveRow, index: number, terms: IntentTerms, adds: number) {
  const { decisions, leaderBefore, leaderAfter } = row;
  const side = Math.sign(leaderAfter) * terms.direction;
  const before = decisions.targetBefore[index] ?? 0;
  const fromFlat = leaderBefore === 0 || leaderBefore < 0 !== leaderAfter < 0;
  const held = (fromFlat && !terms.keeps) || before * side < 0 ? 0 : Math.abs(before);
  const orders = terms.byAmount === null ? 0 : ordersOf(adds, terms.byAmount);
  const wanted =
    terms.byAmount === null
      ? increasedTarget(held, decisions.kappa[index] ?? 0, fromFlat ? 0 : Math.abs(leaderBefore), Math.abs(leaderAfter))
      : amountTarget(held, terms.byAmount.amount, orders, terms.incrementPrice, terms.byAmount.lotsPerUnit);
  return { side, held, wanted, orders };
}

/** Micro-lots of a refused increase that were not taken, and the side: what a mirror filled ahead of its fills was not given up. `adds`: leader orders copied before it. */
export function refusedIncrement(
  row: WaveRow,
  index: number,
  terms: IntentTerms,
  adds: number,
): { readonly side: number; readonly increment: number } {
  const { side, held, wanted } = increaseOf(row, index, terms, adds);
  const after = row.decisions.targetAfter[index] ?? 0;
  const taken = after * side > 0 ? Math.max(0, Math.abs(after) - held) : 0;
  return { side, increment: wanted - held - taken };
}

const ordersOf = (adds: number, { maxAdds, newOrders }: AmountTerms): number =>
  maxAdds < 0 ? newOrders : Math.min(newOrders, Math.max(0, maxAdds - adds));

const givenUp = (intent: RowIntent, amount: number, reason: number): RowIntent =>
  amount <= 0 ? intent : { ...intent, forfeitedMicro: intent.forfeitedMicro + amount, forfeitReason: reason };

/** The size-weighted reference of what is owed; see `oweIncrement` of planning. */
function owedPrice(before: number, row: JournalRow, index: number, held: number, increment: number, price: number): number {
  const { decisions } = row;
  const inFlight = (decisions.pendingBuy[index] ?? 0) + (decisions.pendingSell[index] ?? 0);
  return weighedReference(before, Math.max(0, held - (Math.abs(decisions.position[index] ?? 0) + inFlight) * MICRO), increment, price);
}

/** Reference (10^-8) of `owed` micro-lots at `before` and `increment` at `price`, weighed by size; `before` 0: none was owed. */
export function weighedReference(before: number, owed: number, increment: number, price: number): number {
  if (before === 0 || owed < MICRO || increment <= 0) return price;
  const weighted = mulDivFloor(Math.abs(price - before), increment, owed + increment);
  return price >= before ? before + weighted : before - weighted;
}

/** A repair keeps targets but for windows that ended, and for what a copy that winds down is missing; rows without an order keep the name of their last ones. */
function afterRepair(before: RowIntent, row: JournalRow, index: number, terms: IntentTerms): RowIntent {
  const targetMicro = row.decisions.targetAfter[index] ?? 0;
  const given = Math.abs(before.targetMicro) - Math.abs(targetMicro);
  const isOver = before.owedUntilMs !== 0 && row.plannedAt >= before.owedUntilMs;
  const ended = terms.closing || isOver || given > 0;
  const kept: RowIntent = {
    ...before,
    targetMicro,
    rho: targetMicro === before.targetMicro ? before.rho : lockedRatio(targetMicro, row.leaderAfter),
    ...(ended ? { owedPrice: 0, owedUntilMs: 0 } : {}),
    ...nameOf(before, row, index),
  };
  return terms.closing ? kept : givenUp(kept, given, terms.windingDown && !isOver ? WINDING_DOWN : ENDED);
}

function nameOf(before: RowIntent, row: JournalRow, index: number): Pick<RowIntent, 'lastWave' | 'attempt'> {
  const { orders } = row;
  for (let order = 0; order < orders.count; order += 1) {
    if (orders.decision[order] === index)
      return { lastWave: orders.wave[order] ?? before.lastWave, attempt: orders.attempt[order] ?? before.attempt };
  }
  return { lastWave: before.lastWave, attempt: before.attempt };
}
