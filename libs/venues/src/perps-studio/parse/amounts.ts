import { type Money, money, type Price, parseDecimal, price, RATE_SCALE, type Rate, rate, type Size, size, UNIT_SCALE } from '@lockstep/kernel';
import { z } from 'zod';

/* Decimal texts of the API as kernel integers; digits past the kernel's scale are cut towards zero: everything here is printed by the exchange's grid. */

function decimal(scale: number) {
  return z.string().transform((text, context) => {
    const point = text.indexOf('.');
    const parsed = parseDecimal(point < 0 ? text : text.slice(0, point + 1 + scale), scale);
    if (parsed.ok) return parsed.value;
    context.addIssue({ code: 'custom', message: `"${text.slice(0, 40)}" is ${parsed.error}` });
    return z.NEVER;
  });
}

export const priceText: z.ZodType<Price, string> = decimal(UNIT_SCALE).transform(price);
export const sizeText: z.ZodType<Size, string> = decimal(UNIT_SCALE).transform(size);
export const moneyText: z.ZodType<Money, string> = decimal(UNIT_SCALE).transform(money);
export const rateText: z.ZodType<Rate, string> = decimal(RATE_SCALE).transform(rate);
export const timeMs = z.number().int().nonnegative();
