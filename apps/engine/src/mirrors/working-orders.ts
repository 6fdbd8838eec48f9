import { type Timer, toExact, toLots } from '@lockstep/kernel';
import type { ListedOrder } from '@lockstep/replication';
import type { OpenOrder, VenueFill } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import type { Network } from '../state/networks';
import type { WatchedAccount } from '../state/registry';
import { isMirrored, refreshMirrorsOf } from './mirror-totals';

/**
 * Brings the working orders of leaders whose orders are mirrored: names them to the venue's streams, and takes the lists these tell after every change. A list is
 * state, never a signal: one that is missed is made good by the next.
 */
export class WorkingOrders {
  /** Addresses named to each network, in the order in which they were named first. */
  private readonly followed = new Map<Network, readonly string[]>();
  private timer: Timer | null = null;

  constructor(
    private readonly ctx: EngineContext,
    /** Something about a leader's orders changed. */
    private readonly onChanged: (watched: WatchedAccount) => void,
  ) {}

  start(): void {
    this.follow();
    this.timer ??= this.ctx.timers.every(this.ctx.limits.mirrorLookMs, () => this.follow());
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
  }

  /** Takes all working orders of a leader in one dex. */
  takeList(watched: WatchedAccount, dex: string, orders: readonly OpenOrder[]): void {
    if (!isMirrored(watched)) return;
    const { markets } = watched.network;
    const listed = orders.flatMap((order) => listedOf(watched, order));
    watched.working.takeList(dex, listed, (coin) => markets.get(coin)?.instrument.dex === dex, this.ctx.clock.now());
    this.changed(watched);
  }

  /** The working orders of a leader are told no longer, in one dex or in any. */
  lose(watched: WatchedAccount, dex?: string): void {
    watched.working.lose(dex);
    this.changed(watched);
  }

  /** Takes fills as they are told, before they are recorded: what of an order filled stands no more. */
  takeFills(watched: WatchedAccount, fills: readonly VenueFill[]): void {
    if (!isMirrored(watched)) return;
    for (const { coin, orderId, size, provisional } of fills) {
      const view = watched.network.markets.get(coin);
      if (view !== undefined && provisional !== true) watched.working.noteTold(orderId, toLots(view.instrument, size), this.ctx.clock.now());
    }
    refreshMirrorsOf(this.ctx, watched, null);
  }

  private changed(watched: WatchedAccount): void {
    refreshMirrorsOf(this.ctx, watched, null);
    this.onChanged(watched);
  }

  /**
   * Names to each network whose orders must be told, when that changed; whoever was named first keeps his place where there is not one for all. Those of others are known no longer: a copy that mirrors later begins with a new list.
   * Nor are those of a leader whose stream or seat is gone, told (`orders_lost`) or not: a list that nobody renews misses what the leader cancels. The next stream
   * begins with a list, told once the stream is seen to tell everything.
   */
  follow(): void {
    const lists = new Map<Network, string[]>();
    for (const watched of this.ctx.registry.watched.values()) {
      const list = lists.get(watched.network) ?? [];
      if (isMirrored(watched)) list.push(watched.address);
      if (!isMirrored(watched) || !tellsOrders(watched)) watched.working.lose();
      lists.set(watched.network, list);
    }
    for (const [network, list] of lists) {
      const before = this.followed.get(network) ?? [];
      const names = [...before.filter((address) => list.includes(address)), ...list.filter((address) => !before.includes(address))];
      if (names.join(' ') === before.join(' ')) continue;
      this.followed.set(network, names);
      network.users.seats?.followOrders(names);
    }
  }
}

/** Whether a leader's working orders are told now, as far as its network can say. */
function tellsOrders({ network, address }: WatchedAccount): boolean {
  const sight = network.users.seats?.sightOf(address) ?? null;
  return sight === null || (sight.source === 'stream' && sight.orders);
}

/** An order that may stand; what executes at once or never is none. */
function listedOf(watched: WatchedAccount, order: OpenOrder): readonly ListedOrder[] {
  const view = watched.network.markets.get(order.coin);
  if (view === undefined || order.tif === 'ioc') return [];
  const { instrument } = view;
  const { trigger } = order;
  return [
    {
      orderId: order.orderId,
      coin: order.coin,
      buy: order.side === 'buy',
      reduceOnly: order.reduceOnly,
      price: toExact(order.limitPrice, 'limit price'),
      trigger: trigger === undefined ? null : { price: toExact(trigger.price, 'trigger price'), purpose: trigger.purpose, market: trigger.market },
      ofPosition: trigger?.ofPosition === true,
      original: toLots(instrument, order.original),
      remaining: toLots(instrument, order.remaining),
    },
  ];
}
