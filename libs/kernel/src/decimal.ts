import { err, must, ok, type Result } from './result';

/** Why a text is not an amount. */
export type DecimalError = 'not_a_decimal' | 'too_many_decimals' | 'too_large';

const PATTERN = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?$/;
const POWERS: readonly bigint[] = Array.from({ length: 40 }, (_, exponent) => 10n ** BigInt(exponent));

/** 10 to the power of `exponent` (0 to 39) as an integer. */
export function pow10(exponent: number): bigint {
  const power = POWERS[exponent];
  must(power !== undefined, `pow10 takes 0 to 39, not ${exponent}`);
  return power;
}

/**
 * Reads a plain decimal (`-?digits[.digits]`, no exponent, no sign `+`) as an integer scaled by 10^`scale`.
 * Trailing zeros past the scale are accepted; any other digit past it is `too_many_decimals`: nothing is rounded silently.
 */
export function parseDecimal(text: string, scale: number): Result<bigint, DecimalError> {
  const match = PATTERN.exec(text);
  if (!match) return err('not_a_decimal');
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  if (fraction.length > scale) return err('too_many_decimals');
  const whole = match[2] ?? '0';
  if (whole.length + scale > 38) return err('too_large');
  const magnitude = BigInt(whole + fraction.padEnd(scale, '0'));
  return ok(match[1] === '-' ? -magnitude : magnitude);
}

/** Writes an integer scaled by 10^`scale` as a plain decimal without trailing zeros; zero is `"0"`, never `"-0"`. */
export function formatDecimal(value: bigint, scale: number): string {
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(scale + 1, '0');
  const whole = scale === 0 ? digits : digits.slice(0, -scale);
  const fraction = scale === 0 ? '' : digits.slice(-scale).replace(/0+$/, '');
  return `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** The direction an inexact division goes: towards zero, towards minus infinity, towards plus infinity. */
export type Rounding = 'zero' | 'down' | 'up';

/** `a / b` as an integer, rounded as named. `b` must not be zero. */
export function divide(a: bigint, b: bigint, rounding: Rounding): bigint {
  must(b !== 0n, 'division by zero');
  const quotient = a / b;
  const exact = quotient * b === a;
  if (exact || rounding === 'zero') return quotient;
  const positive = a < 0n === b < 0n;
  if (rounding === 'down') return positive ? quotient : quotient - 1n;
  return positive ? quotient + 1n : quotient;
}

/** `a · b / c` with one rounding at the end. */
export function mulDiv(a: bigint, b: bigint, c: bigint, rounding: Rounding): bigint {
  return divide(a * b, c, rounding);
}

export const abs = (value: bigint): bigint => (value < 0n ? -value : value);
export const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
export const sign = (value: bigint): -1n | 0n | 1n => (value > 0n ? 1n : value < 0n ? -1n : 0n);
