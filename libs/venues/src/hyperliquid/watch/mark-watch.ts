import type { MarkUpdate, MarkWatch, VenueTruth } from '../../port';
import type { HyperliquidConfig, HyperliquidDeps } from '../config';

/**
 * Mark prices by asking for `metaAndAssetCtxs` of the named dexes every `markPollMs`. The venue moves its marks about every 3 s and streams
 * mids, not marks, for all coins at once; a mark is what limits are judged by, so it is asked for. Each answer is told in full: an unchanged
 * mark is a fresh one. A failed reading is logged and tried again at the next turn: stale marks then halt new risk by themselves.
 */
export class HyperliquidMarkWatch implements MarkWatch {
  private readonly timer: NodeJS.Timeout;
  private reading = false;
  private closed = false;

  constructor(
    config: HyperliquidConfig,
    private readonly deps: HyperliquidDeps,
    private readonly truth: VenueTruth,
    private readonly dexes: readonly string[],
    private readonly sink: (updates: readonly MarkUpdate[]) => void,
  ) {
    this.timer = setInterval(() => void this.poll(), config.markPollMs);
    void this.poll();
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
  }

  /** One reading at a time: a slow venue is not asked twice. */
  private async poll(): Promise<void> {
    if (this.reading || this.closed) return;
    this.reading = true;
    const markets = await this.truth.markets(this.dexes);
    this.reading = false;
    if (this.closed) return;
    if (!markets.ok) {
      this.deps.log({ level: 'warn', event: 'venue_marks_unread', fields: { code: markets.error.code, detail: markets.error.detail } });
      return;
    }
    const receivedAt = this.deps.clock.now();
    this.sink(markets.value.map(({ instrument, markPrice }) => ({ coin: instrument.coin, markPrice, receivedAt })));
  }
}
