import {
  fromLots,
  type Instrument,
  type Money,
  money,
  mulDivCeil,
  price,
  RATE_ONE,
  type Rate,
  rate,
  type Size,
  toExact,
  toLots,
} from '@lockstep/kernel';
import { evaluateBreakers, LOSS_LIMITS, type LossLimit, STEP, unitNav } from '@lockstep/risk';
import type { CopySettings } from '@lockstep/roster';
import { applyFill, applyOutcome, type CopyFill } from './apply';
import { CopyBook } from './book';
import { beginClosing } from './closing';
import { STATUS } from './copy-columns';
import { EPISODE, type InstrumentSheet } from './instrument-columns';
import { microToSize } from './micro';
import type { Move } from './move';
import { planWave } from './plan-wave';
import { CAPS, type CapCode, type ReasonCode, reasonAt } from './reasons';
import { revalue } from './revalue';
import { BOOK_MAX_AGE_MS, EXIT_BAND } from './wave-options';
import type { WavePlan } from './wave-plan';

/** A move of a leader's past with what was known of the leader then. */
export interface PastMove {
  readonly move: Move;
  readonly instrument: Instrument;
  readonly leaderEquity: Money | null;
  readonly leaderVolatility: Rate | null;
}

/** A draft to be played over a leader's past. */
export interface PreviewTerms {
  readonly settings: CopySettings;
  readonly allocation: Money;
  /** Fee of a fill as a share of its notional, markup included. */
  readonly fee: Rate;
}

/** What one move would have meant. */
export interface PreviewWave {
  readonly at: number;
  readonly coin: string;
  readonly leaderBefore: Size;
  readonly leaderAfter: Size;
  readonly price: number;
  readonly target: Size;
  /** Signed size ordered. */
  readonly ordered: Size;
  readonly reason: ReasonCode | null;
  readonly cuts: readonly { readonly cap: CapCode; readonly amount: Size }[];
}

/** What a copy would have come to. */
export interface Preview {
  readonly waves: readonly PreviewWave[];
  readonly reasons: ReadonlyMap<ReasonCode, number>;
  readonly orders: number;
  readonly notional: Money;
  readonly fees: Money;
  /** Profit after fees, closed and open together, without funding. */
  readonly netPnl: Money;
  /** Largest fall of the unit value from its highest, at the prices of the moves. */
  readonly worstDrawdown: Rate;
  /** Increases of the leader, and those of them of which nothing was ordered. */
  readonly increases: number;
  readonly missed: number;
  /** Remnants too small to close alone at the end. */
  readonly dust: readonly { readonly coin: string; readonly size: Size }[];
  /** The loss limit that would have closed the copy, and when; nothing is followed from there on. */
  readonly closedBy: { readonly limit: LossLimit; readonly at: number } | null;
}

const DAY_MS = 86_400_000;
const FAR_FUTURE = 8_640_000_000_000_000;
const SEED = new Uint8Array(32);

/**
 * Plays a draft over a leader's past with the very code that plans real waves: each move is planned when its last fill was, marks are the moves' own prices,
 * and every order fills whole at the leader's price for a fee. So slippage, funding, and marks between the moves are not in it. A position the leader was in
 * before its first move here is followed from the next open, as by a copy that begins.
 */
export function previewCopy(past: readonly PastMove[], terms: PreviewTerms): Preview {
  const stage = new PreviewStage(terms);
  for (const one of past) stage.play(one);
  return stage.result();
}

class PreviewStage {
  private readonly book = new CopyBook();
  private readonly row: number;
  private readonly lastNonce = new Float64Array(1);
  private readonly changes = { rows: new Int32Array(1), before: new Uint8Array(1) };
  private readonly waves: PreviewWave[] = [];
  private readonly reasons = new Map<ReasonCode, number>();
  private orders = 0;
  private notional = 0;
  private fees = 0;
  private worst = 0;
  private increases = 0;
  private missed = 0;
  private closedBy: Preview['closedBy'] = null;

  constructor(private readonly terms: PreviewTerms) {
    this.row = this.book.addCopy({
      copyNo: 1,
      scope: 0,
      venueAccount: 0,
      signer: 0,
      status: STATUS.active,
      settings: { ...terms.settings, approveWithinMs: null },
      settingsVersion: 1,
      allocation: terms.allocation,
      netPnl: money(0n),
      realEquity: terms.allocation,
      nav: null,
      basisEquity: null,
      agentValidUntil: FAR_FUTURE,
      markup: null,
    });
  }

  play({ move, instrument, leaderEquity, leaderVolatility }: PastMove): void {
    if (this.closedBy !== null) return;
    const isNew = this.book.findSheet(move.coin) === undefined;
    const sheet = this.book.sheet(instrument);
    if (isNew && move.before !== 0n) {
      sheet.leaderLots = toLots(instrument, move.before);
      sheet.rows.episode[this.row] = EPISODE.awaitingOpen;
    }
    const at = Math.floor(move.lastFillAt);
    const paid = move.incrementPrice ?? move.lastPrice;
    if (paid > 0n) this.book.setMark(move.coin, price(paid), at);
    // What the copy made or lost is what its account holds.
    this.book.copies.realEquity[this.row] = Number.MAX_SAFE_INTEGER;
    const plan = planWave(this.book, move, {
      wave: this.waves.length + 1,
      now: Math.floor(move.firstFillAt),
      instance: 1,
      seed: SEED,
      lastNonce: this.lastNonce,
      markMaxAgeMs: FAR_FUTURE,
      bookMaxAgeMs: BOOK_MAX_AGE_MS,
      exitBand: EXIT_BAND,
      departures: null,
      leaderEquity,
      leaderVolatility,
    });
    const ordered = this.fill(sheet, plan, Number(paid));
    this.note(sheet, move, plan, ordered, Number(paid));
    this.judge(at);
  }

  result(): Preview {
    revalue(this.book, 0, FAR_FUTURE);
    const { copies } = this.book;
    return {
      waves: this.waves,
      reasons: this.reasons,
      orders: this.orders,
      notional: money(BigInt(this.notional)),
      fees: money(BigInt(this.fees)),
      netPnl: money(BigInt((copies.equity[this.row] ?? 0) - (copies.allocation[this.row] ?? 0))),
      worstDrawdown: rate(BigInt(this.worst)),
      increases: this.increases,
      missed: this.missed,
      dust: [...this.book.allSheets()]
        .filter(({ rows }) => ((rows.episode[this.row] ?? 0) & EPISODE.dustPending) !== 0 && rows.position[this.row] !== 0)
        .map(({ instrument, rows }) => ({ coin: instrument.coin, size: fromLots(instrument, rows.position[this.row] ?? 0) })),
      closedBy: this.closedBy,
    };
  }

  /** Fills every order of a plan at a price; returns the signed lots. */
  private fill(sheet: InstrumentSheet, plan: WavePlan, paid: number): number {
    let signed = 0;
    for (let order = 0; order < plan.orders.count; order += 1) {
      const lots = plan.orders.lots[order] ?? 0;
      const buy = plan.orders.buy[order] === 1;
      applyOutcome(this.book, plan, order, 'filled', lots, 'lasting');
      this.trade(sheet, { buy, lots, price: paid, fee: 0 }, plan.orders.exit[order] === 1 ? 'exit' : 'entry');
      signed += buy ? lots : -lots;
    }
    return signed;
  }

  private trade(sheet: InstrumentSheet, fill: CopyFill, reserved: 'exit' | 'entry' | null): void {
    const value = mulDivCeil(fill.lots, fill.price, sheet.lotsPerUnit);
    const fee = mulDivCeil(value, toExact(this.terms.fee, 'fee'), Number(RATE_ONE));
    applyFill(this.book, sheet, this.row, { ...fill, fee }, reserved);
    this.orders += 1;
    this.notional += value;
    this.fees += fee;
  }

  private note(sheet: InstrumentSheet, move: Move, plan: WavePlan, ordered: number, paid: number): void {
    const { decisions } = plan;
    const reason = reasonAt(decisions.reason[0] ?? 0);
    if (reason !== null) this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
    if (move.kind === 'open' || move.kind === 'increase' || move.kind === 'flip') {
      this.increases += 1;
      if (ordered === 0) this.missed += 1;
    }
    const mask = decisions.cutMask[0] ?? 0;
    const cutCaps = CAPS.filter((_, cap) => (mask & (1 << cap)) !== 0);
    const { instrument } = sheet;
    this.waves.push({
      at: move.firstFillAt,
      coin: move.coin,
      leaderBefore: move.before,
      leaderAfter: move.after,
      price: paid,
      target: microToSize(instrument, decisions.targetAfter[0] ?? 0),
      ordered: fromLots(instrument, ordered),
      reason,
      cuts: cutCaps.map((cap, index) => ({ cap, amount: microToSize(instrument, decisions.cuts[(decisions.cutFirst[0] ?? 0) + index] ?? 0) })),
    });
  }

  private judge(now: number): void {
    const { copies } = this.book;
    revalue(this.book, now, FAR_FUTURE);
    evaluateBreakers(copies, 1, { now, isNewMark: true, nextDay: (_row, at) => (Math.floor(at / DAY_MS) + 1) * DAY_MS }, this.changes);
    const peak = copies.navPeak[this.row] ?? 0;
    if (peak > 0) this.worst = Math.max(this.worst, Math.floor((1 - unitNav(copies, this.row) / peak) * Number(RATE_ONE)));
    if (copies.breakerStep[this.row] !== STEP.close) {
      this.book.setStatus(this.row, STATUS.lossHalt, copies.breakerStep[this.row] === STEP.haltNew);
      return;
    }
    this.closedBy = { limit: LOSS_LIMITS[copies.breakerLimit[this.row] ?? 0] ?? 'from_start', at: now };
    beginClosing(this.book, this.row);
    for (const sheet of this.book.allSheets()) {
      const lots = sheet.rows.position[this.row] ?? 0;
      if (lots !== 0) this.trade(sheet, { buy: lots < 0, lots: Math.abs(lots), price: sheet.mark, fee: 0 }, null);
    }
  }
}

/** Share of the leader's increases that must come to an order. */
const FOLLOWED_LEAST_PERCENT = 90;
const BISECTIONS = 12;
/** Allocations that are tried: 10 to 10 million. */
const ALLOCATION_LEAST = 1_000_000_000n;
const ALLOCATION_MOST = 1_000_000_000_000_000n;

/**
 * The least allocation with which nine in ten of the leader's increases would have been followed by an order, within a few per cent of it; null where it does
 * not depend on the allocation, none is enough, or nothing was increased. Money 10^-8.
 */
export function leastAllocation(past: readonly PastMove[], terms: PreviewTerms): Money | null {
  const { kind } = terms.settings.mode;
  if (kind === 'fixed_ratio' || kind === 'fixed_amount') return null;
  const isEnough = (allocation: bigint): boolean => {
    // Losses and caps in money say nothing of sizes: the smallest allocation is about rounding.
    const { increases, missed } = previewCopy(past, { ...terms, allocation: money(allocation) });
    return increases > 0 && (increases - missed) * 100 >= increases * FOLLOWED_LEAST_PERCENT;
  };
  if (!isEnough(ALLOCATION_MOST)) return null;
  let [low, high] = [ALLOCATION_LEAST, ALLOCATION_MOST];
  for (let step = 0; step < BISECTIONS; step += 1) {
    // By ratio: allocations lie over six powers of ten.
    const middle = BigInt(Math.round(Math.sqrt(Number(low)) * Math.sqrt(Number(high))));
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return money(high);
}
