import { MICRO } from './instrument-columns';
import type { LeaderOrder } from './leader-book';
import { type Claim, claimOf } from './mirror-columns';
import { classify, increasedTarget } from './target';

/**
 * What of a mirror is owed, in micro-lots: its leader's order filled for it, and no other mirror did. A fill of that is no advance, whatever the target made of the
 * leader's fill; every other is one. Targets do not tell, nor does the leader's order alone: what another mirror filled ahead may have stood for its fill.
 */
export interface OwedMirror {
  readonly leaderOrderId: string;
  owed: number;
}

/** Micro-lots of a mirror that its leader's order filled for, in fills that moved targets. */
export function claimedOf(mirror: Claim, order: LeaderOrder | undefined): number {
  if (order === undefined || order.ofPosition) return 0;
  return claimOf(mirror, Math.max(0, order.original - order.filled)) * MICRO;
}

/** How far a move of the leader would have moved a target, before anything of it was refused or cut: signed micro-lots. `kappa` 0: not known, and without bound. */
export function askedBy(
  leader: { readonly before: number; readonly after: number },
  target: { readonly before: number; readonly after: number },
  kappa: number,
): number {
  const kind = classify(leader.before, leader.after);
  const moved = target.after - target.before;
  if (kind !== 'increase' && kind !== 'flip') return moved;
  const side = Math.sign(leader.after);
  if (kappa === 0) return side * Number.POSITIVE_INFINITY;
  const from = kind === 'flip' ? 0 : Math.abs(leader.before);
  const held = from === 0 || target.before * side < 0 ? 0 : Math.abs(target.before);
  const asked = side * increasedTarget(held, kappa, from, Math.abs(leader.after)) - target.before;
  return side * Math.max(asked * side, moved * side);
}

/**
 * The leader's orders of these mirrors, of one row and side, filled in a move: what is wanted went by `micro` with that, once what is ahead was taken off. So much
 * more is owed, as far as their claims (`claimed`, one by one) go.
 */
export function oweByMove(mirrors: readonly OwedMirror[], claimed: readonly number[], micro: number): void {
  for (const [index, part] of shared(mirrors, openOf(mirrors, claimed), micro).entries()) addOwed(mirrors[index], part);
}

/** Micro-lots by which a move may make more of these mirrors owed at most: what is claimed of them and is not owed yet. */
export function mayBeOwed(mirrors: readonly OwedMirror[], claimed: readonly number[]): number {
  let sum = 0;
  for (const most of mostByOrder(mirrors, openOf(mirrors, claimed)).values()) sum += most;
  return sum;
}

const openOf = (mirrors: readonly OwedMirror[], claimed: readonly number[]): readonly number[] =>
  mirrors.map(({ owed }, index) => Math.max(0, (claimed[index] ?? 0) - owed));

/** Takes a mirror's fill of `lots` off what is owed of it, and of those that stand for the same order. Returns the micro-lots that were. */
export function payOwed(mirror: OwedMirror, all: readonly OwedMirror[], lots: number): number {
  const paid = Math.min(mirror.owed, lots * MICRO);
  mirror.owed -= paid;
  for (const other of all) if (other !== mirror && other.leaderOrderId === mirror.leaderOrderId) addOwed(other, -paid);
  return paid;
}

/** A mirror filled `micro` of what was missing for something else: so much less is owed of the others of its row and side, those of its own order not among them. */
export function payForOthers(mirror: OwedMirror, all: readonly OwedMirror[], micro: number): void {
  const others = all.filter(({ leaderOrderId }) => leaderOrderId !== mirror.leaderOrderId);
  const owed = others.map((other) => other.owed);
  for (const [index, part] of shared(others, owed, micro).entries()) addOwed(others[index], -part);
}

function addOwed(mirror: OwedMirror | undefined, micro: number): void {
  if (mirror !== undefined) mirror.owed = Math.max(0, mirror.owed + micro);
}

/** Shares micro-lots out, `most` to each at most. Of mirrors of one order, of which one takes the other's place, only one fills: each has the order's whole part. */
function shared(mirrors: readonly OwedMirror[], most: readonly number[], micro: number): readonly number[] {
  const ofOrder = mostByOrder(mirrors, most);
  let left = Math.max(0, micro);
  for (const [leaderOrderId, all] of ofOrder) {
    const part = Math.min(left, all);
    ofOrder.set(leaderOrderId, part);
    left -= part;
  }
  return mirrors.map(({ leaderOrderId }, index) => Math.min(most[index] ?? 0, ofOrder.get(leaderOrderId) ?? 0));
}

function mostByOrder(mirrors: readonly OwedMirror[], most: readonly number[]): Map<string, number> {
  const ofOrder = new Map<string, number>();
  for (const [index, { leaderOrderId }] of mirrors.entries()) ofOrder.set(leaderOrderId, Math.max(ofOrder.get(leaderOrderId) ?? 0, most[index] ?? 0));
  return ofOrder;
}
