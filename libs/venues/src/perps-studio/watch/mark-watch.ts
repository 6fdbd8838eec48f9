import type { Price } from '@lockstep/kernel';
import type { MarkUpdate, MarkWatch } from '../../port';
import type { PerpsStudioConfig, PerpsStudioDeps } from '../config';
import { coinOf, symbolOf } from '../symbols';
import { type MarketChannel, type MarketMessage, MarketSocket } from '../transport/market-socket';
import type { PerpsStudioTruth } from '../truth';
import { tickerData } from '../wire/ticker';

/** The list of markets is asked for when no mark came for so long: one request, `truth` of the budget. */
const SILENCE_MS = 10_000;
const LOOK_MS = 1_000;

/** Mark prices from the `ticker` channels, one connection for perps and one for RWAs; they are not counted against the key. */
export class PerpsStudioMarkWatch implements MarkWatch {
  private readonly sockets = new Map<'perps' | 'rwas', MarketSocket>();
  private readonly marks = new Map<string, Price>();
  private readonly timer: NodeJS.Timeout;
  private toldAt: number;
  private asking = false;
  private closed = false;

  constructor(
    private readonly config: PerpsStudioConfig,
    private readonly deps: PerpsStudioDeps,
    private readonly truth: PerpsStudioTruth,
    private dexes: readonly string[],
    private readonly sink: (updates: readonly MarkUpdate[]) => void,
  ) {
    this.toldAt = deps.clock.monotonic();
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.timer.unref();
    this.follow();
  }

  setDexes(dexes: readonly string[]): void {
    this.dexes = dexes;
    this.follow();
  }

  /** The mark of a coin as last told. */
  mark(coin: string): Price | undefined {
    return this.marks.get(coin);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    for (const socket of this.sockets.values()) socket.close();
  }

  private follow(): void {
    const channels = this.dexes
      .flatMap((dex) => this.truth.listed().filter((instrument) => instrument.dex === dex && !instrument.delisted))
      .slice(0, this.config.markCoinsMax)
      .map(({ coin, dex }): MarketChannel => ({ channel: 'ticker', symbol: symbolOf(dex, coin), dex }));
    for (const vertical of ['perps', 'rwas'] as const) {
      const mine = channels.filter(({ dex }) => (dex === '') === (vertical === 'perps'));
      if (mine.length > 0 || this.sockets.has(vertical)) this.socket(vertical).follow(mine);
    }
  }

  private socket(vertical: 'perps' | 'rwas'): MarketSocket {
    const known = this.sockets.get(vertical);
    if (known !== undefined) return known;
    const socket = new MarketSocket(vertical, this.config, this.deps, {
      onMessage: (message) => this.take(message),
      onDown: (reason) => {
        if (!this.closed) this.deps.log({ level: 'warn', event: 'market_channels_down', fields: { vertical, reason } });
      },
    });
    this.sockets.set(vertical, socket);
    return socket;
  }

  private take({ symbol, dex, data, receivedAt }: MarketMessage): void {
    const read = tickerData.safeParse(data);
    if (read.success) this.tell([{ coin: coinOf(dex, symbol), markPrice: read.data.markPrice, receivedAt }]);
  }

  private tell(updates: readonly MarkUpdate[]): void {
    if (this.closed || updates.length === 0) return;
    this.toldAt = this.deps.clock.monotonic();
    for (const { coin, markPrice } of updates) this.marks.set(coin, markPrice);
    this.sink(updates);
  }

  private look(): void {
    if (this.truth.listed().length > 0) this.follow();
    if (this.asking || this.deps.clock.monotonic() - this.toldAt < SILENCE_MS) return;
    this.asking = true;
    void this.truth.markets(this.dexes).then((read) => {
      this.asking = false;
      const receivedAt = this.deps.clock.now();
      if (read.ok) this.tell(read.value.map(({ instrument, markPrice }) => ({ coin: instrument.coin, markPrice, receivedAt })));
    });
  }
}
