import type { Price, Size } from '@lockstep/kernel';
import type { QuoteUpdate, QuoteWatch } from '../../port';
import type { PerpsStudioConfig, PerpsStudioDeps } from '../config';
import { coinOf, dexOf, symbolOf } from '../symbols';
import { type MarketChannel, type MarketMessage, MarketSocket } from '../transport/market-socket';
import { orderbookData } from '../wire/orderbook';

/** A book as its differences made it. */
interface Book {
  readonly bids: Map<Price, Size>;
  readonly asks: Map<Price, Size>;
}

/** Any frame on a connection confirms the books told before on it, at most this often; pings see to it that one comes. */
const CONFIRM_MS = 1_000;
const PING_MS = 2_000;

/** Best bids and asks from the `orderbook` channels. A lost connection forgets its books: they are told anew when it is back. */
export class PerpsStudioQuoteWatch implements QuoteWatch {
  private readonly sockets = new Map<'perps' | 'rwas', MarketSocket>();
  private readonly books = new Map<string, Book>();
  private readonly told = new Map<string, QuoteUpdate>();
  private coins: ReadonlySet<string> = new Set();
  private readonly confirmedAt = { perps: 0, rwas: 0 };
  private closed = false;

  constructor(
    private readonly config: PerpsStudioConfig,
    private readonly deps: PerpsStudioDeps,
    private readonly sink: (update: QuoteUpdate) => void,
  ) {}

  follow(coins: readonly string[]): readonly string[] {
    const wanted = [...new Set(coins)].slice(0, this.config.quoteCoinsMax);
    this.coins = new Set(wanted);
    for (const coin of [...this.books.keys()]) if (!this.coins.has(coin)) this.forget(coin);
    for (const vertical of ['perps', 'rwas'] as const) {
      const mine = wanted.filter((coin) => (dexOf(coin) === '') === (vertical === 'perps')).map(channelOf);
      if (mine.length > 0 || this.sockets.has(vertical)) this.socket(vertical).follow(mine);
    }
    return wanted;
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const socket of this.sockets.values()) socket.close();
  }

  private socket(vertical: 'perps' | 'rwas'): MarketSocket {
    const known = this.sockets.get(vertical);
    if (known !== undefined) return known;
    const of = (coin: string): boolean => (dexOf(coin) === '') === (vertical === 'perps');
    const config = { ...this.config, pingIntervalMs: Math.min(this.config.pingIntervalMs, PING_MS) };
    const socket = new MarketSocket(vertical, config, this.deps, {
      onMessage: (message) => this.take(message),
      onHeard: (receivedAt) => this.confirm(vertical, of, receivedAt),
      onDown: () => {
        for (const coin of [...this.books.keys()]) if (of(coin)) this.forget(coin);
      },
    });
    this.sockets.set(vertical, socket);
    return socket;
  }

  private forget(coin: string): void {
    this.books.delete(coin);
    this.told.delete(coin);
  }

  private take({ symbol, dex, data, receivedAt }: MarketMessage): void {
    const coin = coinOf(dex, symbol);
    const read = orderbookData.safeParse(data);
    if (this.closed || !this.coins.has(coin)) return;
    if (!read.success) {
      this.forget(coin);
      return;
    }
    const book = this.books.get(coin) ?? { bids: new Map(), asks: new Map() };
    this.books.set(coin, book);
    apply(book.bids, read.data.bids);
    apply(book.asks, read.data.asks);
    const bid = best(book.bids, (a, b) => a > b);
    const ask = best(book.asks, (a, b) => a < b);
    const update: QuoteUpdate = { coin, bid, ask, receivedAt };
    this.told.set(coin, update);
    this.sink(update);
  }

  /** Every book told before on a connection that lives still stands. */
  private confirm(vertical: 'perps' | 'rwas', of: (coin: string) => boolean, receivedAt: number): void {
    if (this.closed || receivedAt - this.confirmedAt[vertical] < CONFIRM_MS) return;
    this.confirmedAt[vertical] = receivedAt;
    for (const [coin, update] of this.told) if (of(coin)) this.sink({ ...update, receivedAt });
  }
}

const channelOf = (coin: string): MarketChannel => ({ channel: 'orderbook', symbol: symbolOf(dexOf(coin), coin), dex: dexOf(coin) });

function apply(side: Map<Price, Size>, rows: readonly (readonly [Price, Size])[]): void {
  for (const [at, quantity] of rows) {
    if (quantity === 0n) side.delete(at);
    else side.set(at, quantity);
  }
}

function best(side: ReadonlyMap<Price, Size>, better: (a: Price, b: Price) => boolean): Price | null {
  let found: Price | null = null;
  for (const at of side.keys()) if (found === null || better(at, found)) found = at;
  return found;
}
