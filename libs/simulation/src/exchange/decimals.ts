const POWERS = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

/** 10 to the power of `exponent`, 0 to 15, exact. */
export const tenTo = (exponent: number): number => POWERS[exponent] ?? Number.NaN;

/** Answers of `parseUnits` that are not a number of units. All are negative; amounts of this parser never are. */
export const NOT_A_DECIMAL = -1;
export const TOO_MANY_DECIMALS = -2;
export const TOO_LARGE = -3;

const ZERO = 48;
const NINE = 57;
const DOT = 46;

/**
 * Reads a plain non-negative decimal as a whole number of units of 10^-`decimals`.
 * Answers NOT_A_DECIMAL (sign, exponent, blanks), TOO_MANY_DECIMALS (a non-zero digit past the unit) or TOO_LARGE (beyond 2^53) instead.
 */
export function parseUnits(text: unknown, decimals: number): number {
  if (typeof text !== 'string' || text.length === 0 || text.length > 40) return NOT_A_DECIMAL;
  let units = 0;
  let kept = -1;
  let digits = 0;
  let tooFine = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === DOT && kept < 0 && digits > 0) {
      kept = 0;
      continue;
    }
    if (code < ZERO || code > NINE) return NOT_A_DECIMAL;
    digits += 1;
    if (kept === decimals) {
      if (code !== ZERO) tooFine = true;
      continue;
    }
    if (kept >= 0) kept += 1;
    units = units * 10 + (code - ZERO);
  }
  if (digits === 0 || text.charCodeAt(text.length - 1) === DOT) return NOT_A_DECIMAL;
  if (tooFine) return TOO_MANY_DECIMALS;
  units *= tenTo(decimals - Math.max(0, kept));
  return Number.isSafeInteger(units) ? units : TOO_LARGE;
}

/** Reads the part of a decimal that the unit can hold: what `parseUnits` calls TOO_MANY_DECIMALS is cut, not rounded. */
export const parseUnitsCut = (text: string, decimals: number): number => {
  const dot = text.indexOf('.');
  return parseUnits(dot < 0 ? text : text.slice(0, decimals === 0 ? dot : dot + 1 + decimals), decimals);
};

/** Writes units of 10^-`decimals` the way the venue does: plain, at least one decimal, no further trailing zeros, never `-0`. */
export function formatUnits(units: number, decimals: number): string {
  if (units < 0) return `-${formatUnits(-units, decimals)}`;
  if (decimals === 0) return `${units === 0 ? 0 : units}.0`;
  const scale = tenTo(decimals);
  const rest = units % scale;
  const whole = (units - rest) / scale;
  if (rest === 0) return `${whole}.0`;
  let fraction = rest.toString();
  while (fraction.length < decimals) fraction = `0${fraction}`;
  let end = fraction.length;
  while (fraction.charCodeAt(end - 1) === ZERO) end -= 1;
  return `${whole}.${fraction.slice(0, end)}`;
}

/** `a · b / c` rounded towards zero, exact also where the product passes 2^53. */
export function mulDiv(a: number, b: number, c: number): number {
  const product = a * b;
  if (Number.isSafeInteger(product)) return wholeZero((product - (product % c)) / c);
  return Number((BigInt(a) * BigInt(b)) / BigInt(c));
}

/** `a · b / c` rounded away from zero. */
export function mulDivAway(a: number, b: number, c: number): number {
  const truncated = mulDiv(a, b, c);
  const exact = Number.isSafeInteger(a * b) ? truncated * c === a * b : BigInt(truncated) * BigInt(c) === BigInt(a) * BigInt(b);
  if (exact) return truncated;
  return (a < 0 === b < 0) === c > 0 ? truncated + 1 : truncated - 1;
}

const wholeZero = (value: number): number => (value === 0 ? 0 : value);

/** Decimals of US dollars in every amount of the exchange: one unit is 10^-6 USDC. */
export const USD_DECIMALS = 6;
/** Decimals of a funding rate and of a premium. */
export const RATE_DECIMALS = 10;

export const formatUsd = (amount: number): string => formatUnits(amount, USD_DECIMALS);
export const formatRate = (rate: number): string => formatUnits(rate, RATE_DECIMALS);
