import { mulDivCeil } from '@lockstep/kernel';
import { MICRO } from './instrument-columns';
import { type LeaderOrder, leftOf, unplannedOf } from './leader-book';
import type { AheadBounds } from './mirror-columns';
import { increasedTarget, reducedTarget } from './target';

/** A copy in one instrument, and the leader's orders there. Lots are whole and signed where they are positions; targets micro-lots. */
export interface MirrorView {
  readonly leaderLots: number;
  readonly orders: readonly LeaderOrder[];
  /** Signed target D. */
  readonly target: number;
  readonly position: number;
  /** What the follower holds of their own on the account. */
  readonly beside: number;
  readonly aheadBuy: number;
  readonly aheadSell: number;
  /** What of that hangs on orders in flight (`hangingAhead`): it is not held yet. */
  readonly hangingBuy: number;
  readonly hangingSell: number;
  /** κ (10^-12); −1: it cannot be formed now. */
  readonly kappa: number;
  /** 10^-8; 0: not known. */
  readonly mark: number;
}

/** A mirror as it should stand. */
export interface MirrorWish {
  readonly order: LeaderOrder;
  /** It adds risk; else it is reduce-only. */
  readonly entry: boolean;
  readonly lots: number;
  /** Lots of the leader's order it stands for. */
  readonly basis: number;
  /** How large it should be is not known now: what stands is left. */
  readonly unknown?: true;
}

export interface MirrorWishes {
  readonly wishes: readonly MirrorWish[];
  readonly bounds: AheadBounds;
}

/**
 * What should stand for the leader's orders (product §2.3). An order that adds to the leader's side is mirrored by what it would add to the target: κ times
 * what is left of it. One that takes off is mirrored by the fraction of the position it would close, reduce-only and no larger than what is held. What mirrors
 * filled ahead is taken off the nearest orders. The part of an order that would turn the leader's position is not mirrored: its fill is followed as a flip.
 */
export function mirrorWishes(view: MirrorView): MirrorWishes {
  const buys = sideOf(view, true);
  const sells = sideOf(view, false);
  return { wishes: [...buys.wishes, ...sells.wishes], bounds: { buy: buys.bound, sell: sells.bound } };
}

interface Side {
  readonly wishes: readonly MirrorWish[];
  readonly bound: number;
}

function sideOf(view: MirrorView, buy: boolean): Side {
  const { leaderLots, mark } = view;
  const distance = ({ price, trigger }: LeaderOrder): number => Math.abs((trigger?.price ?? price) - mark);
  const orders = view.orders.filter((order) => order.buy === buy).sort((a, b) => distance(a) - distance(b) || (a.orderId < b.orderId ? -1 : 1));
  const adds = leaderLots === 0 || leaderLots > 0 === buy;
  return adds ? entries(view, buy, orders) : exits(view, buy, orders);
}

const none = (order: LeaderOrder): MirrorWish => ({ order, entry: false, lots: 0, basis: 0 });

function entries(view: MirrorView, buy: boolean, all: readonly LeaderOrder[]): Side {
  const { leaderLots, kappa } = view;
  const orders = all.filter(({ reduceOnly, ofPosition }) => !reduceOnly && !ofPosition);
  const idle = all.filter((order) => order.end === null && (order.reduceOnly || order.ofPosition)).map(none);
  // Without a ratio nothing is placed, and nothing is concluded from what is ahead.
  if (kappa < 0) {
    const unknown = orders.filter(({ end }) => end === null).map((order): MirrorWish => ({ order, entry: true, lots: 0, basis: 0, unknown: true }));
    return { wishes: [...idle, ...unknown], bound: Number.POSITIVE_INFINITY };
  }
  const from = Math.abs(leaderLots);
  const held = view.target > 0 === buy ? Math.abs(view.target) : 0;
  const wishes: MirrorWish[] = [];
  let ahead = buy ? view.aheadBuy : view.aheadSell;
  let [leader, target, wanted] = [from, held, held + ahead];
  const { near, far } = nearest(orders);
  for (const order of near) {
    const left = leftOf(order, leaderLots);
    const after = increasedTarget(target, kappa, leader, leader + left);
    const wish = after - target;
    const taken = Math.min(ahead, wish);
    const lots = Math.floor((wanted + wish - taken) / MICRO) - Math.floor(wanted / MICRO);
    const basis = wish === 0 ? left : mulDivCeil(left, wish - taken, wish);
    wishes.push({ order, entry: true, lots, basis });
    ahead -= taken;
    wanted += wish - taken;
    leader += left;
    target = after;
  }
  const most = orders.reduce((sum, order) => sum + leftOf(order, leaderLots) + unplannedOf(order, leaderLots), 0);
  return { wishes: [...idle, ...wishes, ...far], bound: increasedTarget(held, kappa, from, from + most) - held };
}

/** Lots that a reduce-only order can close of the copy and of nobody else, as for protective stops: beside a position of the follower's own on the same side a mirror and our own exit in the same moment would close theirs. */
function closableOf({ position, beside }: MirrorView): number {
  return position * beside > 0 ? 0 : Math.max(0, Math.abs(position) - Math.abs(beside));
}

/** Most mirrors on a side of an instrument: those of the nearest orders. */
export const MIRRORS_PER_SIDE = 40;

/** The orders that get a mirror, and those that are too far away. */
function nearest(orders: readonly LeaderOrder[]): { readonly near: readonly LeaderOrder[]; readonly far: readonly MirrorWish[] } {
  const live = orders.filter(({ end }) => end === null);
  if (live.length <= MIRRORS_PER_SIDE) return { near: live, far: [] };
  return { near: live.slice(0, MIRRORS_PER_SIDE), far: live.slice(MIRRORS_PER_SIDE).map(none) };
}

function exits(view: MirrorView, buy: boolean, orders: readonly LeaderOrder[]): Side {
  const { leaderLots, position } = view;
  const from = Math.abs(leaderLots);
  const held = view.target > 0 === buy ? 0 : Math.abs(view.target);
  const entered = Math.floor((buy ? view.aheadSell - view.hangingSell : view.aheadBuy - view.hangingBuy) / MICRO);
  const closable = position > 0 === buy ? 0 : Math.max(0, closableOf(view) - entered);
  const share = (lots: number): number => held - reducedTarget(held, from, from - Math.min(from, lots));
  const wishes: MirrorWish[] = [];
  let ahead = buy ? view.aheadBuy : view.aheadSell;
  const { near, far } = nearest(orders);
  for (const order of near) {
    const left = Math.min(from, leftOf(order, leaderLots));
    const wish = share(left);
    const taken = Math.min(ahead, wish);
    ahead -= taken;
    const whole = left === from && taken === 0 && wish > 0;
    const lots = whole ? closable : Math.min(closable, Math.floor((wish - taken) / MICRO));
    const basis = wish === 0 ? left : mulDivCeil(left, wish - taken, wish);
    wishes.push({ order, entry: false, lots, basis });
  }
  const bound = orders.reduce((sum, order) => sum + share(leftOf(order, leaderLots) + unplannedOf(order, leaderLots)), 0);
  return { wishes: [...wishes, ...far], bound: Math.min(held, bound) };
}
