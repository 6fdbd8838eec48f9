import type { LeaderOrder, LeaderTrigger } from './leader-book';
import { unfilledOf } from './leader-book';
import { claimOf } from './mirror-columns';
import type { MirrorWish } from './mirror-wishes';

/** A mirror that stands at the venue, or may. Lots whole, prices 10^-8. */
export interface StandingMirror {
  readonly id: string;
  readonly leaderOrderId: string;
  readonly buy: boolean;
  readonly reduceOnly: boolean;
  readonly price: number;
  readonly trigger: LeaderTrigger | null;
  /** Lots of it that may still fill, what it was placed with, and the leader's lots they stood for. */
  readonly working: number;
  readonly placed: number;
  readonly basis: number;
  /** It stands, and nothing about it is on its way. */
  readonly settled: boolean;
}

/** Something to do about one mirror. */
export type MirrorTask<M extends StandingMirror> =
  | { readonly kind: 'place'; readonly wish: MirrorWish }
  | { readonly kind: 'change'; readonly mirror: M; readonly wish: MirrorWish }
  | { readonly kind: 'cancel'; readonly mirror: M; readonly why: MirrorCancel };

export type MirrorCancel = 'leader_order_ended' | 'not_allowed' | 'no_room' | 'not_needed';

export interface MirrorTerms {
  readonly leaderLots: number;
  readonly now: number;
  /** New risk now: `yes`; `keep`: none is placed, what stands stays; `no`: entries end. */
  readonly entries: 'yes' | 'keep' | 'no';
  /** Lots an entry may add on a side at a limit price under every cap, with everything working counted at its worst. */
  room(buy: boolean, price: number): number;
  /** Whether the venue takes an order of so many lots at a price. */
  takes(lots: number, price: number, reduceOnly: boolean): boolean;
  /** Whether nothing is placed for an order of the leader now, because the like was refused a moment ago. */
  readonly waits?: (orderId: string) => boolean;
}

/** For so long a mirror's own fill is waited for after its leader's order filled, before what is missing is bought instead, in ms. Exits do not wait. */
export const MIRROR_FILL_GRACE_MS = 1_000;
/** An entry's size follows a ratio that moves with every mark only where it is this much off: it would be changed all day otherwise. */
const SIZE_SLACK = 0.1;

/**
 * What is due so that mirrors stand as wished, at most one per order of the leader and none twice: while anything about the mirror of an order is on its way,
 * nothing else is done there, but that what may not enter any more is cancelled. What takes risk off comes first.
 */
export function mirrorTasks<M extends StandingMirror>(
  wishes: readonly MirrorWish[],
  mirrors: readonly M[],
  orders: readonly LeaderOrder[],
  terms: MirrorTerms,
): readonly MirrorTask<M>[] {
  const live = new Set(wishes.map(({ order }) => order.orderId));
  const free = new Set(mirrors.filter(({ leaderOrderId }) => !live.has(leaderOrderId)));
  const taken = { buy: 0, sell: 0 };
  const unwished = unwishedLots(wishes, mirrors, orders, terms);
  const others = { free, orders, unwished };
  const tasks: MirrorTask<M>[] = [];
  for (const wish of [...wishes].sort((a, b) => Number(a.entry) - Number(b.entry))) {
    const mine = mirrors.filter(({ leaderOrderId }) => leaderOrderId === wish.order.orderId);
    if (mine.length > 1 || mine.some(({ settled }) => !settled)) {
      if (terms.entries === 'no') tasks.push(...mine.filter(({ settled, reduceOnly }) => settled && !reduceOnly).map(notAllowed));
      continue;
    }
    // It would take the place of a mirror that has to go, and nothing would become of either.
    if (mine.length === 0 && terms.waits?.(wish.order.orderId) === true) continue;
    const task = wish.entry ? entryTask(wish, mine[0] ?? null, others, terms, taken) : exitTask(wish, mine[0] ?? null, others, terms);
    if (task === null) continue;
    if (task.kind !== 'place') free.delete(task.mirror);
    tasks.push(task);
  }
  for (const mirror of free) if (mirror.settled && isRipe(mirror, orders, terms)) tasks.push({ kind: 'cancel', mirror, why: 'leader_order_ended' });
  return tasks;
}

const notAllowed = <M extends StandingMirror>(mirror: M): MirrorTask<M> => ({ kind: 'cancel', mirror, why: 'not_allowed' });

/** What else there is: mirrors of orders that stand no more, all of the leader's orders, and what is wished on each side that nothing stands for. */
interface Others<M> {
  readonly free: ReadonlySet<M>;
  readonly orders: readonly LeaderOrder[];
  readonly unwished: BySide;
}

type BySide = { buy: number; sell: number };

const sideOf = ({ buy }: { readonly buy: boolean }): keyof BySide => (buy ? 'buy' : 'sell');

/**
 * Lots wished on each side beyond what stands there or is on its way. What one mirror filled ahead is taken off the nearest order's wish, whose own mirror may be
 * larger for a moment: were the one that filled made whole again in that moment, both could fill, and more than the leader's orders come to would be traded.
 */
function unwishedLots<M extends StandingMirror>(
  wishes: readonly MirrorWish[],
  mirrors: readonly M[],
  orders: readonly LeaderOrder[],
  terms: MirrorTerms,
): BySide {
  const left = { buy: 0, sell: 0 };
  for (const { order, lots } of wishes) left[sideOf(order)] += lots;
  for (const mirror of mirrors) {
    const order = orders.find(({ orderId }) => orderId === mirror.leaderOrderId);
    // What the leader's order has filled for is owed already, whatever is wished.
    const owed = order === undefined ? 0 : Math.min(mirror.working, claimOf(mirror, unfilledOf(order, terms.leaderLots)));
    left[sideOf(mirror)] -= mirror.working - owed;
  }
  return left;
}

/** Lots a mirror is placed with or changed to: no more than wished, and larger than it stands (`working`) only by what nothing else stands for; that is taken. */
function grown({ order, lots }: MirrorWish, working: number, unwished: BySide): number {
  const side = sideOf(order);
  const more = Math.max(0, Math.min(lots - working, unwished[side]));
  unwished[side] -= more;
  return Math.min(lots, working + more);
}

/** An entry whose leader's order filled a moment ago is given the time to fill as well. */
function isRipe(mirror: StandingMirror, orders: readonly LeaderOrder[], terms: MirrorTerms): boolean {
  const order = orders.find(({ orderId }) => orderId === mirror.leaderOrderId);
  if (mirror.reduceOnly || order === undefined || order.end === 'cancelled' || terms.entries === 'no') return true;
  return terms.now - order.changedAt >= MIRROR_FILL_GRACE_MS;
}

function exitTask<M extends StandingMirror>(wish: MirrorWish, mirror: M | null, others: Others<M>, terms: MirrorTerms): MirrorTask<M> | null {
  const wanted = wish.lots > 0 && terms.takes(wish.lots, wish.order.price, true);
  if (mirror === null) return wanted ? placing(wish, Number.POSITIVE_INFINITY, others, terms) : null;
  if (!wanted || !mirror.reduceOnly) return { kind: 'cancel', mirror, why: 'not_needed' };
  const lots = grown(wish, mirror.working, others.unwished);
  return stands(mirror, wish) && mirror.working === lots && !isClaimed(mirror, wish, terms)
    ? null
    : { kind: 'change', mirror, wish: { ...wish, lots } };
}

function entryTask<M extends StandingMirror>(
  wish: MirrorWish,
  mirror: M | null,
  others: Others<M>,
  terms: MirrorTerms,
  taken: BySide,
): MirrorTask<M> | null {
  if (terms.entries === 'no') return mirror === null ? null : notAllowed(mirror);
  // Nothing is concluded from a ratio that is not known.
  if (wish.unknown) return null;
  const { order } = wish;
  const side = sideOf(order);
  // Claims of an order that fills are left to it for a moment: it may fill here too.
  if (mirror !== null && stands(mirror, wish) && isClaimed(mirror, wish, terms) && terms.now - order.changedAt < MIRROR_FILL_GRACE_MS) return null;
  const room = terms.room(order.buy, order.price) - taken[side];
  const most = Math.max(0, Math.min(wish.lots, room + (mirror?.working ?? 0)));
  const wanted = most > 0 && terms.takes(most, order.price, false);
  const sized: MirrorWish = { ...wish, lots: most };
  if (mirror === null) {
    const task = wanted && terms.entries !== 'keep' ? placing(sized, room, others, terms) : null;
    taken[side] += task?.wish.lots ?? 0;
    return task;
  }
  if (!wanted || mirror.reduceOnly) return { kind: 'cancel', mirror, why: mirror.reduceOnly || wish.lots === 0 ? 'not_needed' : 'no_room' };
  const still = stands(mirror, wish) && !isClaimed(mirror, wish, terms);
  if (still && isNear(mirror.working, most, wish.lots)) return null;
  const lots = grown(sized, mirror.working, others.unwished);
  if (still && lots === mirror.working) return null;
  if (terms.entries === 'keep') return lots < mirror.working ? { kind: 'cancel', mirror, why: 'not_allowed' } : null;
  // Until the change is answered the old one may fill and the new one stand: where both do not fit, the old one ends first.
  if (lots > room) return { kind: 'cancel', mirror, why: 'no_room' };
  taken[side] += lots;
  return { kind: 'change', mirror, wish: { ...wish, lots } };
}

/**
 * A new order of the leader: what stands for one that ended is put in its place by one action where it is of the same kind, and fits beside it. Null while what
 * else stands or is on its way leaves it nothing, or less than the venue takes.
 */
function placing<M extends StandingMirror>(
  wish: MirrorWish,
  room: number,
  others: Others<M>,
  terms: MirrorTerms,
): Exclude<MirrorTask<M>, { kind: 'cancel' }> | null {
  const { order, entry } = wish;
  const old = wish.lots <= room ? replaced(wish, others) : null;
  const lots = grown(wish, old?.working ?? 0, others.unwished);
  if (old !== null) return { kind: 'change', mirror: old, wish: { ...wish, lots } };
  return lots > 0 && terms.takes(lots, order.price, !entry) ? { kind: 'place', wish: { ...wish, lots } } : null;
}

/** The mirror of an order that ended which a new one may take the place of, whole and of the same kind. */
function replaced<M extends StandingMirror>({ order, entry }: MirrorWish, { free, orders }: Others<M>): M | null {
  for (const mirror of free) {
    const alike = mirror.settled && mirror.buy === order.buy && mirror.reduceOnly !== entry && (mirror.trigger === null) === (order.trigger === null);
    const filled = orders.some(({ orderId, end }) => orderId === mirror.leaderOrderId && end === 'filled');
    if (alike && !filled && mirror.working === mirror.placed) return mirror;
  }
  return null;
}

/** Whether a mirror stands at the leader's prices. */
const stands = ({ price, trigger, buy }: StandingMirror, { order }: MirrorWish): boolean =>
  price === order.price &&
  buy === order.buy &&
  trigger?.price === order.trigger?.price &&
  trigger?.purpose === order.trigger?.purpose &&
  trigger?.market === order.trigger?.market;

const isClaimed = (mirror: StandingMirror, { order }: MirrorWish, { leaderLots }: MirrorTerms): boolean =>
  claimOf(mirror, unfilledOf(order, leaderLots)) > 0;

/** Whether an entry's size may stay: about as wished, and no more than the caps admit. */
const isNear = (working: number, lots: number, wished: number): boolean =>
  (lots === wished || working <= lots) && Math.abs(working - lots) <= SIZE_SLACK * Math.max(working, lots);
