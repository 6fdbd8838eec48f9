import type { Branded } from './brand';
import { type DecimalError, formatDecimal, mulDiv, parseDecimal, type Rounding } from './decimal';
import type { Result } from './result';

/** Decimals kept of a price, a size and an amount of money. No venue in scope prints more than 8. */
export const UNIT_SCALE = 8;
/** One whole unit: 10^8. */
export const UNIT = 100_000_000n;
/** Decimals kept of a rate (fee, ratio, share): 10^-12. */
export const RATE_SCALE = 12;
/** The rate 1: 10^12. */
export const RATE_ONE = 1_000_000_000_000n;

/** Quote units per base unit, times 10^8. Never negative. */
export type Price = Branded<bigint, 'Price'>;
/** Base units times 10^8; signed where it is a position (long above zero). */
export type Size = Branded<bigint, 'Size'>;
/** An amount of an asset times 10^8, signed. The asset is named beside it. */
export type Money = Branded<bigint, 'Money'>;
/** A pure ratio times 10^12. */
export type Rate = Branded<bigint, 'Rate'>;

export const price = (value: bigint): Price => value as Price;
export const size = (value: bigint): Size => value as Size;
export const money = (value: bigint): Money => value as Money;
export const rate = (value: bigint): Rate => value as Rate;

export const parsePrice = (text: string): Result<Price, DecimalError> => parseDecimal(text, UNIT_SCALE) as Result<Price, DecimalError>;
export const parseSize = (text: string): Result<Size, DecimalError> => parseDecimal(text, UNIT_SCALE) as Result<Size, DecimalError>;
export const parseMoney = (text: string): Result<Money, DecimalError> => parseDecimal(text, UNIT_SCALE) as Result<Money, DecimalError>;
export const parseRate = (text: string): Result<Rate, DecimalError> => parseDecimal(text, RATE_SCALE) as Result<Rate, DecimalError>;

export const formatPrice = (value: Price): string => formatDecimal(value, UNIT_SCALE);
export const formatSize = (value: Size): string => formatDecimal(value, UNIT_SCALE);
export const formatMoney = (value: Money): string => formatDecimal(value, UNIT_SCALE);
export const formatRate = (value: Rate): string => formatDecimal(value, RATE_SCALE);

/** Notional of a signed or unsigned size at a price: |result| ≤ exact value when rounding to zero. */
export function notional(quantity: Size, at: Price, rounding: Rounding): Money {
  return money(mulDiv(quantity, at, UNIT, rounding));
}

/** `amount · share`, rounded as named. Fees floor in the follower's favour (product §5). */
export function applyRate(amount: Money, share: Rate, rounding: Rounding): Money {
  return money(mulDiv(amount, share, RATE_ONE, rounding));
}
