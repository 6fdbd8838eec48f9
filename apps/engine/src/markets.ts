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

/** A clearinghouse of the venue: each dex has one, in one collateral. */
export interface Clearinghouse {
  readonly dex: string;
  readonly collateral: string;
}

/** Instruments and latest marks of one network. Bounded by the venue's list of instruments: updates of unknown coins are dropped. */
export class Markets {
  private readonly views = new Map<string, MutableView>();

  /** `dollars`: collaterals that count as one dollar each. */
  constructor(private readonly dollars: ReadonlySet<string> = new Set(['USDC'])) {}

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

  /** The clock that marks are stamped with was set back: they are as old as before. */
  setBack(byMs: number): void {
    for (const view of this.views.values()) if (view.markAt > 0) view.markAt = Math.max(1, view.markAt - byMs);
  }

  get(coin: string): MarketView | undefined {
    return this.views.get(coin);
  }

  /** Dexes whose instruments are margined in a collateral, or all of them, in the order of the venue's list. */
  dexesOf(collateral?: string): readonly string[] {
    const listed = [...this.views.values()].filter(({ instrument }) => collateral === undefined || instrument.collateral === collateral);
    return [...new Set(listed.map(({ instrument }) => instrument.dex))];
  }

  /** True where amounts of a collateral are dollars: allocations, caps and loss limits count in them. */
  isDollar(collateral: string): boolean {
    return this.dollars.has(collateral);
  }

  /** Clearinghouses whose collateral is a dollar, in the order of the venue's list: what an account's equity is summed over. */
  dollarClearinghouses(): readonly Clearinghouse[] {
    const found = new Map<string, Clearinghouse>();
    for (const { instrument } of this.views.values()) {
      if (this.dollars.has(instrument.collateral) && !found.has(instrument.dex))
        found.set(instrument.dex, { dex: instrument.dex, collateral: instrument.collateral });
    }
    return [...found.values()];
  }

  all(): Iterable<MarketView> {
    return this.views.values();
  }

  /** Marks that count from a moment, as a stream would have told them. */
  marksOf(moment: EpochMs): readonly MarkUpdate[] {
    const found = [...this.views.values()].filter(({ markAt, mark }) => markAt === moment && mark > 0n);
    return found.map(({ instrument, mark, markAt }) => ({ coin: instrument.coin, markPrice: mark, receivedAt: markAt }));
  }

  private take(context: MarketContext, at: EpochMs): void {
    const known = this.views.get(context.instrument.coin);
    // A mark of the stream may be newer than the list it is read with; what the list says of the instrument counts all the same.
    const { mark, markAt } = known !== undefined && known.markAt > at ? known : { mark: context.markPrice, markAt: at };
    this.views.set(context.instrument.coin, { instrument: context.instrument, mark, markAt });
  }
}
