import { must } from './result';

/** The largest integer a double holds together with all smaller ones. */
export const MAX_EXACT = Number.MAX_SAFE_INTEGER;

const SPLITTER = 134_217_729;
const LARGEST_DIVISOR = 2 ** 51;
/** Two roundings of a quotient near 2^53 move it by less than this. */
const QUOTIENT_ERROR = 4;

/** The rounding error of `a · b` as a double, exactly (Dekker's product with Veltkamp's split). */
function productError(a: number, b: number, product: number): number {
  const scaledA = SPLITTER * a;
  const highA = scaledA - (scaledA - a);
  const lowA = a - highA;
  const scaledB = SPLITTER * b;
  const highB = scaledB - (scaledB - b);
  const lowB = b - highB;
  return lowA * lowB - (product - highA * highB - lowA * highB - highA * lowB);
}

/**
 * floor(a · b / c) without a bigint, for columns. `a` and `b` are safe integers ≥ 0, 0 < `c` ≤ 2^51.
 * Exact although a · b may need 106 bits; a result beyond 2^53 − 1 saturates there.
 */
export function mulDivFloor(a: number, b: number, c: number): number {
  const product = a * b;
  if (product <= MAX_EXACT) return Math.floor(product / c);
  const estimate = Math.floor(product / c);
  // The estimate may lie on the other side of the bound than the quotient: near it the remainder decides.
  if (estimate >= MAX_EXACT + QUOTIENT_ERROR) return MAX_EXACT;
  let quotient = Math.min(estimate, MAX_EXACT);
  const back = quotient * c;
  let remainder = product - back + (productError(a, b, product) - productError(quotient, c, back));
  while (remainder < 0) {
    quotient -= 1;
    remainder += c;
  }
  while (remainder >= c) {
    quotient += 1;
    remainder -= c;
  }
  return Math.min(quotient, MAX_EXACT);
}

/** ceil(a · b / c) under the same terms as {@link mulDivFloor}; not made of it, which would take the remainder twice. */
export function mulDivCeil(a: number, b: number, c: number): number {
  const product = a * b;
  if (product <= MAX_EXACT) return Math.ceil(product / c);
  const estimate = Math.floor(product / c);
  if (estimate >= MAX_EXACT + QUOTIENT_ERROR) return MAX_EXACT;
  let quotient = Math.min(estimate, MAX_EXACT);
  const back = quotient * c;
  let remainder = product - back + (productError(a, b, product) - productError(quotient, c, back));
  while (remainder > 0) {
    quotient += 1;
    remainder -= c;
  }
  while (remainder <= -c) {
    quotient -= 1;
    remainder += c;
  }
  return Math.min(quotient, MAX_EXACT);
}

/** A bigint as a safe integer; the caller's bound is broken otherwise. */
export function toExact(value: bigint, what: string): number {
  const result = Number(value);
  must(Number.isSafeInteger(result), `${what} ${value} is beyond the range of a column`);
  return result;
}

/** True when `divisor` may be used in {@link mulDivFloor}. */
export const isExactDivisor = (divisor: number): boolean => divisor > 0 && divisor <= LARGEST_DIVISOR;
