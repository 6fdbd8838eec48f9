import type { EpochMs } from '@lockstep/kernel';
import type { Address } from '../../port';
import type { HyperliquidConfig, HyperliquidDeps } from '../config';
import { isObject, type JsonObject, parseJson } from '../parse/json';
import { streamLimits, WsConnection } from '../transport/ws-connection';
import { type RawTrade, readTrades, type SweptTrade, sideOf, tradesSubscription } from '../wire/trades';
import type { MinuteBudget } from './budget';
import { CoinTape, type TapeReading } from './coin-tape';
import type { Admit } from './opening-gate';
import { planSweep } from './sweep-plan';

/** What a sweep tells. */
export interface SweepSink {
  /** Trades of a watched address in one coin, oldest first, none told before. */
  trades(address: Address, trades: readonly SweptTrade[], receivedAt: EpochMs): void;
  /** Trades of the coin may have been missed until now. */
  lost(coin: string): void;
  /** A trade of a watched address could not be read. */
  doubt(address: Address): void;
  /** Whether every coin is subscribed to on some connection changed. */
  covering(all: boolean): void;
}

/** Wait before messages that did not fit into the minute are tried again, in ms. */
const PUMP_MS = 100;
/** A subscription that is not acknowledged for so long, in ms, is asked for again. */
const ACKNOWLEDGED_MAX_MS = 10_000;
/** Subscriptions sent in one go: the others' messages must not wait behind them. */
const SLICE = 100;

/**
 * The public trades of every coin, both sides of each looked up among the watched addresses: any number of leaders for a fixed number of subscriptions
 * (facts §16). A trade of nobody costs two lookups and is read no further. Connections share the bounds of `config`; what a cut one owes is
 * subscribed to again as fast as messages are free, while the other one carries the coin on.
 */
export class TradeSweep {
  private readonly links: SweepLink[];
  private readonly tapes = new Map<string, CoinTape>();
  private coins: readonly string[] = [];
  private covered = false;
  private timer: NodeJS.Timeout | null = null;
  private closed = false;
  /** Times at which trades may have been missed, over all coins. */
  losses = 0;

  constructor(
    private readonly config: HyperliquidConfig,
    private readonly deps: HyperliquidDeps,
    private readonly messages: MinuteBudget,
    admit: Admit,
    private readonly isWatched: (address: string) => boolean,
    private readonly sink: SweepSink,
  ) {
    this.links = Array.from(
      { length: config.sweepConnectionsMax },
      (_, index) =>
        new SweepLink(config, deps, admit, {
          pinged: () => this.messages.spend(1),
          changed: () => this.look(),
          left: (coins) => this.leave(index, coins),
          down: (reason, coins) => this.down(index, reason, coins),
          trades: (data, receivedAt) => this.receive(index, data, receivedAt),
        }),
    );
  }

  /** Sweeps these coins from now on, the first ones where they are more than subscriptions are there. */
  setCoins(coins: readonly string[]): void {
    this.coins = coins.slice(0, this.config.sweepSubscriptionsMax);
    const wanted = new Set(this.coins);
    for (const coin of this.tapes.keys()) if (!wanted.has(coin)) this.tapes.delete(coin);
    const plan = planSweep(coins, { connections: this.links.length, subscriptions: this.config.sweepSubscriptionsMax });
    for (const [index, link] of this.links.entries()) link.want(plan[index] ?? []);
    this.look();
  }

  /** True while every coin is subscribed to on some connection: no trade is missed. */
  get covers(): boolean {
    return this.covered;
  }

  get coinCount(): number {
    return this.coins.length;
  }

  get subscriptions(): number {
    return this.links.reduce((sum, link) => sum + link.subscribed.size, 0);
  }

  get openConnections(): number {
    return this.links.filter((link) => link.isOpen).length;
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await Promise.all(this.links.map((link) => link.close()));
  }

  /** Sends what is owed as messages are free and tells whether coverage changed. */
  look(): void {
    if (this.closed) return;
    let owed = false;
    for (const link of this.links) owed = link.pump(this.messages, SLICE) || owed;
    if (owed) {
      this.timer ??= setTimeout(() => {
        this.timer = null;
        this.look();
      }, PUMP_MS);
    }
    const covered = this.coins.length > 0 && this.coins.every((coin) => this.links.some((link) => link.carries(coin)));
    if (covered === this.covered) return;
    this.covered = covered;
    this.sink.covering(covered);
  }

  private down(index: number, reason: string, coins: Iterable<string>): void {
    if (this.closed) return;
    this.deps.log({ level: 'warn', event: 'venue_sweep_down', fields: { connection: index, reason } });
    this.leave(index, coins);
    this.look();
  }

  /** A connection tells coins no more: one that carries them on waits for it no longer. */
  private leave(index: number, coins: Iterable<string>): void {
    for (const coin of coins) {
      const tape = this.tapes.get(coin);
      if (tape !== undefined) this.pass(coin, tape.down(index), this.deps.clock.now());
    }
  }

  private receive(index: number, data: unknown, receivedAt: EpochMs): void {
    if (this.closed) return;
    const { trades, unreadable } = readTrades(data);
    if (unreadable.length > 0) this.doubt(new Set(unreadable));
    const coin = trades[0]?.coin;
    // What is still on its way after the coin was left would make the connection count for it again.
    if (coin === undefined || this.links[index]?.wants(coin) !== true) return;
    let tape = this.tapes.get(coin);
    if (tape === undefined) {
      tape = new CoinTape();
      this.tapes.set(coin, tape);
    }
    this.pass(coin, tape.take(index, trades), receivedAt);
  }

  /** Trades that cannot be read are missed: of their coin, or of any where not even that can be told. The connection stays: another one would tell the same. */
  private doubt(coins: ReadonlySet<string | null>): void {
    this.deps.log({ level: 'warn', event: 'venue_frame_unreadable', fields: { detail: `trades ${[...coins].join()}`.slice(0, 200) } });
    for (const coin of coins.has(null) ? this.coins : coins) if (coin !== null) this.lose(coin);
  }

  private lose(coin: string): void {
    this.losses += 1;
    this.sink.lost(coin);
  }

  private pass(coin: string, { fresh, lost }: TapeReading, receivedAt: EpochMs): void {
    if (lost) this.lose(coin);
    const found = new Map<Address, SweptTrade[]>();
    for (const trade of fresh) {
      // Most trades end here.
      if (this.isWatched(trade.buyer)) this.note(found, trade.buyer, trade, 'buy');
      if (this.isWatched(trade.seller)) this.note(found, trade.seller, trade, 'sell');
    }
    for (const [address, trades] of found) this.sink.trades(address, trades, receivedAt);
  }

  private note(found: Map<Address, SweptTrade[]>, address: Address, trade: RawTrade, side: 'buy' | 'sell'): void {
    const swept = sideOf(trade, side);
    if (swept === null) {
      this.deps.log({ level: 'warn', event: 'venue_frame_unreadable', fields: { detail: `trade ${trade.coin} ${trade.tid}` } });
      this.lose(trade.coin);
      this.sink.doubt(address);
      return;
    }
    const known = found.get(address);
    if (known === undefined) found.set(address, [swept]);
    else known.push(swept);
  }
}

interface LinkHandlers {
  pinged(): void;
  changed(): void;
  /** Coins this connection tells no more. */
  left(coins: readonly string[]): void;
  down(reason: string, coins: Iterable<string>): void;
  trades(data: unknown, receivedAt: EpochMs): void;
}

/** One connection of a sweep: what it should carry, what was asked for, and what the venue acknowledged. */
class SweepLink {
  private readonly socket: WsConnection;
  private wanted: ReadonlySet<string> = new Set();
  /** Asked for on the present connection, and when. */
  private readonly asked = new Map<string, number>();
  /** Acknowledged on it. */
  readonly subscribed = new Set<string>();
  /** Coins the venue does not have; asked for again on the next connection. */
  private readonly refused = new Set<string>();
  private started = false;

  constructor(
    config: HyperliquidConfig,
    private readonly deps: HyperliquidDeps,
    admit: Admit,
    private readonly handlers: LinkHandlers,
  ) {
    const jitter = (): number => deps.random.below(1_000_000) / 1_000_000;
    const on = {
      onOpen: () => handlers.changed(),
      onMessage: (text: string, receivedAt: number) => this.receive(text, receivedAt),
      onDown: (reason: string) => {
        const carried = [...this.asked.keys()];
        this.asked.clear();
        this.subscribed.clear();
        this.refused.clear();
        handlers.down(reason, carried);
      },
      // Subscriptions were counted before they were sent.
      onSent: (_frames: number, isPing: boolean) => isPing && handlers.pinged(),
    };
    this.socket = new WsConnection(config.wsUrl, streamLimits(config), jitter, () => deps.clock.now(), on, admit);
  }

  get isOpen(): boolean {
    return this.socket.isOpen;
  }

  want(coins: readonly string[]): void {
    this.wanted = new Set(coins);
    if (this.started || coins.length === 0) return;
    this.started = true;
    this.socket.start();
  }

  wants(coin: string): boolean {
    return this.wanted.has(coin);
  }

  /** A coin the venue refuses is nobody's to trade; it leaves no gap. */
  carries(coin: string): boolean {
    return this.subscribed.has(coin) || this.refused.has(coin);
  }

  /** Sends up to `slice` of the owed frames; true while some are owed that could be sent. */
  pump(messages: MinuteBudget, slice: number): boolean {
    if (!this.socket.isOpen) return false;
    const frames: string[] = [];
    const left: string[] = [];
    let owed = false;
    const owe = (method: 'subscribe' | 'unsubscribe', coin: string): boolean => {
      owed = frames.length >= slice || !messages.take(1);
      if (!owed) frames.push(JSON.stringify({ method, subscription: tradesSubscription(coin) }));
      return !owed;
    };
    const now = this.deps.clock.monotonic();
    for (const [coin, at] of this.asked) {
      // What nobody acknowledged is asked for once more: the venue says so if it has it already.
      if (this.wanted.has(coin) && (this.carries(coin) || now - at < ACKNOWLEDGED_MAX_MS)) continue;
      if (this.wanted.has(coin)) {
        this.asked.delete(coin);
        continue;
      }
      if (!owe('unsubscribe', coin)) break;
      this.asked.delete(coin);
      this.subscribed.delete(coin);
      left.push(coin);
    }
    for (const coin of owed ? [] : this.wanted) {
      if (this.asked.has(coin)) continue;
      if (!owe('subscribe', coin)) break;
      this.asked.set(coin, now);
    }
    if (frames.length > 0) this.socket.send(frames);
    this.handlers.left(left);
    return owed;
  }

  close(): Promise<void> {
    return this.socket.close();
  }

  private receive(text: string, receivedAt: EpochMs): void {
    const frame = parseJson(text);
    if (!frame.ok || !isObject(frame.value)) return;
    const { channel, data } = frame.value;
    if (channel === 'trades') this.handlers.trades(data, receivedAt);
    else if (channel === 'subscriptionResponse' && isObject(data)) this.acknowledged(data);
    else if (channel === 'error') this.refusedWith(String(data));
  }

  private acknowledged(data: JsonObject): void {
    const coin = coinOf(data.subscription);
    if (coin === null || data.method !== 'subscribe' || !this.asked.has(coin)) return;
    this.subscribed.add(coin);
    this.handlers.changed();
  }

  /** `Invalid subscription {json}` and `Already subscribed: {json}` name what they are about; what anything else refused stays unacknowledged and is asked for again later, not at once. */
  private refusedWith(text: string): void {
    this.deps.log({ level: 'warn', event: 'venue_sweep_refused', fields: { text: text.slice(0, 200) } });
    const named = parseJson(text.slice(Math.max(0, text.indexOf('{'))));
    const coin = named.ok ? coinOf(named.value) : null;
    if (coin !== null && text.startsWith('Invalid')) this.refused.add(coin);
    else if (coin !== null && text.startsWith('Already')) this.subscribed.add(coin);
    this.handlers.changed();
  }
}

function coinOf(subscription: unknown): string | null {
  return isObject(subscription) && subscription.type === 'trades' && typeof subscription.coin === 'string' ? subscription.coin : null;
}
