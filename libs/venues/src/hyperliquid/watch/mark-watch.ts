import type { Price } from '@lockstep/kernel';
import type { MarkUpdate, MarkWatch, VenueTruth } from '../../port';
import type { HyperliquidConfig, HyperliquidDeps } from '../config';
import { isObject, parseJson } from '../parse/json';
import { readWith } from '../parse/read';
import { type ConnectionHandlers, WsConnection } from '../transport/ws-connection';
import { assetCtxsData, assetCtxsSubscription } from '../wire/asset-ctxs';
import { MarkSchedule } from './mark-schedule';
import type { StreamBounds } from './watch-bounds';

/** The truth a watch asks for marks where the stream is silent, and that knows which coins a dex lists. */
export interface MarkTruth extends VenueTruth {
  /** Coins of a dex in asset order as last read; empty before. */
  coins(dex: string): readonly string[];
}

/** Wait between two looks for silent dexes, in ms. */
export const MARK_TICK_MS = 250;

/**
 * Mark prices from the stream of asset contexts, one subscription per dex on a connection of their own: they cost no weight, and none of the fills' time.
 * A dex the stream does not tell for `markSilenceMs` is asked for (`metaAndAssetCtxs`, weight 20), one question in `markAskGapMs` at most. Each telling is
 * passed on in full: an unchanged mark is a fresh one. What fails is logged and comes up again: stale marks halt new risk by themselves.
 */
export class HyperliquidMarkWatch implements MarkWatch {
  private readonly stream: WsConnection;
  private readonly schedule: MarkSchedule;
  private readonly timer: NodeJS.Timeout;
  private closed = false;

  constructor(
    config: HyperliquidConfig,
    private readonly deps: HyperliquidDeps,
    private readonly truth: MarkTruth,
    private dexes: readonly string[],
    private readonly sink: (updates: readonly MarkUpdate[]) => void,
    bounds?: StreamBounds,
  ) {
    this.schedule = new MarkSchedule(dexes, config.markSilenceMs, config.markAskGapMs);
    const now = deps.clock.monotonic();
    // The stream's first frames are on their way.
    for (const dex of dexes) this.schedule.told(dex, now);
    const jitter = (): number => deps.random.below(1_000_000) / 1_000_000;
    const handlers: ConnectionHandlers = {
      onOpen: () => this.stream.send(frames('subscribe', this.dexes)),
      onMessage: (text, receivedAt) => this.receive(text, receivedAt),
      onDown: (reason) => this.warn('venue_mark_stream_down', reason),
      onSent: (messages) => bounds?.messages.spend(messages),
    };
    this.stream = new WsConnection(config.wsUrl, config, jitter, () => deps.clock.now(), handlers, bounds?.admit);
    this.stream.start();
    this.timer = setInterval(() => this.ask(), MARK_TICK_MS);
  }

  setDexes(dexes: readonly string[]): void {
    const added = dexes.filter((dex) => !this.dexes.includes(dex));
    const dropped = this.dexes.filter((dex) => !dexes.includes(dex));
    this.dexes = dexes;
    this.schedule.setDexes(dexes);
    this.stream.send([...frames('subscribe', added), ...frames('unsubscribe', dropped)]);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    await this.stream.close();
  }

  private receive(text: string, receivedAt: number): void {
    const frame = parseJson(text);
    if (!frame.ok || !isObject(frame.value)) return;
    const { channel, data } = frame.value;
    if (channel === 'error') this.warn('venue_stream_error', String(data).slice(0, 200));
    if (channel !== 'assetCtxs') return;
    const read = readWith('assetCtxs', assetCtxsData, data);
    if (!read.ok) this.warn('venue_frame_unreadable', read.error.detail);
    else this.take(read.value.dex, read.value.ctxs, receivedAt);
  }

  /** Contexts name no coin: those of coins nobody read yet are left out until the list is read again. */
  private take(dex: string, contexts: readonly { readonly markPx: Price }[], receivedAt: number): void {
    const coins = this.truth.coins(dex);
    const updates = coins.flatMap((coin, index): MarkUpdate[] => {
      const context = contexts[index];
      return context === undefined ? [] : [{ coin, markPrice: context.markPx, receivedAt }];
    });
    if (updates.length === 0) return;
    this.schedule.told(dex, this.deps.clock.monotonic());
    if (!this.closed) this.sink(updates);
  }

  private ask(): void {
    const dex = this.schedule.due(this.deps.clock.monotonic());
    if (dex !== null) void this.read(dex);
  }

  private async read(dex: string): Promise<void> {
    const markets = await this.truth.markets([dex]);
    if (this.closed) return;
    if (!markets.ok) {
      this.warn('venue_marks_unread', `${markets.error.code} ${markets.error.detail}`);
      return;
    }
    const receivedAt = this.deps.clock.now();
    this.sink(markets.value.map(({ instrument, markPrice }) => ({ coin: instrument.coin, markPrice, receivedAt })));
  }

  private warn(event: string, detail: string): void {
    if (!this.closed) this.deps.log({ level: 'warn', event, fields: { detail } });
  }
}

const frames = (method: 'subscribe' | 'unsubscribe', dexes: readonly string[]): string[] =>
  dexes.map((dex) => JSON.stringify({ method, subscription: assetCtxsSubscription(dex) }));
