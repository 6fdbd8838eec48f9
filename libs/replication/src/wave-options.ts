import type { EpochMs, Money, Rate } from '@lockstep/kernel';

/** What planning needs besides the book: identity of the wave, time, counters and limits of the platform. */
export interface PlanOptions {
  readonly now: EpochMs;
  /** Engine instance number, 16 bits: part of every client order id. */
  readonly instance: number;
  /** Today's committed seed, 32 bytes. */
  readonly seed: Uint8Array;
  /** Last nonce used per signer handle; planning takes the next ones and writes them back. */
  readonly lastNonce: Float64Array;
  /** Oldest mark that allows new risk. Product §3: 5 s. */
  readonly markMaxAgeMs: number;
  /** Oldest best bid and ask that are used; without them the mark stands in. */
  readonly bookMaxAgeMs: number;
  /** Farthest an exit's limit may stand from the book (10^-12): the venue's own band. */
  readonly exitBand: number;
  /** Predicts when orders would leave; null: no limit is known, nothing is denied as `rate_budget`. */
  readonly departures: DeparturePrediction | null;
  /** Whether entries may stand at the venue; absent: they may not, whatever settings say. */
  readonly mayRest?: boolean;
}

/**
 * When the orders of one wave would leave, asked while it is planned: first every exit is told, then each entry asks for the next place of its signer's way
 * out and takes it, or leaves it to the one behind. Used for one plan.
 */
export interface DeparturePrediction {
  exit(signer: number): void;
  /** Epoch ms; Infinity: never. */
  nextEntry(signer: number): EpochMs;
  takeEntry(signer: number): void;
}

/** Options of one wave. */
export interface WaveOptions extends PlanOptions {
  /** Number of the move: 48 bits, unique in the deployment. */
  readonly wave: number;
  /** Leader's equity before the move's first fill; null when unknown: `proportional` then takes no new risk. */
  readonly leaderEquity: Money | null;
  /** Volatility of the leader's returns over a year, as a share of equity; null when unknown: `risk_normalised` then takes no new risk. */
  readonly leaderVolatility: Rate | null;
}

/** Product §3: a mark older than this halts new risk. */
export const MARK_MAX_AGE_MS = 5_000;
/** A venue tells a book only when it changes, and a lost connection tells nothing: an older one is not relied on. */
export const BOOK_MAX_AGE_MS = 5_000;
/** Default band of exits: 75 %, inside Hyperliquid's 80 %. */
export const EXIT_BAND = 750_000_000_000;
/** Smallest notional of an order, money. */
export const MIN_ORDER_VALUE = 1_000_000_000;
/** What is worth less, and held against an entry, leaves with it: an exit of it alone is below the venue's minimum at a limit a little below the mark. Money. */
export const REMNANT_VALUE = 1_100_000_000;
