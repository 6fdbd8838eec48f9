import { mulDivCeil, mulDivFloor, PERP_PRICE_DECIMALS, PRICE_FIGURES } from '@lockstep/kernel';

const ONE = 1_000_000_000_000;
const UNIT_DECIMALS = 8;

/** The price grid's step at a price (10^-8 units) as a double; the twin of kernel's `tickAt` for columns. */
export function tickOf(price: number, szDecimals: number): number {
  const byDecimals = 10 ** (UNIT_DECIMALS - Math.max(0, PERP_PRICE_DECIMALS - szDecimals));
  let byFigures = 1;
  for (let top = price; top >= 10 ** PRICE_FIGURES; top = Math.floor(top / 10)) byFigures *= 10;
  return Math.min(Math.max(byDecimals, byFigures), 10 ** UNIT_DECIMALS);
}

/** Largest price on the grid ≤ `price`; 0 below the smallest step. */
export const floorToTick = (price: number, szDecimals: number): number => {
  const tick = tickOf(price, szDecimals);
  return price - (price % tick);
};

/** Smallest price on the grid ≥ `price`. */
export const ceilToTick = (price: number, szDecimals: number): number => {
  const tick = tickOf(price, szDecimals);
  const over = price % tick;
  return over === 0 ? price : price - over + tick;
};

/** Strictest price allowed for an entry: buy ≤ reference·(1 + b), sell ≥ reference·(1 − b), on the grid's strict side (product §2.7). `bound` is 10^-12. */
export function entryLimit(reference: number, bound: number, buy: boolean, szDecimals: number): number {
  return buy
    ? floorToTick(mulDivFloor(reference, ONE + bound, ONE), szDecimals)
    : Math.max(ceilToTick(mulDivCeil(reference, Math.max(0, ONE - bound), ONE), szDecimals), tickOf(1, szDecimals));
}

/** Bound of an exit after `failures` failed ones: doubled each time, never beyond the band of the venue. */
export function exitBoundAt(bound: number, failures: number, band: number): number {
  return Math.min(band, bound * 2 ** Math.min(failures, 40));
}

/** Limit of an exit against the book: as an entry's, but from the opposite best price and with the exit bound. */
export function exitLimit(reference: number, bound: number, buy: boolean, szDecimals: number): number {
  return entryLimit(reference, bound, buy, szDecimals);
}
