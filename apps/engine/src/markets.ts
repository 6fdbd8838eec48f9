import type { EpochMs, Instrument, Price, Result } from '@lockstep/kernel';
import { err, ok, price } from '@lockstep/kernel';
import type { MarketContext, MarkUpdate, VenueReadError, VenueTruth } from '@lockstep/venues/port';

/** What is known about an instrument's price right now. */
export interface MarketView {
  readonly instrument: Instrument;
  readonly mark: Price;
  /** When this mark was received, epoch ms; 0: never. A mark older than the risk rules allow halts new risk. */
  readonly markAt: EpochMs;
}

interface MutableView {
  readonly instrument: Instrument;
  mark: Price;
  markAt: EpochMs;
}

/** Instruments and latest marks of one network. Bounded by the venue's list of instruments: updates of unknown coins are dropped. */
export class Markets {
  private readonly views = new Map<string, MutableView>();

  /** Reads instruments and marks from the venue; call again to learn new listings. Known marks are only replaced by newer ones. */
  async refresh(truth: VenueTruth, dexes: readonly string[] | undefined, now: () => EpochMs): Promise<Result<number, VenueReadError>> {
    const askedAt = now();
    const answer = await truth.markets(dexes);
    if (!answer.ok) return err(answer.error);
    for (const context of answer.value) this.take(context, askedAt);
    return ok(answer.value.length);
  }

  /** Takes instruments known from before, without marks, where none are known yet. */
  restore(instruments: Iterable<Instrument>): void {
    for (const instrument of instruments)
      if (!this.views.has(instrument.coin)) this.views.set(instrument.coin, { instrument, mark: price(0n), markAt: 0 });
  }

  /** Takes marks of a stream; returns the coins known here. */
  update(updates: readonly MarkUpdate[]): void {
    for (const update of updates) {
      const view = this.views.get(update.coin);
      if (view === undefined || update.receivedAt < view.markAt) continue;
      view.mark = update.markPrice;
      view.markAt = update.receivedAt;
    }
  }

  get(coin: string): MarketView | undefined {
    return this.views.get(coin);
  }

  /** Dexes whose instruments are margined in a collateral, or all of them, in the order of the venue's list. */
  dexesOf(collateral?: string): readonly string[] {
    const listed = [...this.views.values()].filter(({ instrument }) => collateral === undefined || instrument.collateral === collateral);
    return [...new Set(listed.map(({ instrument }) => instrument.dex))];
  }

  all(): Iterable<MarketView> {
    return this.views.values();
  }

  private take(context: MarketContext, at: EpochMs): void {
    const known = this.views.get(context.instrument.coin);
    if (known !== undefined && known.markAt > at) return;
    this.views.set(context.instrument.coin, { instrument: context.instrument, mark: context.markPrice, markAt: at });
  }
}
