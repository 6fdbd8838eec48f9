import { type Instrument, money, price, rate, size, UNIT } from '@lockstep/kernel';
import {
  ALERTED,
  type BreakerSettings,
  type CopyMode,
  type ExposureLimits,
  type Follow,
  type InstrumentFilter,
  type PositionCaps,
} from '@lockstep/roster';
import { applyFill, applyOutcome } from './apply';
import { CopyBook, type CopyMarkup } from './book';
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
const BUILDER = '0x00000000000000000000000000000000000000b1';
const LEADER_EQUITY = money(10_000_000n * UNIT);
const LEADER_VOLATILITY = rate(800_000_000_000n);
/** The leader's positions in lots, turn by turn: every kind of move on both sides, back to flat at the end. */
const LEADER_LOTS = [400_000, 600_000, 400_000, -400_000, -600_000, -400_000, 400_000, 0] as const;

/**
 * A made-up leader with made-up copies, on the same code as real ones: for measuring planning by itself, and for having it compiled before the first
 * real wave needs it. What code meets here for the first time it need not meet in a real wave: moves and copies are therefore of all kinds.
 * Nothing of it is stored or sent.
 */
export class Rehearsal {
  private readonly book = new CopyBook([BUILDER]);
  private readonly sheet: InstrumentSheet;
  private readonly lastNonce: Float64Array;
  private turn = 0;

  /** `copies` copies spread over `scopes` tenants: of each mode, with and without markup, a third with a cap that cuts their entries, one in forty paused. `shares`: every copy also has limits that it shares with others. */
  constructor(copies: number, scopes: number, shares = false) {
    this.sheet = this.book.sheet(ETH);
    this.lastNonce = new Float64Array(copies + 1);
    this.book.setMark(ETH.coin, PRICE, NOW);
    for (let copyNo = 1; copyNo <= copies; copyNo += 1) addCopy(this.book, copyNo, copyNo % scopes, shares);
  }

  /** Plans the leader's next move: it opens, increases, reduces, flips to the other side and back, and closes; then again. */
  plan(): WavePlan {
    const move = moveTo(this.sheet, LEADER_LOTS[this.turn % LEADER_LOTS.length] ?? 0);
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
      departures: null,
      leaderEquity: LEADER_EQUITY,
      leaderVolatility: LEADER_VOLATILITY,
    });
  }

  /** What the gate judges a plan by. */
  facts(plan: WavePlan): ReturnType<typeof orderFacts> {
    return orderFacts(this.book, plan, NOW, MARK_MAX_AGE_MS);
  }

  /** Encodes a plan as it is journaled; returns the bytes over all tenants. */
  encode(plan: WavePlan): number {
    const stamp = { instance: 1, m0: NOW - 100, m1: NOW - 50, m2: NOW, forecastEnd: 0 };
    return splitByScope(plan).reduce((sum, slice) => sum + encodeJournal(plan, slice, stamp).byteLength, 0);
  }

  /** Fills every order of a plan whole, at the mark. */
  fill(plan: WavePlan): void {
    const { orders } = plan;
    for (let order = 0; order < orders.count; order += 1) {
      const lots = orders.lots[order] ?? 0;
      applyOutcome(this.book, plan, order, 'filled', lots, 'lasting');
      applyFill(
        this.book,
        this.sheet,
        orders.row[order] ?? 0,
        { buy: orders.buy[order] === 1, lots, price: Number(PRICE), fee: 0 },
        orders.exit[order] === 1 ? 'exit' : 'entry',
      );
    }
  }
}

/** One of a few that follow each other by number, so that all kinds lie side by side as they do in real books. */
function pick<T>(copyNo: number, of: readonly [T, ...T[]]): T {
  return of[copyNo % of.length] ?? of[0];
}

const MODES: readonly [CopyMode, ...CopyMode[]] = [
  { kind: 'fixed_ratio', ratio: rate(1_000_000_000n) },
  { kind: 'proportional', multiplier: rate(5_000_000_000_000n), compounding: 'reinvest' },
  { kind: 'proportional', multiplier: rate(5_000_000_000_000n), compounding: 'fixed_nominal' },
  { kind: 'fixed_amount', amount: money(60n * UNIT), maxAdds: 3 },
  {
    kind: 'risk_normalised',
    multiplier: rate(5_000_000_000_000n),
    targetVolatility: rate(600_000_000_000n),
    scaleLeast: rate(250_000_000_000n),
    scaleMost: rate(2_000_000_000_000n),
  },
];
/** One copy in forty follows increases only, and one in forty decreases only. */
const ONE_SIDED: Readonly<Record<number, Follow>> = { 10: 'increases_only', 30: 'decreases_only' };
const ONE_SIDED_EVERY = 40;
const INVERSE_EVERY = 8;
const FILTERS: readonly [InstrumentFilter, ...InstrumentFilter[]] = [
  { kind: 'all' },
  { kind: 'only', coins: [ETH.coin, 'BTC'] },
  { kind: 'except', coins: ['BTC'] },
  { kind: 'all' },
];
const MARKUPS: readonly [CopyMarkup | null, ...(CopyMarkup | null)[]] = [
  { builder: 0, fee: 30, flow: 'all', approved: true, required: true },
  null,
  { builder: 0, fee: 10, flow: 'increases_only', approved: true, required: false },
  { builder: 0, fee: 30, flow: 'all', approved: true, required: true },
  { builder: 0, fee: 30, flow: 'all', approved: false, required: false },
];
const NO_CAPS: PositionCaps = {
  maxPositionSize: null,
  maxPositionNotional: null,
  maxPositionShare: null,
  maxLeverage: null,
  maxGrossExposure: null,
  minLiquidationDistance: null,
};
const WIDE_CAPS: PositionCaps = {
  maxPositionSize: size(100_000_000n),
  maxPositionNotional: money(1_000n * UNIT),
  maxPositionShare: rate(900_000_000_000n),
  maxLeverage: rate(10_000_000_000_000n),
  maxGrossExposure: null,
  minLiquidationDistance: null,
};
const CAPS: readonly [PositionCaps, ...PositionCaps[]] = [{ ...WIDE_CAPS, maxPositionSize: size(5_000_000n) }, WIDE_CAPS, NO_CAPS];
const NO_BREAKER: BreakerSettings = {
  fromStart: null,
  trailing: null,
  daily: null,
  lossMoney: null,
  protectiveStop: false,
  alertAt: null,
  haltNewAt: null,
  closeAfterMarks: 1,
};
/** Wide enough for most, and judged for everybody. */
const SHARED: ExposureLimits = {
  followerGross: money(1_100n * UNIT),
  underlyingShare: rate(900_000_000_000n),
  leaderCapacity: money(10_000_000n * UNIT),
  alertGross: null,
  alertShare: null,
  alertCapacity: null,
};
const PAUSED_EVERY = 40;

function addCopy(book: CopyBook, copyNo: number, scope: number, shares: boolean): void {
  const row = book.addCopy({
    copyNo,
    scope,
    venueAccount: copyNo,
    follower: copyNo,
    signer: copyNo,
    status: copyNo % PAUSED_EVERY === 0 ? STATUS.active | STATUS.paused : STATUS.active,
    settings: {
      mode: pick(copyNo, MODES),
      policy: 'positions',
      direction: copyNo % INVERSE_EVERY === 0 ? 'inverse' : 'same',
      follow: ONE_SIDED[copyNo % ONE_SIDED_EVERY] ?? 'all',
      start: { kind: 'next_open' },
      instruments: pick(copyNo, FILTERS),
      // In other steps than the modes, so that each meets each.
      caps: pick(Math.floor(copyNo / MODES.length), CAPS),
      slippage: { entryBound: rate(5_000_000_000n), exitBound: rate(20_000_000_000n), onBreach: 'reject' },
      breaker: { ...NO_BREAKER, fromStart: copyNo % 2 === 0 ? rate(900_000_000_000n) : null },
      stateLimits: ALERTED,
      maxAgeMs: 2_000,
      catchUpMs: 10_000,
      approveWithinMs: null,
      inherits: [],
      venueLeverage: 10,
    },
    settingsVersion: 1,
    allocation: money(2_000n * UNIT),
    netPnl: money(0n),
    realEquity: money(2_000n * UNIT),
    nav: null,
    basisEquity: null,
    agentValidUntil: NOW + 86_400_000,
    markup: pick(copyNo, MARKUPS),
  });
  if (shares) book.setExposure(row, SHARED);
}

/** The move from where the sheet has the leader to a position in lots. */
function moveTo(sheet: InstrumentSheet, lots: number): Move {
  const before = sheet.leaderLots;
  const flips = before * lots < 0;
  const added = flips ? Math.abs(lots) : Math.max(0, Math.abs(lots) - Math.abs(before));
  const kind = before === 0 ? 'open' : lots === 0 ? 'close' : flips ? 'flip' : added > 0 ? 'increase' : 'reduce';
  return {
    coin: ETH.coin,
    kind,
    source: 'fills',
    before: size(BigInt(before) * LOT),
    after: size(BigInt(lots) * LOT),
    increment: size(BigInt(added) * LOT),
    incrementPrice: added > 0 ? PRICE : null,
    lastPrice: PRICE,
    firstFillAt: NOW - 100,
    lastFillAt: NOW - 100,
    fills: 1,
    newOrders: added > 0 ? 1 : 0,
  };
}
