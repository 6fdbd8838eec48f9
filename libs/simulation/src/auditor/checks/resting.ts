import type { EpochMs } from '@lockstep/kernel';
import { isExit, type OrderTrack } from '../book/orders';
import type { AuditState } from '../book/state';
import type { WorldObservation } from '../observations';
import { blame, type JudgedOrder, sizeText } from './judged-order';

/** Product §2.7: an order stands at the venue only where the copy asked for that, and an exit never does. */
export function checkRests(judged: JudgedOrder): void {
  const { order } = judged;
  if (order.tif === 'ioc') return;
  if (isExit(order)) blame(judged, 'order_rests', 'is an exit that may stand at the venue');
  else if (judged.terms.every(({ settings }) => settings.onBreach !== 'rest'))
    blame(judged, 'order_rests', 'may stand, and what is beyond the bound is to be given up');
}

/**
 * Product §2.7: what stands is cancelled on any reduction of the leader, a pause and a breaker, and when its window ends. One that fills later than an engine
 * without trouble takes to cancel it was not. What fills as it arrives, on its way for however long, did not stand: its expiry bounds that.
 */
export function checkRestFilled(state: AuditState, fill: Extract<WorldObservation, { kind: 'world_fill' }>): void {
  const order = fill.cloid === null ? undefined : state.orders.get(fill.cloid);
  const handed = order?.handed ?? null;
  if (order === undefined || !order.rested || order.mirror !== null || handed === null || handed.tif === 'ioc' || isExit(handed)) return;
  const ended = endOf(state, order, fill.at);
  if (ended === null || fill.at <= ended.at + state.options.restGraceMs || ended.at <= quietSince(state, order)) return;
  const late = fill.at - ended.at;
  const text = `order ${order.cloid} of copy ${order.copyId} stood in ${fill.coin} and filled ${sizeText(fill.size)} ${late} ms after ${ended.why}`;
  state.report('rest_not_cancelled', fill.at, order.copyId, order.cloid, text);
}

/**
 * The same of one that ends without filling: it was to be cancelled when it was to end, and not when something else ended it. Only where the engine was answered that
 * it stands is it known to have known of it.
 */
export function checkRestEnded(state: AuditState, seen: Extract<WorldObservation, { kind: 'world_order' }>): void {
  const order = seen.cloid === null ? undefined : state.orders.get(seen.cloid);
  const handed = order?.handed ?? null;
  if (seen.status !== 'done' || order === undefined || order.ended || !order.rested || order.mirror !== null) return;
  if (handed === null || handed.tif === 'ioc' || isExit(handed) || order.remaining <= 0n || !order.stoodWhenAnswered || order.answeredLate) return;
  const ended = endOf(state, order, seen.at);
  if (ended === null || ended.at <= quietSince(state, order)) return;
  const late = seen.at - Math.max(ended.at, order.answeredAt);
  if (late <= state.options.restEndMs) return;
  const text = `order ${order.cloid} of copy ${order.copyId} stood in ${handed.coin} with ${sizeText(order.remaining)} left for ${late} ms after ${ended.why}`;
  state.report('rest_not_cancelled', seen.at, order.copyId, order.cloid, text);
}

/** In the calm every window is long over: nothing stands that would take risk. */
export function checkCalmRests(state: AuditState, at: number): void {
  for (const order of state.orders.values()) {
    const { handed } = order;
    if (order.mirror !== null || handed === null || handed.tif === 'ioc' || isExit(handed) || !order.arrived || !order.mayFill(at, 0)) continue;
    if (state.unsigned.has(handed.account)) continue;
    const text = `in the calm order ${order.cloid} of copy ${order.copyId} still stands for ${sizeText(order.remaining)} ${handed.coin}`;
    state.report('rest_not_cancelled', at, order.copyId, order.cloid, text);
  }
}

/** Since when the process that sent an order leads and all that it talks to works. A process that died, or lost its lock, left it to the next one. */
export function quietSince(state: AuditState, order: OrderTrack): number {
  const born = state.startedAt.get(order.process);
  const unseen = order.handed === null ? null : state.blindness.since(order.process, order.handed.account);
  if (born === undefined || state.formers.has(order.process) || unseen !== null || state.unsigned.has(order.handed?.account ?? ''))
    return Number.POSITIVE_INFINITY;
  return Math.max(state.quietSince, born + state.options.settleMs);
}

interface End {
  readonly at: number;
  readonly why: string;
}

/** What ends an order that stands, the first of all by a moment; null: nothing did. */
function endOf(state: AuditState, order: OrderTrack, at: EpochMs): End | null {
  const copy = state.copies.get(order.copyId);
  const { handed } = order;
  if (copy === undefined || handed === null) return null;
  const windows = [copy.terms, ...copy.asked, copy.earlier ?? copy.terms].map(({ settings }) => settings.maxAgeMs + settings.catchUpMs);
  const ends: End[] = [{ at: handed.sentAt + Math.max(...windows) + state.options.clockSlackMs, why: 'its window ended' }];
  if (order.reducedAt !== null) ends.push({ at: order.reducedAt, why: 'its leader reduced' });
  const halt = state.haltOf(copy, at);
  if (halt !== null) ends.push({ at: halt.since, why: `${halt.cause} of ${halt.thing}` });
  if (copy.state !== 'active') ends.push({ at: copy.stateAt, why: `the copy was ${copy.state}` });
  const { breach } = copy.losses;
  if (breach !== null && breach.process === order.process) ends.push({ at: breach.since, why: `${breach.limit} was met` });
  for (const { limit, action, since, process } of copy.limits.passed.values()) {
    if (action !== 'alert' && process === order.process) ends.push({ at: since, why: `${limit} was passed` });
  }
  const after = ends.map((end) => ({ ...end, at: Math.max(end.at, handed.sentAt) }));
  return after.reduce<End | null>((first, end) => (first === null || end.at < first.at ? end : first), null);
}
