import { type Instrument, money, parsePrice, parseRate, parseSize, price, type Size, size, unwrap } from '@lockstep/kernel';
import { BREAKER_STEPS, type BreakerStep, type Evaluation, evaluateBreakers, LOSS_LIMITS, type LossLimit } from '@lockstep/risk';
import { type CopySettings, defaultCopySettings } from '@lockstep/roster';
import { applyFill, applyOutcome, type RefusalKind } from '../apply';
import { CopyBook, type CopyEntry } from '../book';
import { STATUS } from '../copy-columns';
import { kindOf } from '../detect';
import type { FollowerRows } from '../follower-rows';
import type { InstrumentSheet } from '../instrument-columns';
import type { Move } from '../move';
import { planWave } from '../plan-wave';
import { revalue } from '../revalue';
import { BOOK_MAX_AGE_MS, EXIT_BAND, MARK_MAX_AGE_MS, type WaveOptions } from '../wave-options';
import type { WavePlan } from '../wave-plan';

export const NOW = 1_700_000_000_000;

/** An instrument with lots of 10^-szDecimals. */
export const instrumentOf = (coin: string, szDecimals = 0, maxLeverage = 50): Instrument => ({
  venue: 'sim',
  dex: '',
  coin,
  assetId: 1,
  szDecimals,
  maxLeverage,
  onlyIsolated: false,
  delisted: false,
  collateral: 'USDC',
});

export const sizeOf = (text: string): Size => unwrap(parseSize(text), text);
export const rateOf = (text: string) => unwrap(parseRate(text), text);
export const priceOf = (text: string) => unwrap(parsePrice(text), text);
export const dollars = (amount: number) => money(BigInt(Math.round(amount * 100)) * 1_000_000n);

/** Loss limits, off but for `part`. */
export const breakerOf = (part: Partial<CopySettings['breaker']>): CopySettings['breaker'] => ({ ...defaultCopySettings().breaker, ...part });

/** Settings of a fixed ratio without limits, changed by `part`. */
export const settingsOf = (ratio: string, part: Partial<CopySettings> = {}): CopySettings => ({
  ...defaultCopySettings(),
  mode: { kind: 'fixed_ratio', ratio: rateOf(ratio) },
  caps: {
    maxPositionSize: null,
    maxPositionNotional: null,
    maxPositionShare: null,
    maxLeverage: null,
    maxGrossExposure: null,
    minLiquidationDistance: null,
  },
  venueLeverage: 50,
  ...part,
});

export const entryOf = (copyNo: number, settings: CopySettings, part: Partial<CopyEntry> = {}): CopyEntry => ({
  copyNo,
  scope: 0,
  venueAccount: copyNo,
  signer: copyNo,
  status: STATUS.active,
  settings,
  settingsVersion: 1,
  allocation: dollars(1_000_000),
  netPnl: money(0n),
  realEquity: dollars(1_000_000),
  nav: null,
  basisEquity: null,
  agentValidUntil: NOW + 86_400_000,
  markup: null,
  ...part,
});

export const optionsOf = (wave: number, part: Partial<WaveOptions> = {}): WaveOptions => ({
  wave,
  now: NOW,
  instance: 7,
  seed: Uint8Array.from({ length: 32 }, (_, index) => index),
  lastNonce: new Float64Array(64),
  markMaxAgeMs: MARK_MAX_AGE_MS,
  bookMaxAgeMs: BOOK_MAX_AGE_MS,
  exitBand: EXIT_BAND,
  departures: null,
  leaderEquity: dollars(1_000_000),
  leaderVolatility: null,
  ...part,
});

/** A book with one coin, its mark fresh, and a leader who moves in whole lots. */
export class Stage {
  readonly book: CopyBook;
  readonly sheet: InstrumentSheet;
  readonly lastNonce = new Float64Array(64);
  private wave = 0;

  constructor(
    readonly instrument: Instrument = instrumentOf('BTC'),
    readonly markText = '100',
    /** Shared by stages of several leaders. */
    followers?: FollowerRows,
  ) {
    this.book = new CopyBook(['0x00000000000000000000000000000000000000b1'], 4, followers);
    this.sheet = this.book.sheet(instrument);
    this.book.setMark(instrument.coin, priceOf(markText), NOW);
  }

  add(entry: CopyEntry): number {
    return this.book.addCopy(entry);
  }

  /** The move that takes the leader to a signed size. */
  moveTo(after: string, part: Partial<Move> = {}): Move {
    const lot = 10n ** BigInt(8 - this.instrument.szDecimals);
    const before = size(BigInt(this.sheet.leaderLots) * lot);
    const to = sizeOf(after);
    return {
      coin: this.instrument.coin,
      kind: kindOf(before, to),
      source: 'fills',
      before,
      after: to,
      increment: size(1n),
      incrementPrice: priceOf(this.markText),
      lastPrice: priceOf(this.markText),
      firstFillAt: NOW - 100,
      lastFillAt: NOW - 100,
      fills: 1,
      newOrders: 1,
      ...part,
    };
  }

  plan(after: string, options: Partial<WaveOptions> = {}, move: Partial<Move> = {}): WavePlan {
    this.wave += 1;
    return planWave(this.book, this.moveTo(after, move), optionsOf(this.wave, { lastNonce: this.lastNonce, ...options }));
  }

  /** Fills every order of a plan at the mark. */
  fill(plan: WavePlan): void {
    for (let order = 0; order < plan.orders.count; order += 1) this.fillOrder(plan, order, plan.orders.lots[order] ?? 0);
  }

  /** Answers one order with a fill of some lots; the rest is gone. */
  fillOrder(plan: WavePlan, order: number, lots: number, refusal: RefusalKind = 'no_match', paid = Number(priceOf(this.markText))): void {
    const { orders } = plan;
    applyOutcome(this.book, plan, order, lots > 0 ? 'filled' : 'rejected', lots, refusal);
    if (lots === 0) return;
    const fill = { buy: orders.buy[order] === 1, lots, price: paid, fee: 0 };
    applyFill(this.book, this.sheet, orders.row[order] ?? 0, fill, orders.exit[order] === 1 ? 'exit' : 'entry');
  }

  /** Judges losses at the present marks; returns the steps that rows came to. `nextDay`: when the tenant's next day begins. */
  judge(
    part: Partial<Evaluation> = {},
  ): readonly { readonly row: number; readonly step: BreakerStep | undefined; readonly limit: LossLimit | undefined }[] {
    const changes = { rows: new Int32Array(this.book.rowCount), before: new Uint8Array(this.book.rowCount) };
    const at = { now: NOW, isNewMark: true, nextDay: () => NOW + 86_400_000, ...part };
    revalue(this.book, at.now, Number.MAX_SAFE_INTEGER);
    const found = evaluateBreakers(this.book.copies, this.book.rowCount, at, changes);
    const { breakerStep, breakerLimit } = this.book.copies;
    return [...changes.rows.slice(0, found)].map((row) => ({
      row,
      step: BREAKER_STEPS[breakerStep[row] ?? 0],
      limit: LOSS_LIMITS[breakerLimit[row] ?? 0],
    }));
  }

  /** Plans and fills everything; returns the plan. */
  follow(after: string, options: Partial<WaveOptions> = {}): WavePlan {
    const plan = this.plan(after, options);
    this.fill(plan);
    return plan;
  }
}

export const at = <T>(column: { readonly [index: number]: T }, index: number): T => {
  const value = column[index];
  if (value === undefined) throw new RangeError(`no row ${index}`);
  return value;
};
export const priceUnits = (text: string): number => Number(price(priceOf(text)));
