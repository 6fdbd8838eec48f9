/** What sets a leader's order off. */
export interface LeaderTrigger {
  /** 10^-8. */
  readonly price: number;
  readonly purpose: 'take_profit' | 'stop_loss';
  /** True: it becomes a market order bounded by its limit price. */
  readonly market: boolean;
}

/** A working order of the leader as the venue's list tells it. Lots are whole, prices 10^-8. */
export interface ListedOrder {
  readonly orderId: string;
  readonly coin: string;
  readonly buy: boolean;
  readonly reduceOnly: boolean;
  readonly price: number;
  readonly trigger: LeaderTrigger | null;
  /** True: it follows the size of the whole position. */
  readonly ofPosition: boolean;
  readonly original: number;
  readonly remaining: number;
}

/** How an order that stands no more ended; `unknown`: a list names it no more, and nothing told why. */
export type OrderEnd = 'filled' | 'cancelled' | 'unknown';

/** A working order of the leader, or one that ended a moment ago. */
export interface LeaderOrder extends ListedOrder {
  /** Lots of it in fills that moved targets. */
  readonly filled: number;
  readonly end: OrderEnd | null;
  /** Lots of it in fills that were told, planned or not. */
  readonly told: number;
  /** When it ended or filled last, epoch ms; 0: neither was seen. */
  readonly changedAt: number;
  /** It went while the leader was out of sight, and so may its fills. */
  readonly unseen: boolean;
}

/** Most orders kept of one leader; the venue admits no more. */
export const LEADER_WORKING_MAX = 6_000;
/** Orders without a list entry whose fills are remembered: they may be listed later. */
const EARLY_FILLS_MAX = 1_000;
/** For so long fills of an order that ended are waited for, in ms: they are recorded before they move a target. */
export const ENDED_KEPT_MS = 5_000;
/** The same where fills were told that moved nothing yet: a database may be away. */
const UNPLANNED_KEPT_MS = 60_000;
/** Lists and fills come beside each other: an order that a list names no more, and whose fills are not told for so long, was cancelled, in ms. */
export const CANCELLED_AFTER_MS = 500;

/**
 * The working orders of one leader: state, brought by lists, and what of each order was told and moved targets, brought by fills. They come apart on their
 * way; {@link leftOf} is the least of all, so that no part of an order is ever mirrored and bought.
 */
export class LeaderBook {
  private readonly orders = new Map<string, LeaderOrder>();
  /** Fills of orders that are not listed yet. */
  private readonly early = new Map<string, { readonly told: number; readonly filled: number }>();
  /** Dexes whose list was read since the leader was out of sight, and those that ever were. */
  private readonly listed = new Set<string>();
  private readonly met = new Set<string>();
  /** The orders by coin, each coin's in their order; null: they changed since. They are asked for several times a second for every copy. */
  private coined: ReadonlyMap<string, readonly LeaderOrder[]> | null = null;

  /** Orders of a coin, those that ended a moment ago included. */
  of(coin: string): readonly LeaderOrder[] {
    return this.byCoin().get(coin) ?? [];
  }

  find(orderId: string): LeaderOrder | undefined {
    return this.orders.get(orderId);
  }

  coins(): Iterable<string> {
    return this.byCoin().keys();
  }

  /** Whether the orders in a dex are known now. */
  knows(dex: string): boolean {
    return this.listed.has(dex);
  }

  /** Takes the whole list of working orders in a dex; what it names no more ended. `inDex` says which coins are traded there. */
  takeList(dex: string, list: readonly ListedOrder[], inDex: (coin: string) => boolean, at: number): void {
    const unseen = this.met.has(dex) && !this.listed.has(dex);
    const named = new Set(list.map(({ orderId }) => orderId));
    for (const order of this.orders.values()) {
      if (order.end === null && inDex(order.coin) && !named.has(order.orderId)) this.put({ ...order, ...endOf(order), changedAt: at, unseen });
    }
    for (const order of list.slice(0, LEADER_WORKING_MAX)) this.put(this.taken(order));
    this.listed.add(dex);
    this.met.add(dex);
  }

  /** Lots of an order in a fill that was told just now; it is planned once it is recorded. */
  noteTold(orderId: string, lots: number, at: number): void {
    this.note(orderId, { told: lots, filled: 0 }, at);
  }

  /** Lots of an order in a fill that is planned now. */
  noteFill(orderId: string, lots: number, at: number): void {
    this.note(orderId, { told: 0, filled: lots }, at);
  }

  /** Decides about orders that ended without a word, and lets go of those that ended long enough ago for their fills to be here. */
  forgetEnded(now: number): void {
    for (const order of this.orders.values()) {
      const since = now - order.changedAt;
      if (order.end === 'unknown' && !order.unseen && since >= CANCELLED_AFTER_MS) this.put({ ...order, end: 'cancelled' });
      const isPlanned = order.told <= order.filled || since >= UNPLANNED_KEPT_MS;
      if (order.end !== null && since >= ENDED_KEPT_MS && isPlanned) this.drop(order);
    }
  }

  /** The leader's orders are out of sight, in a dex or in all: nothing is concluded from what was known until the lists are read again. */
  lose(dex?: string): void {
    if (dex === undefined) this.listed.clear();
    else this.listed.delete(dex);
  }

  private note(orderId: string, { told, filled }: { readonly told: number; readonly filled: number }, at: number): void {
    const known = this.orders.get(orderId);
    if (known !== undefined) {
      const next = { ...known, told: Math.max(known.told + told, known.filled + filled), filled: known.filled + filled, changedAt: at };
      this.put(next.end === 'unknown' ? { ...next, ...endOf(next) } : next);
      return;
    }
    const before = this.early.get(orderId) ?? { told: 0, filled: 0 };
    this.early.set(orderId, { told: Math.max(before.told + told, before.filled + filled), filled: before.filled + filled });
    const [oldest] = this.early.keys();
    if (this.early.size > EARLY_FILLS_MAX && oldest !== undefined) this.early.delete(oldest);
  }

  /**
   * What a list says of an order met for the first time was filled is in the position it was read with, but for fills that were told and are not planned yet. Of
   * a known one fills tell.
   */
  private taken(order: ListedOrder): LeaderOrder {
    const known = this.orders.get(order.orderId);
    if (known !== undefined) return { ...known, ...order, remaining: Math.min(known.remaining, order.remaining), end: null };
    const early = this.early.get(order.orderId) ?? { told: 0, filled: 0 };
    this.early.delete(order.orderId);
    const gone = order.original - order.remaining;
    return {
      ...order,
      filled: Math.max(early.filled, gone - (early.told - early.filled)),
      told: Math.max(early.told, gone),
      end: null,
      changedAt: 0,
      unseen: false,
    };
  }

  private put(order: LeaderOrder): void {
    if (!this.orders.has(order.orderId) && this.orders.size >= 2 * LEADER_WORKING_MAX) return;
    this.orders.set(order.orderId, order);
    this.coined = null;
  }

  private drop(order: LeaderOrder): void {
    this.orders.delete(order.orderId);
    this.coined = null;
  }

  private byCoin(): ReadonlyMap<string, readonly LeaderOrder[]> {
    if (this.coined !== null) return this.coined;
    const byCoin = new Map<string, LeaderOrder[]>();
    for (const order of this.orders.values()) {
      const same = byCoin.get(order.coin);
      if (same === undefined) byCoin.set(order.coin, [order]);
      else same.push(order);
    }
    this.coined = byCoin;
    return byCoin;
  }
}

/** How an order ended that is named no more: filled where its fills say so. */
const endOf = ({ told, original, ofPosition }: LeaderOrder): { readonly end: OrderEnd } => ({
  end: !ofPosition && told >= original ? 'filled' : 'unknown',
});

/** Lots of an order that still stand and did not move a target: what a mirror of it is for. `leaderLots`: the leader's signed position. */
export function leftOf(order: LeaderOrder, leaderLots: number): number {
  if (order.end !== null) return 0;
  if (order.ofPosition) return Math.abs(leaderLots);
  return Math.max(0, Math.min(order.remaining, order.original - order.told));
}

/** Lots that the venue says filled, or may have, and whose fills moved no target yet. */
export function unplannedOf(order: LeaderOrder, leaderLots: number): number {
  const mayAllBeFilled = order.end === 'filled' || order.end === 'unknown';
  if (order.ofPosition) return mayAllBeFilled ? Math.abs(leaderLots) : 0;
  return Math.max(0, (mayAllBeFilled ? order.original : Math.max(order.told, order.original - order.remaining)) - order.filled);
}

/** Lots of an order that a mirror's claim is measured by: what did not fill, also of one that was cancelled. An order the leader's list does not name any more may all be filled. */
export function unfilledOf(order: LeaderOrder | undefined, leaderLots: number): number {
  if (order === undefined) return 0;
  if (order.end === 'filled' || order.end === 'unknown') return 0;
  if (order.ofPosition) return Number.POSITIVE_INFINITY;
  return order.end === null ? leftOf(order, leaderLots) : Math.max(0, Math.min(order.remaining, order.original - order.told));
}
