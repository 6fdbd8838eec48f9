import { divide, pow10 } from './decimal';
import { must } from './result';
import { type Money, money, type Price, price, type Size, size, UNIT, UNIT_SCALE } from './units';

/** What may be traded at a venue and by which grid. Rules after Hyperliquid §4; other venues fill the same fields. */
export interface Instrument {
  /** The venue's short name, e.g. `hyperliquid`. */
  readonly venue: string;
  /** The dex inside the venue; empty for the main one. Each dex has its own clearinghouse and collateral. */
  readonly dex: string;
  /** The venue's coin name; a builder dex's carries its prefix (`xyz:TSLA`). Unique inside a venue. */
  readonly coin: string;
  /** The venue's asset number in signed orders. */
  readonly assetId: number;
  /** Decimals of a size: one lot is 10^-szDecimals base units. 0 to 8. */
  readonly szDecimals: number;
  readonly maxLeverage: number;
  readonly onlyIsolated: boolean;
  readonly delisted: boolean;
  /** The asset that margin, PnL and fees are counted in, e.g. `USDC`. */
  readonly collateral: string;
}

/** Decimals a perp price may have in all: price decimals ≤ this − szDecimals (Hyperliquid §4). */
export const PERP_PRICE_DECIMALS = 6;
/** Significant figures of a non-integer price. */
export const PRICE_FIGURES = 5;
/** Smallest notional of an order: 10 quote units (Hyperliquid §4). */
export const MIN_NOTIONAL: Money = money(10n * UNIT);

/** The size of one lot. */
export const lotSize = (instrument: Instrument): Size => size(pow10(UNIT_SCALE - instrument.szDecimals));

/** The largest multiple of the lot not above |quantity|, with its sign: towards zero, so a limit is never passed by rounding. */
export function truncateToLot(instrument: Instrument, quantity: Size): Size {
  const lot = lotSize(instrument);
  return size((quantity / lot) * lot);
}

/** Whole lots in a size; the size must lie on the lot grid. The result is a safe integer. */
export function toLots(instrument: Instrument, quantity: Size): number {
  const lot = lotSize(instrument);
  must(quantity % lot === 0n, `size ${quantity} of ${instrument.coin} is not a multiple of its lot ${lot}`);
  const lots = Number(quantity / lot);
  must(Number.isSafeInteger(lots), `size ${quantity} of ${instrument.coin} is beyond the range of lots`);
  return lots;
}

export const fromLots = (instrument: Instrument, lots: number): Size => size(BigInt(lots) * lotSize(instrument));

/** The price grid's step at a price: the coarser of 5 significant figures and the decimals left; integers are always on the grid. */
export function tickAt(instrument: Instrument, at: Price): Price {
  must(at > 0n, 'a price is above zero');
  const byDecimals = pow10(UNIT_SCALE - Math.max(0, PERP_PRICE_DECIMALS - instrument.szDecimals));
  const digits = at.toString().length;
  const byFigures = pow10(Math.max(0, digits - PRICE_FIGURES));
  const coarser = byDecimals > byFigures ? byDecimals : byFigures;
  return price(coarser > UNIT ? UNIT : coarser);
}

/** Rounds a price onto the grid in the named direction. Down of a price below the smallest step is zero. */
export function roundPrice(instrument: Instrument, at: Price, direction: 'down' | 'up'): Price {
  if (at <= 0n) return price(0n);
  const tick = tickAt(instrument, at);
  return price(divide(at, tick, direction) * tick);
}

/** True when the venue accepts this price's digits. */
export const isOnTick = (instrument: Instrument, at: Price): boolean => at > 0n && at % tickAt(instrument, at) === 0n;
