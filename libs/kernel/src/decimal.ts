import { err, must, ok, type Result } from './result';

/** Why a text is not an amount. */
export type DecimalError = 'not_a_decimal' | 'too_many_decimals' | 'too_large';

const PATTERN = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?$/;
const POWERS: readonly bigint[] = Array.from({ length: 40 }, (_, exponent) => 10n ** BigInt(exponent));
const [MINUS, DOT, ZERO, NINE] = [45, 46, 48, 57];
/** Longest text without its sign, and largest scale, that are read without a text in between. */
const SHORT_CHARS = 20;
const SHORT_SCALE = 15;
/** Exact as doubles. */
const SHORT_POWERS: readonly number[] = Array.from({ length: SHORT_SCALE + 1 }, (_, exponent) => 10 ** exponent);

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
  const short = parseShort(text, scale);
  if (short !== null) return ok(BigInt(short));
  const match = PATTERN.exec(text);
  if (!match) return err('not_a_decimal');
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  if (fraction.length > scale) return err('too_many_decimals');
  const whole = match[2] ?? '0';
  if (whole.length + scale > 38) return err('too_large');
  const magnitude = BigInt(whole + fraction.padEnd(scale, '0'));
  return ok(match[1] === '-' ? -magnitude : magnitude);
}

/** The same of a decimal whose scaled integer a double holds exactly, as nearly all do: no text is made on the way. Null: it is none, or no decimal. */
function parseShort(text: string, scale: number): number | null {
  const begin = text.charCodeAt(0) === MINUS ? 1 : 0;
  const end = text.length;
  if (end === begin || end - begin > SHORT_CHARS || scale > SHORT_SCALE) return null;
  let units = 0;
  /** Digits behind the dot; below zero: no dot yet. */
  let behind = -1;
  for (let at = begin; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code === DOT && behind < 0 && at > begin && at < end - 1) {
      behind = 0;
      continue;
    }
    if (code < ZERO || code > NINE) return null;
    if (behind === scale) {
      if (code !== ZERO) return null;
      continue;
    }
    if (behind >= 0) behind += 1;
    units = units * 10 + (code - ZERO);
  }
  units *= SHORT_POWERS[scale - Math.max(0, behind)] ?? Number.NaN;
  if (!Number.isSafeInteger(units)) return null;
  return begin === 1 ? -units : units;
}

/** Writes an integer scaled by 10^`scale` as a plain decimal without trailing zeros; zero is `"0"`, never `"-0"`. */
export function formatDecimal(value: bigint, scale: number): string {
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(scale + 1, '0');
  const dot = digits.length - scale;
  let end = digits.length;
  while (end > dot && digits.charCodeAt(end - 1) === ZERO) end -= 1;
  const whole = digits.slice(0, dot);
  return `${negative ? '-' : ''}${whole}${end === dot ? '' : `.${digits.slice(dot, end)}`}`;
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
