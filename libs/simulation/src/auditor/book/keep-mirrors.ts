import { type EpochMs, max, mulDiv, RATE_ONE } from '@lockstep/kernel';
import type { MirrorHanded, OrderHanded, OrderObservation } from '../observations';
import type { CopyTrack } from './copies';
import type { Holding } from './holding';
import { nameSigned, orderTrackOf } from './keep-orders';
import type { OrderTrack } from './orders';
import { ratioBounds } from './ratio';
import type { AuditState } from './state';

/** What the engine wrote down of a mirror before it left: whose order it stands for, and what it takes the place of. */
export function keepMirrorWritten(state: AuditState, told: Extract<OrderObservation, { kind: 'mirror_written' }>): void {
  if (state.orders.has(told.cloid)) return;
  const order = orderTrackOf(state, { ...told, wave: '' });
  order.journaled = true;
  order.mirror = { leaderOrder: told.leaderOrder, replaces: told.replaces, writtenAt: told.writtenAt };
}

/** Books a mirror that goes to the venue. It stands beside what is on its way. */
export function keepMirror(state: AuditState, mirror: MirrorHanded, at: EpochMs): void {
  const order = state.orders.get(mirror.cloid) ?? orderTrackOf(state, { ...mirror, wave: '' });
  if (order.handed !== null) return;
  order.handed = handedOf(mirror, order, at);
  order.remaining = mirror.size;
  order.exit = mirror.reduceOnly;
  order.mirror ??= { leaderOrder: '', replaces: null, writtenAt: at };
  nameSigned(state, order, mirror);
  noteChange(state, order, at);
  if (state.goneSigners.has(mirror.signer)) order.voided = true;
  else {
    state.signing.set(mirror.account, mirror.signer);
    state.unsigned.delete(mirror.account);
  }
  state.copies.get(mirror.copyId)?.holding(mirror.coin).mirrors.set(mirror.cloid, order);
}

/** An action that puts a mirror in the place of another left, or was answered: for some seconds the one before may be thought to end by it. */
export function noteChange(state: AuditState, { mirror }: OrderTrack, at: EpochMs): void {
  const before = state.orders.get(mirror?.replaces ?? '');
  if (before !== undefined) before.changedAt = at;
}

/** A mirror as an order: what it is approved on is looked at once more as it leaves. */
export function handedOf(mirror: MirrorHanded, order: OrderTrack | undefined, at: EpochMs): OrderHanded {
  const { trigger: _, ...handed } = mirror;
  const writtenAt = order?.mirror?.writtenAt ?? at;
  return {
    ...handed,
    wave: '',
    cause: 'repair',
    exit: mirror.reduceOnly,
    tif: 'gtc',
    expiresAfter: 0,
    decidedAt: at,
    journaledAt: writtenAt,
    sentAt: at,
  };
}

/**
 * The most a copy may hold ahead of its target on a side: what mirrors filled of it, no more than the leader's orders there would add, those among them that went a
 * moment ago.
 */
export function aheadMost(state: AuditState, copy: CopyTrack, holding: Holding, at: EpochMs, buy: boolean): bigint {
  const filled = buy ? holding.mirroredBuys : holding.mirroredSells;
  if (filled === 0n) return 0n;
  const leader = state.leader(copy.copy.leader);
  const { mirrorGraceMs } = state.options;
  const orders = leader.orders.on(holding.coin, buy, at, mirrorGraceMs).filter(({ seen }) => !seen.reduceOnly);
  const left = orders.reduce((sum, order) => sum + order.mostSince(at - mirrorGraceMs), 0n);
  const { high } = ratioBounds(state, copy, leader, at);
  const lot = state.instruments.get(holding.coin)?.lot ?? 0n;
  const most = high === null ? filled : mulDiv(high, left, RATE_ONE, 'up') + lot * BigInt(orders.length);
  return left === 0n ? 0n : filled < most ? filled : most;
}

/** What mirrors that take off closed since the leader was flat, where orders of his that take off stand or went a moment ago: he may still hold what they were for. */
export function exitsAhead(state: AuditState, copy: CopyTrack, holding: Holding, at: EpochMs): bigint {
  if (holding.mirroredExits === 0n) return 0n;
  const { orders } = state.leader(copy.copy.leader);
  return orders.on(holding.coin, holding.target.side < 0n, at, state.options.mirrorGraceMs).length > 0 ? holding.mirroredExits : 0n;
}

/** Takes a fill of a mirror: what an exit closes ahead of its leader is given up where his order does not fill. */
export function keepMirrorFill(holding: Holding, order: OrderTrack, size: bigint): void {
  if (order.handed === null) return;
  if (!order.handed.reduceOnly) {
    if (order.handed.buy) holding.mirroredBuys += size;
    else holding.mirroredSells += size;
    return;
  }
  holding.mirroredExits += size;
  holding.open.change((target) => target.lower(max(0n, target.low - size)));
}
