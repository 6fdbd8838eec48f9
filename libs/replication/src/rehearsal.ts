import { type Instrument, money, price, rate, size, UNIT } from '@lockstep/kernel';
import { applyFill, applyOutcome } from './apply';
import { CopyBook } from './book';
import { STATUS } from './copy-columns';
import type { InstrumentSheet } from './instrument-columns';
import { encodeJournal, splitByScope } from './journal';
import type { Move } from './move';
import { orderFacts } from './order-facts';
import { planWave } from './plan-wave';
import { BOOK_MAX_AGE_MS, EXIT_BAND } from './wave-options';
import type { WavePlan } from './wave-plan';

const ETH: Instrument = {
  venue: 'hyperliquid',
  dex: '',
  coin: 'ETH',
  assetId: 1,
  szDecimals: 4,
  maxLeverage: 25,
  onlyIsolated: false,
  delisted: false,
  collateral: 'USDC',
};
const NOW = 1_700_000_000_000;
const PRICE = price(3_000n * UNIT);
const LOT = 10_000n;
const MARK_MAX_AGE_MS = 5_000;
/** The leader's positions in lots: up and down between them, so that entries with caps and exits are both planned. */
const LEADER_LOTS = [400_000, 600_000] as const;

/**
 * A made-up leader with made-up copies, on the same code as real ones: for measuring planning by itself, and for having it compiled before the first
 * real wave needs it. Nothing of it is stored or sent.
 */
export class Rehearsal {
  private readonly book = new CopyBook([]);
  private readonly sheet: InstrumentSheet;
  private readonly lastNonce: Float64Array;
  private turn = 0;

  /** `copies` copies spread over `scopes` tenants, a third of them with a cap that cuts their entries. */
  constructor(copies: number, scopes: number) {
    this.sheet = this.book.sheet(ETH);
    this.lastNonce = new Float64Array(copies + 1);
    this.book.setMark(ETH.coin, PRICE, NOW);
    for (let copyNo = 1; copyNo <= copies; copyNo += 1) addCopy(this.book, copyNo, copyNo % scopes);
  }

  /** Plans the leader's next move: it opens, then increases and reduces by turns. */
  plan(): WavePlan {
    const move = moveTo(this.sheet, LEADER_LOTS[this.turn % 2] ?? 0, this.turn);
    this.turn += 1;
    return planWave(this.book, move, {
      wave: this.turn,
      now: NOW,
      instance: 1,
      seed: new Uint8Array(32),
      lastNonce: this.lastNonce,
      markMaxAgeMs: MARK_MAX_AGE_MS,
      bookMaxAgeMs: BOOK_MAX_AGE_MS,
      exitBand: EXIT_BAND,
      sendsAtOnce: 0,
      sendRatePerSecond: 0,
      leaderEquity: money(10_000_000n * UNIT),
    });
  }

  /** What the gate judges a plan by. */
  facts(plan: WavePlan): ReturnType<typeof orderFacts> {
    return orderFacts(this.book, plan, NOW, MARK_MAX_AGE_MS);
  }

  /** Encodes a plan as it is journaled; returns the bytes over all tenants. */
  encode(plan: WavePlan): number {
    const stamp = { instance: 1, m0: NOW - 100, m1: NOW - 50, m2: NOW };
    return splitByScope(plan).reduce((sum, slice) => sum + encodeJournal(plan, slice, stamp).byteLength, 0);
  }

  /** Fills every order of a plan whole, at the mark. */
  fill(plan: WavePlan): void {
    const { orders } = plan;
    for (let order = 0; order < orders.count; order += 1) {
      const lots = orders.lots[order] ?? 0;
      applyOutcome(this.book, plan, order, 'filled', lots, 'lasting');
      applyFill(this.book, this.sheet, orders.row[order] ?? 0, { buy: orders.buy[order] === 1, lots, price: Number(PRICE), fee: 0 }, true);
    }
  }
}

function addCopy(book: CopyBook, copyNo: number, scope: number): void {
  book.addCopy({
    copyNo,
    scope,
    venueAccount: copyNo,
    signer: copyNo,
    status: STATUS.active,
    settings: {
      mode: { kind: 'fixed_ratio', ratio: rate(1_000_000_000n) },
      instruments: { kind: 'all' },
      caps: {
        maxPositionSize: size(copyNo % 3 === 0 ? 5_000_000n : 100_000_000n),
        maxPositionNotional: money(1_000n * UNIT),
        maxPositionShare: rate(900_000_000_000n),
        maxLeverage: rate(10_000_000_000_000n),
      },
      slippage: { entryBound: rate(5_000_000_000n), exitBound: rate(20_000_000_000n), onBreach: 'reject' },
      breaker: { fromStart: rate(900_000_000_000n) },
      maxAgeMs: 2_000,
      catchUpMs: 10_000,
      venueLeverage: 10,
    },
    settingsVersion: 1,
    allocation: money(2_000n * UNIT),
    netPnl: money(0n),
    realEquity: money(2_000n * UNIT),
    nav: null,
    basisEquity: null,
    agentValidUntil: NOW + 86_400_000,
    markup: null,
  });
}

function moveTo(sheet: InstrumentSheet, lots: number, run: number): Move {
  const kind = run === 0 ? 'open' : lots > sheet.leaderLots ? 'increase' : 'reduce';
  const increases = lots > sheet.leaderLots;
  return {
    coin: ETH.coin,
    kind,
    source: 'fills',
    before: size(BigInt(sheet.leaderLots) * LOT),
    after: size(BigInt(lots) * LOT),
    increment: size(increases ? BigInt(lots - sheet.leaderLots) * LOT : 0n),
    incrementPrice: increases ? PRICE : null,
    lastPrice: PRICE,
    firstFillAt: NOW - 100,
    lastFillAt: NOW - 100,
    fills: 1,
  };
}
