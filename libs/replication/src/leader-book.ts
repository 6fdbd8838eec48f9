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
  /** When it ended or filled last, epoch ms; 0: neither was seen. */
  readonly changedAt: number;
}

/** A change of one order as the venue's stream tells it. */
export interface OrderChange {
  readonly orderId: string;
  readonly remaining: number;
  readonly state: 'open' | OrderEnd;
}

/** Most orders kept of one leader; the venue admits no more. */
export const LEADER_WORKING_MAX = 6_000;
/** Orders without a list entry whose fills are remembered: they may be listed later. */
const EARLY_FILLS_MAX = 1_000;
/** For so long fills of an order that ended are waited for, in ms: orders and fills come on different streams. */
export const ENDED_KEPT_MS = 5_000;

/**
 * The working orders of one leader: state, brought by lists and changes, and what of each order moved targets, brought by fills. The two come apart on
 * their way; {@link leftOf} is the less of both, so that no part of an order is ever mirrored and bought.
 */
export class LeaderBook {
  private readonly orders = new Map<string, LeaderOrder>();
  private readonly early = new Map<string, number>();
  /** When the whole list was read last, epoch ms; 0: never since the leader was out of sight. */
  listedAt = 0;

  /** Orders of a coin, those that ended a moment ago included. */
  of(coin: string): readonly LeaderOrder[] {
    return [...this.orders.values()].filter((order) => order.coin === coin);
  }

  find(orderId: string): LeaderOrder | undefined {
    return this.orders.get(orderId);
  }

  coins(): ReadonlySet<string> {
    return new Set([...this.orders.values()].map(({ coin }) => coin));
  }

  /** Takes the whole list of working orders, asked for at `askedAt` and here at `at`. What it names no more ended; what changed since it was asked for is newer than it. */
  takeList(list: readonly ListedOrder[], askedAt: number, at: number): void {
    const named = new Set(list.map(({ orderId }) => orderId));
    for (const order of this.orders.values())
      if (order.end === null && !named.has(order.orderId)) this.put({ ...order, end: 'unknown', changedAt: at });
    for (const listed of list.slice(0, LEADER_WORKING_MAX)) {
      const known = this.orders.get(listed.orderId);
      if (known === undefined || known.end === null || known.changedAt < askedAt) this.put(this.listed(listed));
    }
    this.listedAt = at;
  }

  /** Takes a change of one order. False when the list must be read: the stream does not tell what a new order is. */
  takeChange({ orderId, remaining, state }: OrderChange, at: number): boolean {
    const known = this.orders.get(orderId);
    if (known === undefined) return state !== 'open';
    const less = Math.min(known.remaining, remaining);
    const moved = less < known.remaining || state !== 'open';
    this.put({ ...known, remaining: less, end: state === 'open' ? known.end : state, changedAt: moved ? at : known.changedAt });
    return true;
  }

  /** Lots of an order in a fill that is planned now. */
  noteFill(orderId: string, lots: number, at: number): void {
    const known = this.orders.get(orderId);
    if (known !== undefined) {
      this.put({ ...known, filled: known.filled + lots, changedAt: at });
      return;
    }
    this.early.set(orderId, (this.early.get(orderId) ?? 0) + lots);
    const [oldest] = this.early.keys();
    if (this.early.size > EARLY_FILLS_MAX && oldest !== undefined) this.early.delete(oldest);
  }

  /** Lets go of orders that ended long enough ago for their fills to be here. */
  forgetEnded(now: number): void {
    for (const order of this.orders.values()) if (order.end !== null && now - order.changedAt >= ENDED_KEPT_MS) this.orders.delete(order.orderId);
  }

  /** The leader is out of sight: nothing is concluded from what was known until the list is read again. */
  lose(): void {
    this.listedAt = 0;
  }

  /** What a list says of an order met for the first time was filled is in the position it was read with; of a known one fills tell. */
  private listed(order: ListedOrder): LeaderOrder {
    const known = this.orders.get(order.orderId);
    const early = this.early.get(order.orderId) ?? 0;
    this.early.delete(order.orderId);
    const told = order.original - order.remaining;
    if (known === undefined) return { ...order, filled: Math.max(early, told), end: null, changedAt: 0 };
    return { ...order, remaining: Math.min(known.remaining, order.remaining), filled: known.filled, end: null, changedAt: known.changedAt };
  }

  private put(order: LeaderOrder): void {
    if (this.orders.has(order.orderId) || this.orders.size < 2 * LEADER_WORKING_MAX) this.orders.set(order.orderId, order);
  }
}

/** Lots of an order that still stand and did not move a target: what a mirror of it is for. `leaderLots`: the leader's signed position. */
export function leftOf(order: LeaderOrder, leaderLots: number): number {
  if (order.end !== null) return 0;
  if (order.ofPosition) return Math.abs(leaderLots);
  return Math.max(0, Math.min(order.remaining, order.original - order.filled));
}

/** Lots that the venue says filled, or may have, and whose fills moved no target yet. */
export function unplannedOf(order: LeaderOrder, leaderLots: number): number {
  const mayAllBeFilled = order.end === 'filled' || order.end === 'unknown';
  if (order.ofPosition) return mayAllBeFilled ? Math.abs(leaderLots) : 0;
  return Math.max(0, (mayAllBeFilled ? order.original : order.original - order.remaining) - order.filled);
}

/** Lots of an order that a mirror's claim is measured by: what did not fill, also of one that was cancelled. An order the leader's list does not name any more may all be filled. */
export function unfilledOf(order: LeaderOrder | undefined, leaderLots: number): number {
  if (order === undefined) return 0;
  if (order.end === 'filled' || order.end === 'unknown') return 0;
  if (order.ofPosition) return Number.POSITIVE_INFINITY;
  return order.end === null ? leftOf(order, leaderLots) : Math.max(0, Math.min(order.remaining, order.original - order.filled));
}
