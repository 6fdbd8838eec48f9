import { type Timer, toExact, toLots } from '@lockstep/kernel';
import type { ListedOrder, OrderChange } from '@lockstep/replication';
import type { OpenOrder, OrderUpdate } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import type { Network } from '../state/networks';
import type { WatchedAccount } from '../state/registry';
import { isMirrored, refreshMirrorsOf } from './mirror-totals';

interface Reading {
  /** Dexes the leader is known to have orders in. */
  readonly dexes: Set<string>;
  wanted: boolean;
  running: boolean;
  readAt: number;
}

/**
 * Brings the working orders of leaders whose orders are mirrored. Updates of the venue's stream say that something changed, and what ended; what a new order is
 * stands in the venue's list alone, which is read then, after each time the leader was out of sight, and again now and then. The list is state, never a signal.
 */
export class WorkingOrdersReader {
  private readonly readings = new Map<WatchedAccount, Reading>();
  private readonly followed = new Map<Network, string>();
  private timer: Timer | null = null;

  constructor(
    private readonly ctx: EngineContext,
    /** Something about a leader's orders changed. */
    private readonly onChanged: (watched: WatchedAccount) => void,
  ) {}

  start(): void {
    this.timer ??= this.ctx.timers.every(this.ctx.limits.mirrorLookMs, () => this.look());
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
  }

  /** Takes updates of a leader's orders; none: its stream began anew, and what was told before it is missing. */
  receive(watched: WatchedAccount, updates: readonly OrderUpdate[]): void {
    if (!isMirrored(watched)) return;
    const now = this.ctx.clock.now();
    const reading = this.readingOf(watched);
    if (updates.length === 0) reading.wanted = true;
    for (const update of updates) {
      const change = this.changeOf(watched, update);
      if (change === null) continue;
      if (watched.working.takeChange(change, now)) continue;
      reading.dexes.add(dexOf(watched, update.order.coin));
      reading.wanted = true;
    }
    refreshMirrorsOf(this.ctx, watched, null);
    this.onChanged(watched);
    this.readSoon(watched, reading);
  }

  /** The leader's state was read after it was out of sight. */
  resynced(watched: WatchedAccount): void {
    const reading = this.readingOf(watched);
    reading.wanted = true;
    if (isMirrored(watched)) this.readSoon(watched, reading);
  }

  private look(): void {
    const now = this.ctx.clock.now();
    this.follow();
    for (const watched of this.ctx.registry.watched.values()) {
      if (!isMirrored(watched)) {
        // Nobody keeps these up to date: a copy that mirrors later begins with a reading.
        if (watched.working.listedAt !== 0) watched.working.lose();
        continue;
      }
      const reading = this.readingOf(watched);
      if (watched.working.listedAt === 0 || now - reading.readAt >= this.ctx.limits.workingReadMs) reading.wanted = true;
      this.readSoon(watched, reading);
    }
  }

  /** Names to each network whose orders must be told, when that changed. */
  private follow(): void {
    const lists = new Map<Network, string[]>();
    for (const watched of this.ctx.registry.watched.values()) {
      const list = lists.get(watched.network) ?? [];
      if (isMirrored(watched)) list.push(watched.address);
      lists.set(watched.network, list);
    }
    for (const [network, list] of lists) {
      const word = list.join(' ');
      if (this.followed.get(network) === word) continue;
      this.followed.set(network, word);
      network.users.seats?.followOrders(list);
    }
  }

  private readingOf(watched: WatchedAccount): Reading {
    const known = this.readings.get(watched);
    if (known !== undefined) return known;
    const reading: Reading = { dexes: new Set(['']), wanted: true, running: false, readAt: 0 };
    this.readings.set(watched, reading);
    return reading;
  }

  /** Reads the list where it is wanted, one reading at a time and no two in quick succession. Orders of a leader who is out of sight are read once it is seen again. */
  private readSoon(watched: WatchedAccount, reading: Reading): void {
    if (!reading.wanted || reading.running || !watched.synced) return;
    if (this.ctx.clock.now() - reading.readAt < this.ctx.limits.workingReadMinMs) return;
    reading.running = true;
    reading.wanted = false;
    void this.read(watched, reading)
      .catch((failure: unknown) => this.ctx.log.error('the orders of a leader could not be read', { watchedNo: watched.no, error: failure }))
      .finally(() => {
        reading.running = false;
      });
  }

  private async read(watched: WatchedAccount, reading: Reading): Promise<void> {
    for (const { instrument } of watched.book.allSheets()) reading.dexes.add(instrument.dex);
    const askedAt = this.ctx.clock.now();
    reading.readAt = askedAt;
    const listed: ListedOrder[] = [];
    for (const dex of reading.dexes) {
      const read = await this.ctx.truthReads.run(() => watched.network.venue.truth.openOrders(watched.address, dex));
      if (!read.ok) {
        reading.wanted = true;
        this.ctx.log.warn('the orders of a leader could not be read', { watchedNo: watched.no, dex, code: read.error.code });
        return;
      }
      for (const order of read.value) listed.push(...listedOf(watched, order));
    }
    // What it did not see while it was out of sight may have ended in between.
    if (!watched.synced) return;
    watched.working.takeList(listed, askedAt, this.ctx.clock.now());
    refreshMirrorsOf(this.ctx, watched, null);
    this.onChanged(watched);
  }

  private changeOf(watched: WatchedAccount, { order, status }: OrderUpdate): OrderChange | null {
    const view = watched.network.markets.get(order.coin);
    if (view === undefined) return null;
    return { orderId: order.orderId, remaining: toLots(view.instrument, order.remaining), state: stateOf(status) };
  }
}

/** The venue's word for where an order stands. A trigger that was met fills next, under the same id. */
function stateOf(status: string): OrderChange['state'] {
  if (status === 'open' || status === 'triggered') return 'open';
  return status === 'filled' ? 'filled' : 'cancelled';
}

const dexOf = (watched: WatchedAccount, coin: string): string => watched.network.markets.get(coin)?.instrument.dex ?? '';

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
