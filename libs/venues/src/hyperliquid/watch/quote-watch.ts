import type { DepthUpdate, QuoteUpdate, QuoteWatch } from '../../port';
import type { HyperliquidConfig, HyperliquidDeps } from '../config';
import { isObject, parseJson } from '../parse/json';
import { readWith } from '../parse/read';
import { type ConnectionHandlers, WsConnection } from '../transport/ws-connection';
import { bboData, bboSubscription } from '../wire/bbo';
import { l2BookData, l2BookSubscription } from '../wire/l2-book';
import type { StreamBounds } from './watch-bounds';

/** A quiet connection is pinged this often, in ms: its answer says that no book has changed. */
const PING_MS = 2_000;
/** Least time between two confirmations of what was told, in ms. */
const CONFIRM_MS = 1_000;

/**
 * Best bids and asks by `bbo`, one subscription a coin, at most `quoteCoinsMax`, on a connection of its own that is opened with the first coin: a busy
 * book must not hold up a leader's fills. The venue tells a book only when it changes, so every frame confirms the books told before on the same
 * connection; with the connection they are forgotten. Of coins followed deep it tells the `l2Book` as well, one more subscription each.
 */
export class HyperliquidQuoteWatch implements QuoteWatch {
  private coins: ReadonlySet<string> = new Set();
  private deep: ReadonlySet<string> = new Set();
  private readonly told = new Map<string, QuoteUpdate>();
  private confirmedAt = 0;
  private readonly connection: WsConnection;
  private started = false;
  private closed = false;

  constructor(
    private readonly config: HyperliquidConfig,
    private readonly deps: HyperliquidDeps,
    private readonly sink: (update: QuoteUpdate) => void,
    bounds?: StreamBounds,
    private readonly depth: (update: DepthUpdate) => void = () => undefined,
  ) {
    const jitter = (): number => deps.random.below(1_000_000) / 1_000_000;
    const limits = { ...config, pingIntervalMs: Math.min(config.pingIntervalMs, PING_MS) };
    const handlers: ConnectionHandlers = {
      onOpen: () => this.connection.send([...frames('subscribe', this.coins), ...frames('subscribe', this.deep, l2BookSubscription)]),
      onMessage: (text, receivedAt) => this.receive(text, receivedAt),
      onDown: (reason) => {
        this.told.clear();
        this.warn('venue_quotes_down', { reason });
      },
      onSent: (messages) => bounds?.messages.spend(messages),
    };
    this.connection = new WsConnection(config.wsUrl, limits, jitter, () => deps.clock.now(), handlers, bounds?.admit);
  }

  follow(coins: readonly string[], deep: readonly string[] = []): readonly string[] {
    const before = this.coins;
    const deepBefore = this.deep;
    const wanted = [...new Set(coins)].slice(0, this.config.quoteCoinsMax);
    this.coins = new Set(wanted);
    this.deep = new Set(deep.filter((coin) => this.coins.has(coin)));
    for (const coin of this.told.keys()) if (!this.coins.has(coin)) this.told.delete(coin);
    if (this.started) {
      this.connection.send([...changes(before, this.coins), ...changes(deepBefore, this.deep, l2BookSubscription)]);
    } else if (wanted.length > 0 && !this.closed) {
      this.started = true;
      this.connection.start();
    }
    return wanted;
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.started) await this.connection.close();
  }

  private receive(text: string, receivedAt: number): void {
    const frame = parseJson(text);
    if (this.closed || !frame.ok || !isObject(frame.value)) return;
    const { channel, data } = frame.value;
    if (channel === 'error') this.warn('venue_stream_error', { text: String(data).slice(0, 200) });
    if (channel === 'bbo') this.take(data, receivedAt);
    if (channel === 'l2Book') this.takeBook(data, receivedAt);
    if (receivedAt - this.confirmedAt >= CONFIRM_MS) this.confirm(receivedAt);
  }

  private take(data: unknown, receivedAt: number): void {
    const read = readWith('bbo', bboData, data);
    if (!read.ok) {
      // Which book it was about is not known: none of those told before may be confirmed.
      this.told.clear();
      this.warn('venue_frame_unreadable', { detail: read.error.detail });
    } else if (this.coins.has(read.value.coin)) this.tell({ ...read.value, receivedAt });
  }

  private takeBook(data: unknown, receivedAt: number): void {
    const read = readWith('l2Book', l2BookData, data);
    if (!read.ok) this.warn('venue_frame_unreadable', { detail: read.error.detail });
    else if (this.deep.has(read.value.coin)) this.depth({ ...read.value, receivedAt });
  }

  private confirm(receivedAt: number): void {
    this.confirmedAt = receivedAt;
    for (const update of this.told.values()) this.tell({ ...update, receivedAt });
  }

  private tell(update: QuoteUpdate): void {
    this.told.set(update.coin, update);
    this.sink(update);
  }

  private warn(event: string, fields: Readonly<Record<string, string>>): void {
    if (!this.closed) this.deps.log({ level: 'warn', event, fields });
  }
}

type Subscription = (coin: string) => object;

const frames = (method: 'subscribe' | 'unsubscribe', coins: Iterable<string>, subscription: Subscription = bboSubscription): string[] =>
  [...coins].map((coin) => JSON.stringify({ method, subscription: subscription(coin) }));

/** From what was followed to what is. */
const changes = (before: ReadonlySet<string>, now: ReadonlySet<string>, subscription: Subscription = bboSubscription): string[] => [
  ...frames(
    'unsubscribe',
    [...before].filter((coin) => !now.has(coin)),
    subscription,
  ),
  ...frames(
    'subscribe',
    [...now].filter((coin) => !before.has(coin)),
    subscription,
  ),
];
