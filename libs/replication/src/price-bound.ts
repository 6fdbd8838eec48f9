import { mulDivCeil, mulDivFloor, PERP_PRICE_DECIMALS, PRICE_FIGURES } from '@lockstep/kernel';
import { MIN_ORDER_VALUE } from './wave-options';

// Bound once: a call through the front door of another room costs a getter, and these run several times per copy.
const floorOf = mulDivFloor;
const ceilOf = mulDivCeil;

const ONE = 1_000_000_000_000;
const UNIT_DECIMALS = 8;

const FIGURES = 10 ** PRICE_FIGURES;
const UNIT = 10 ** UNIT_DECIMALS;
/** Step by the decimals left, per size decimals 0 to 8. */
const STEP_BY_DECIMALS: readonly number[] = Array.from(
  { length: 9 },
  (_, sizeDecimals) => 10 ** (UNIT_DECIMALS - Math.max(0, PERP_PRICE_DECIMALS - sizeDecimals)),
);

/** The price grid's step at a price (10^-8 units) as a double; the twin of kernel's `tickAt` for columns. */
export function tickOf(price: number, szDecimals: number): number {
  let byFigures = 1;
  for (let above = FIGURES; price >= above && byFigures < UNIT; above *= 10) byFigures *= 10;
  const byDecimals = STEP_BY_DECIMALS[szDecimals] ?? UNIT;
  return byDecimals > byFigures ? byDecimals : byFigures;
}

/** Largest price on the grid ≤ `price`; 0 below the smallest step. */
export function floorToTick(price: number, szDecimals: number): number {
  const tick = tickOf(price, szDecimals);
  return Math.floor(price / tick) * tick;
}

/** Smallest price on the grid ≥ `price`. */
export function ceilToTick(price: number, szDecimals: number): number {
  const tick = tickOf(price, szDecimals);
  return Math.ceil(price / tick) * tick;
}

/** Strictest price allowed, of an entry from the leader's price and of an exit from the book's: buy ≤ reference·(1 + b), sell ≥ reference·(1 − b), on the grid's strict side (product §2.7). `bound` is 10^-12. */
export function boundedLimit(reference: number, bound: number, buy: boolean, szDecimals: number): number {
  return buy
    ? floorToTick(floorOf(reference, ONE + bound, ONE), szDecimals)
    : Math.max(ceilToTick(ceilOf(reference, Math.max(0, ONE - bound), ONE), szDecimals), tickOf(1, szDecimals));
}

/** Lowest price on the grid at which so many lots are worth the venue's minimum. */
export function minimumPrice(lots: number, lotsPerUnit: number, szDecimals: number): number {
  return ceilToTick(ceilOf(MIN_ORDER_VALUE, lotsPerUnit, lots), szDecimals);
}

/** Bound of an exit after `failures` failed ones: doubled each time, never beyond the band of the venue. */
export function exitBoundAt(bound: number, failures: number, band: number): number {
  return Math.min(band, bound * 2 ** Math.min(failures, 40));
}

/** Remembers the last limit: copies of one wave mostly share reference and bound. */
export class LimitMemo {
  private reference = -1;
  private bound = -1;
  private buy = false;
  private limit = 0;

  constructor(private readonly szDecimals: number) {}

  /** {@link boundedLimit} of these arguments. */
  at(reference: number, bound: number, buy: boolean): number {
    if (reference === this.reference && bound === this.bound && buy === this.buy) return this.limit;
    this.reference = reference;
    this.bound = bound;
    this.buy = buy;
    this.limit = boundedLimit(reference, bound, buy, this.szDecimals);
    return this.limit;
  }
}
