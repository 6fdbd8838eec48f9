import type { MetOrders } from '@lockstep/replication';

/** Orders remembered of one leader; a leader's order that is older than so many others and fills again counts as new. */
export const LEADER_ORDERS_MAX = 8_192;

/** Fills read at start to find them again. */
export const LEADER_ORDER_FILLS_MAX = 20_000;

/** What is learnt of a leader's orders while fills are written down; kept once they stand. */
export interface LearntOrders {
  of(coin: string): MetOrders;
  keep(): void;
}

/** Orders of one leader that increased a position, by coin: each is new once. */
export class LeaderOrders {
  private readonly met = new Set<string>();

  /** Takes orders as met, oldest first. */
  load(orders: readonly { readonly coin: string; readonly key: string }[]): void {
    for (const { coin, key } of orders) this.add(nameOf(coin, key));
  }

  learn(): LearntOrders {
    const learnt = new Set<string>();
    const note = (name: string): boolean => {
      if (this.met.has(name) || learnt.has(name)) return false;
      learnt.add(name);
      return true;
    };
    return {
      of: (coin) => ({ note: (key) => note(nameOf(coin, key)) }),
      keep: () => {
        for (const name of learnt) this.add(name);
      },
    };
  }

  private add(name: string): void {
    this.met.add(name);
    if (this.met.size <= LEADER_ORDERS_MAX) return;
    const [oldest] = this.met;
    if (oldest !== undefined) this.met.delete(oldest);
  }
}

const nameOf = (coin: string, key: string): string => `${coin} ${key}`;
