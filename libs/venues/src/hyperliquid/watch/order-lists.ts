import type { Address, WatchEvent } from '../../port';

type OpenOrders = Extract<WatchEvent, { readonly kind: 'open_orders' }>;

/**
 * Working orders of users with a seat, as their streams list them. A list that comes while the stream's snapshot is worked in waits for that: it is told behind
 * the fills that were missed, and to somebody who sees that the user is streamed. No list is waited with beyond the connection it came on.
 */
export class OrderLists {
  private readonly held = new Map<Address, Map<string, OpenOrders>>();

  constructor(
    private readonly streams: (user: Address) => boolean,
    private readonly tell: (event: WatchEvent) => void,
  ) {}

  take(list: OpenOrders): void {
    if (this.streams(list.address)) {
      this.tell(list);
      return;
    }
    const lists = this.held.get(list.address) ?? new Map<string, OpenOrders>();
    this.held.set(list.address, lists.set(list.dex, list));
  }

  /** The snapshot of a user's stream was worked in. */
  release(user: Address): void {
    if (!this.streams(user)) return;
    const lists = this.held.get(user);
    this.held.delete(user);
    for (const list of lists?.values() ?? []) this.tell(list);
  }

  /** The lists of a user come no longer, of one dex or of any. */
  lose(user: Address, dex?: string): void {
    if (dex === undefined) this.held.delete(user);
    else this.held.get(user)?.delete(dex);
    this.tell({ kind: 'orders_lost', address: user, ...(dex !== undefined && { dex }) });
  }
}
