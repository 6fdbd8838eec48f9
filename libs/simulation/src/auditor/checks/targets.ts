import { abs, sign, UNIT } from '@lockstep/kernel';
import { asksFirst, laterEnd } from '../book/asks-first';
import { aheadMost } from '../book/keep-mirrors';
import { isExit } from '../book/orders';
import { WAITING_PERCENT } from '../book/state';
import { blame, type JudgedOrder, missedBy, sizeText } from './judged-order';

/** From when on targets may be those an entry goes by: what an earlier process was told its own need not have heard of by `at`. */
function knownFrom(judged: JudgedOrder, from: number, at: number): number {
  return Math.min(from, missedBy(judged, at)?.at ?? from);
}

/** Product §2.1, §2.4, §2.9: new risk up to the target only, on its side, for a cause, and never a second time for the same residual. */
export function checkTarget(judged: JudgedOrder): void {
  const { order, state, holding, instrument } = judged;
  if (holding.foreign) return;
  const side = order.buy ? 1n : -1n;
  const { clockSlackMs, raceMs } = state.options;
  const from = knownFrom(judged, order.decidedAt - raceMs, order.decidedAt);
  const high = holding.target.highSince(from, side);
  const other = holding.target.highSince(from, -side);
  if (high === 0n && other > 0n) {
    blame(judged, 'wrong_side', `the copy's target is at most ${sizeText(other)} on the other side`);
    return;
  }
  const pending = holding.pending(judged.at, clockSlackMs, order.buy, false);
  const held = holding.base(judged.at, clockSlackMs, order.buy);
  const most = high + instrument.lot + aheadMost(state, judged.copy, holding, judged.at, order.buy);
  if (held + pending + order.size <= most) {
    checkSuperseded(judged);
    return;
  }
  const unknown = pending + holding.unknownFills(order.buy, false);
  if (high === 0n) blame(judged, 'entry_without_cause', `the copy's target is zero, it has ${sizeText(held)}`);
  else if (unknown > 0n && held + pending - unknown + order.size <= most) {
    blame(
      judged,
      'double_order',
      `${sizeText(unknown)} is on its way for the same residual, for all the engine knows; the target is at most ${sizeText(high)}`,
    );
  } else blame(judged, 'beyond_target', `makes ${sizeText(held + pending + order.size)}, the target is at most ${sizeText(high)}`);
}

/** Product §2.4: what the follower closed himself is not entered again before the leader was flat, unless the follower asks for it. */
export function checkClosedWhole(judged: JudgedOrder): void {
  const { order, state, copy, holding } = judged;
  const { closedWholeAt } = holding;
  if (isExit(order) || closedWholeAt === null || copy.attributed || copy.userActBy(order.decidedAt) > closedWholeAt) return;
  const known = Math.max(closedWholeAt, state.startedAt.get(order.process) ?? Number.POSITIVE_INFINITY);
  if (order.decidedAt - known <= state.options.comparisonMs) return;
  blame(
    judged,
    'entry_without_cause',
    `the follower closed the copy by hand ${order.decidedAt - closedWholeAt} ms before, and its leader was not flat since`,
  );
}

/** A newer reduction of the leader takes back what is unsent (product §2.4): what leaves later must fit the newer target. */
function checkSuperseded(judged: JudgedOrder): void {
  const { order, state, holding, instrument } = judged;
  const side = order.buy ? 1n : -1n;
  const high = holding.target.highSince(knownFrom(judged, order.sentAt - state.options.supersedeGraceMs, order.sentAt), side);
  const worst = holding.reachSent(judged.at, state.options.clockSlackMs, order.buy) + order.size;
  if (worst <= high + instrument.lot + aheadMost(state, judged.copy, holding, judged.at, order.buy)) return;
  blame(
    judged,
    'beyond_target',
    `left for a target that is not there any more: makes ${sizeText(worst)}, at most ${sizeText(high)} is owed since the leader's newer move`,
  );
}

/** Product §2.4 and §2.7: an entry follows a leader's increase or a user's act, no later than its age and its catch-up window allow. */
export function checkAge(judged: JudgedOrder): void {
  const { order, state, copy } = judged;
  const leader = state.leader(copy.copy.leader).coin(order.coin);
  const { clockSlackMs, repairSlackMs, owedSlackMs } = state.options;
  const maxAge = Math.max(...judged.terms.map((terms) => terms.settings.maxAgeMs));
  const catchUp = Math.max(...judged.terms.map((terms) => terms.settings.catchUpMs));
  const asked = order.sentAt - copy.userActBy(order.sentAt);
  if (asked <= maxAge + catchUp + owedSlackMs) return;
  // What was approved is owed from then on; how long it may be is judged by the proposal's end.
  const { approvals } = judged.holding;
  const isApproved = (): boolean => approvals.has(order.buy, order.decidedAt, laterEnd(state, copy, judged.terms, order.coin));
  if (order.cause === 'repair' && asksFirst(judged.terms) && isApproved()) return;
  if (leader.increasedTime === Number.NEGATIVE_INFINITY) {
    blame(judged, 'entry_without_cause', 'the leader never increased here, and the user asked for nothing');
    return;
  }
  const age = order.sentAt - leader.increasedTime;
  if (order.cause === 'move' && age > maxAge + clockSlackMs)
    blame(judged, 'entry_too_old', `left ${age} ms after the leader's fill, ${maxAge} ms are allowed`);
  const since = order.sentAt - Math.max(leader.increasedTime, leader.increasedAt);
  if (order.cause === 'repair' && since > maxAge + catchUp + clockSlackMs + repairSlackMs) {
    blame(judged, 'entry_too_old', `left ${since} ms after the leader's newest increase was told, its window of ${maxAge} + ${catchUp} ms is over`);
  }
}

/** Product §2.6, §2.7: exits are reduce-only, clamped to the live position, and never sent twice for the same. */
export function checkExit(judged: JudgedOrder): void {
  const { order, state, holding } = judged;
  if (holding.foreign || state.settling(order.process, order.sentAt)) return;
  const most = holding.closableMost(order.decidedAt, state.options.owedSlackMs, order.buy);
  const pending = holding.pending(judged.at, state.options.clockSlackMs, order.buy, true) + holding.unknownFills(order.buy, true);
  if (pending + order.size <= most) return;
  const kind = pending > 0n && order.size <= most ? 'double_order' : 'exit_beyond_position';
  blame(judged, kind, `${sizeText(pending)} of exits may still fill, the position to close is at most ${sizeText(most)}`);
}

/** An order that may raise risk must not take any off: exits are reduce-only, and what crosses zero is split (product §2.6). */
export function checkCrossing(judged: JudgedOrder): void {
  const { order, state, holding } = judged;
  if (holding.foreign || state.settling(order.process, order.sentAt)) return;
  // An exit decided with it or just before makes room first, and may fail.
  if (holding.exitDecidedAt > order.decidedAt - state.options.owedSlackMs) return;
  const side = order.buy ? 1n : -1n;
  const quiet = order.decidedAt - holding.changedAt > state.options.owedSlackMs || holding.real.position === holding.told.position;
  // A fill it was not told yet is, to the engine, an order on its way: nothing that could be taken off by a reduce-only order.
  if (sign(holding.real.position) !== -side || sign(holding.told.position) !== -side || !quiet) return;
  // What cannot close alone is merged into the next order (product §2.5); the venue judges its minimum at the limit, which lies below the mark.
  const mark = state.lastMarks.get(order.coin) ?? 0n;
  if (abs(holding.real.position) * mark * 100n < judged.instrument.minNotional * UNIT * WAITING_PERCENT) return;
  // Nor may one be that was told without an answer and is on its way into the books.
  if (sign(holding.knownFor(order.decidedAt, state.options.owedSlackMs)) !== -side) return;
  const text = `the copy holds ${sizeText(holding.real.position)}, which the order takes off without being reduce-only`;
  blame(judged, 'exit_not_reduce_only', text);
}
