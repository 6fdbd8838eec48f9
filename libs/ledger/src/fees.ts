import { divide, type Money, money, mulDiv, must, notional, type Price, RATE_ONE, type Rate, type Size } from '@lockstep/kernel';

/** Markup rates are counted in tenths of a basis point, as venues with builder codes count them: 1 is 0.001 %. */
export const TENTHS_OF_BP_PER_ONE = 100_000n;
/** Largest markup on perps: 10 bp (Hyperliquid §12). */
export const MAX_MARKUP_TENTHS_BP = 100;

/** The markup on a notional: f/100,000 of it, rounded down, so that the follower never pays the fraction. */
export function markupOn(of: Money, tenthsBp: number): Money {
  must(Number.isInteger(tenthsBp) && tenthsBp >= 0, `a markup of ${tenthsBp} tenths of a basis point`);
  return money(mulDiv(of < 0n ? -of : of, BigInt(tenthsBp), TENTHS_OF_BP_PER_ONE, 'zero'));
}

/** The notional of a fill, always above zero; exact on every grid whose size and price decimals add up to 8 or fewer. */
export const fillNotional = (quantity: Size, at: Price): Money => {
  const value = notional(quantity, at, 'zero');
  return money(value < 0n ? -value : value);
};

export interface MarkupShares {
  readonly tenant: Money;
  readonly operator: Money;
  /** What neither share could take whole: 0 or one unit of 10^-8. */
  readonly remainder: Money;
}

/** Splits a markup by the operator's share (0 to 1). Both shares round down; tenant + operator + remainder is the whole, exactly. */
export function splitMarkup(amount: Money, operatorShare: Rate): MarkupShares {
  must(operatorShare >= 0n && operatorShare <= RATE_ONE, 'a share lies between 0 and 1');
  const operator = mulDiv(amount, operatorShare, RATE_ONE, 'zero');
  const tenant = mulDiv(amount, RATE_ONE - operatorShare, RATE_ONE, 'zero');
  return { tenant: money(tenant), operator: money(operator), remainder: money(amount - tenant - operator) };
}

/**
 * Shares `total` (any sign) out by weights (not all zero, none below zero) so that the shares add up to it exactly: each gets its floor,
 * the units left go to the largest fractions, the earlier one first among equals. Used where cash must match a venue's row.
 */
export function apportion(total: Money, weights: readonly bigint[]): Money[] {
  const sum = weights.reduce((a, b) => a + b, 0n);
  must(weights.every((weight) => weight >= 0n) && sum > 0n, 'weights are not below zero and not all zero');
  const floors = weights.map((weight) => divide(total * weight, sum, 'down'));
  const left = Number(total - floors.reduce((a, b) => a + b, 0n));
  const fraction = (index: number): bigint => total * (weights[index] ?? 0n) - (floors[index] ?? 0n) * sum;
  const order = weights.map((_, index) => index).sort((a, b) => compare(fraction(b), fraction(a)) || a - b);
  const lucky = new Set(order.slice(0, left));
  return floors.map((floor, index) => money(lucky.has(index) ? floor + 1n : floor));
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
