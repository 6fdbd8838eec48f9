import type { EpochMs } from '@lockstep/kernel';
import { max, min } from '@lockstep/kernel';
import type { LeaderOrderSeen } from '../observations';

/** Orders that are gone are forgotten where there are more than so many. */
const KEPT = 4_000;
/** For so long what was left of an order is remembered, in ms. */
const LEFT_KEPT_MS = 20_000;

/** One working order of a leader as engines were told of it. Its prices never change: a changed order is another one. */
export class LeaderOrder {
  /** Since when a list names it no more; null: it stands, for all that was told. */
  goneAt: EpochMs | null = null;
  /** What of it was told as fills: these and lists come beside each other. */
  private filled = 0n;
  private left: { readonly at: EpochMs; readonly left: bigint }[] = [];

  constructor(
    readonly seen: LeaderOrderSeen,
    readonly firstAt: EpochMs,
  ) {
    this.left.push({ at: firstAt, left: seen.remaining });
  }

  /** What is left of it, as told last. */
  get remaining(): bigint {
    return this.left.at(-1)?.left ?? 0n;
  }

  /** The most that was left of it at some moment from `from` on. */
  mostSince(from: EpochMs): bigint {
    let most = 0n;
    for (let index = this.left.length - 1; index >= 0; index -= 1) {
      const entry = this.left[index];
      if (entry === undefined) break;
      most = max(most, entry.left);
      if (entry.at <= from) break;
    }
    return most;
  }

  /** A list says what is left. */
  listed(remaining: bigint, at: EpochMs): void {
    this.note(min(this.remaining, remaining), at);
  }

  fill(size: bigint, at: EpochMs): void {
    this.filled += size;
    this.note(max(0n, min(this.remaining, this.seen.original - this.filled)), at);
  }

  private note(remaining: bigint, at: EpochMs): void {
    if (remaining === this.remaining) return;
    this.left.push({ at, left: remaining });
    while (this.left.length > 2 && (this.left[1]?.at ?? at) < at - LEFT_KEPT_MS) this.left.shift();
  }
}

/** All working orders of a leader, by the venue's names. */
export class LeaderOrders {
  private readonly orders = new Map<string, LeaderOrder>();

  find(orderId: string): LeaderOrder | undefined {
    return this.orders.get(orderId);
  }

  /** Those of a side of a coin that stand, or went so shortly before `at`. */
  on(coin: string, buy: boolean, at: EpochMs, goneMs: number): readonly LeaderOrder[] {
    return [...this.orders.values()].filter(
      ({ seen, goneAt }) => seen.coin === coin && seen.buy === buy && (goneAt === null || at - goneAt <= goneMs),
    );
  }

  /** A whole list: what it does not name of these coins stands no more. */
  take(list: readonly LeaderOrderSeen[], coins: readonly string[], at: EpochMs): void {
    const named = new Set(list.map(({ orderId }) => orderId));
    for (const order of this.orders.values())
      if (order.goneAt === null && coins.includes(order.seen.coin) && !named.has(order.seen.orderId)) order.goneAt = at;
    for (const seen of list) {
      const known = this.orders.get(seen.orderId);
      if (known === undefined) this.orders.set(seen.orderId, new LeaderOrder(seen, at));
      else {
        known.goneAt = null;
        known.listed(seen.remaining, at);
      }
    }
    if (this.orders.size > KEPT) for (const [id, { goneAt }] of this.orders) if (goneAt !== null) this.orders.delete(id);
  }

  filled(orderId: string, size: bigint, at: EpochMs): void {
    this.orders.get(orderId)?.fill(size, at);
  }
}
