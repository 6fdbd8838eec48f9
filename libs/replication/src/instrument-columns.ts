import type { Instrument } from '@lockstep/kernel';
import type { ColumnMaker } from './column-maker';

/** Bits of a row's `episode`. An episode is one copy × instrument from flat to flat. */
export const EPISODE = {
  /** The follower closed against the copy: no entry until the leader is flat or a resync. */
  userClosed: 1,
  /** The copy began inside the leader's position: no entry until the leader opens anew. */
  awaitingOpen: 2,
  /** An exit failed although its bound stood at the venue's band. */
  exitStuck: 4,
  /** The leader is flat and the remnant cannot close alone. */
  dustPending: 8,
  /** What is owed was approved by the follower. */
  approved: 16,
} as const;

/** Whether a copy may enter an instrument, as a column code: by its own filter, and by limits from above. */
export const ALLOWED = { no: 0, yes: 1, policy: 2 } as const;

/** Micro-lots in a lot: targets are kept finer than lots, so that many small leader fills lose nothing. */
export const MICRO = 1_000_000;
/** Largest |target| of one copy in lots; beyond it the platform cap cuts. */
export const MAX_TARGET_LOTS = 9_000_000_000;

/** One side of a book, best first: prices times 10^8 and lots. */
export interface DepthSide {
  readonly price: Float64Array;
  readonly lots: Float64Array;
}

/** A book as it was told at a moment, epoch ms. */
export interface BookDepth {
  readonly bids: DepthSide;
  readonly asks: DepthSide;
  readonly at: number;
}

/** One instrument's state per copy; rows are the book's rows. Quantities signed (long above zero) unless said otherwise. */
export const layoutInstrumentRows = (make: ColumnMaker) => ({
  /** {@link ALLOWED}. */
  allowed: make.u8('allowed'),
  /** Number of the reason for which the copy's venue account can take no new risk in the instrument; 0: none is known. */
  barred: make.u8('barred'),
  /**
   * How much less than its real equity the copy's account holds for it in the instrument's clearinghouse, ≥ 0; and 1 where the clearinghouses of the collateral
   * share one balance.
   */
  clearingShort: make.f64('clearingShort'),
  clearingPooled: make.u8('clearingPooled'),
  /** Bits of {@link EPISODE}. */
  episode: make.u8('episode'),
  /** ρ times 10^12, rounded down: target ÷ leader's position. */
  rho: make.f64('rho'),
  /** Target D in micro-lots. */
  target: make.f64('target'),
  /** The copy's own (virtual) position P in lots. */
  position: make.f64('position'),
  /** What the follower holds of their own in this instrument on the copy's venue account, in lots: net less its copies. */
  beside: make.f64('beside'),
  /** What the account's other copies hold, and the worst-case lots of their working and unknown orders, ≥ 0 (`putOthers`); 0 for a copy alone on its account. */
  others: make.f64('others'),
  othersBuy: make.f64('othersBuy'),
  othersSell: make.f64('othersSell'),
  /** Worst-case lots of working and unknown orders of this copy, exits and entries, ≥ 0. */
  pendingBuy: make.f64('pendingBuy'),
  pendingSell: make.f64('pendingSell'),
  /** How much of it are exits; the rest are entries, which close nothing: what they are opposed to has exits of its own. */
  pendingExitBuy: make.f64('pendingExitBuy'),
  pendingExitSell: make.f64('pendingExitSell'),
  /**
   * Mirrors of the leader's working orders (`mirror-columns.ts`). Micro-lots, ≥ 0, by which mirrors filled before the leader's own orders did: what is wanted
   * is the target and these, until the leader's fills bring the target there.
   */
  aheadBuy: make.f64('aheadBuy'),
  aheadSell: make.f64('aheadSell'),
  /** Lots of mirrors that enter, at their worst, within the pending ones; and those of them that belong to orders of the leader that still stand. */
  mirrorBuy: make.f64('mirrorBuy'),
  mirrorSell: make.f64('mirrorSell'),
  standingBuy: make.f64('standingBuy'),
  standingSell: make.f64('standingSell'),
  /** Lots of mirrors that exit and that the leader's order has filled for already, within the pending exits. */
  mirrorExitBuy: make.f64('mirrorExitBuy'),
  mirrorExitSell: make.f64('mirrorExitSell'),
  /** Entry value of the open position, money ≥ 0; average entry = it ÷ |P|. */
  entryValue: make.f64('entryValue'),
  /** Realised PnL since the copy began, before fees. */
  realised: make.f64('realised'),
  /** Leader orders copied in the running episode (`fixedAmount`). */
  adds: make.f64('adds'),
  /** Micro-lots of increments given up in the running episode, ≥ 0, and the last reason. */
  forfeited: make.f64('forfeited'),
  forfeitReason: make.u8('forfeitReason'),
  /** Size-weighted leader price of increments not yet copied; 0: none owed. */
  owedPrice: make.f64('owedPrice'),
  /** End of the catch-up window of those increments. */
  owedUntil: make.f64('owedUntil'),
  /** Of a copy that asks its follower: since when what is owed was approved, epoch ms. */
  approvedFrom: make.f64('approvedFrom'),
  /**
   * Micro-lots, ≥ 0, that are given up before the next entry is planned: what orders of an approval that is over left unfilled, and what an account turned out not to
   * have for increases that were sized before it was known.
   */
  lapsed: make.f64('lapsed'),
  /** Micro-lots, ≥ 0, that were added while the copy's account was not known well enough, and the equity they were sized by (`unsure-size.ts`). */
  unsure: make.f64('unsure'),
  unsureEquity: make.f64('unsureEquity'),
  /** Reason of the last decision and of the last order that failed. */
  lastReason: make.u8('lastReason'),
  /** Wave of the last orders, attempts used in it, and exits that failed in a row (widening the exit bound). */
  wave: make.f64('wave'),
  attempt: make.u16('attempt'),
  exitFailures: make.u8('exitFailures'),
  /** Entries in a row that the venue refused for a lasting reason, in that wave: none since one filled, if only in part. */
  refusals: make.u8('refusals'),
});

export type InstrumentRows = ReturnType<typeof layoutInstrumentRows>;

/** One instrument of a watched account: the leader's side, the market as last known, and the columns of all copies. */
export interface InstrumentSheet {
  instrument: Instrument;
  /** What its price is of, over all dexes. */
  readonly underlying: string;
  /** 10^szDecimals: notional (money) = lots · price ÷ this. */
  readonly lotsPerUnit: number;
  /** Leader's signed position in lots as of the last planned move. */
  leaderLots: number;
  /** How many of the planned moves took the leader towards flat or to the other side: wherever he went since, what stood before one of them may not stand behind it. */
  leaderReductions: number;
  /** Mark times 10^8 and when it was received; 0: none yet. */
  mark: number;
  markAt: number;
  /** Best bid and ask times 10^8 and when; 0: unknown. */
  bestBid: number;
  bestAsk: number;
  bookAt: number;
  /** What stands in the book; null: never told. */
  depth: BookDepth | null;
  /** Before that no further slice of a spread wave leaves, by side. */
  readonly spreadNext: { buy: number; sell: number };
  rows: InstrumentRows;
}
