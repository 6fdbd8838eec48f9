import { type Money, money, type Price, parseDecimal, price, RATE_SCALE, type Rate, rate, type Size, size, UNIT_SCALE } from '@lockstep/kernel';
import { z } from 'zod';

/*
 * The venue's decimal texts as kernel integers. Prices and sizes of orders and fills are on the venue's grid and must fit exactly;
 * computed amounts (averages, margins, funding) may print more digits than the kernel keeps and are cut towards zero.
 */

function decimal(scale: number, cut: boolean) {
  return z.string().transform((text, context) => {
    const parsed = parseDecimal(cut ? cutText(text, scale) : text, scale);
    if (parsed.ok) return parsed.value;
    context.addIssue({ code: 'custom', message: `"${text.slice(0, 40)}" is ${parsed.error}` });
    return z.NEVER;
  });
}

function cutText(text: string, scale: number): string {
  const point = text.indexOf('.');
  return point < 0 ? text : text.slice(0, point + 1 + scale);
}

export const priceText: z.ZodType<Price, string> = decimal(UNIT_SCALE, false).transform(price);
export const sizeText: z.ZodType<Size, string> = decimal(UNIT_SCALE, false).transform(size);
/** A computed size: funding of several samples names their average, which is on no lot grid. */
export const averageSizeText: z.ZodType<Size, string> = decimal(UNIT_SCALE, true).transform(size);
/** A computed price: average, mark, mid. */
export const averageText: z.ZodType<Price, string> = decimal(UNIT_SCALE, true).transform(price);
export const moneyText: z.ZodType<Money, string> = decimal(UNIT_SCALE, true).transform(money);
export const rateText: z.ZodType<Rate, string> = decimal(RATE_SCALE, true).transform(rate);

/** An address in the house's form. */
export const addressText = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform((text) => text.toLowerCase());
export const cloidText = z
  .string()
  .regex(/^0x[0-9a-fA-F]{32}$/)
  .transform((text) => text.toLowerCase());
export const timeMs = z.number().int().nonnegative();
export const sideLetter = z.enum(['B', 'A']).transform((letter) => (letter === 'B' ? ('buy' as const) : ('sell' as const)));
/** Venue ids are integers below 2^53; kept as text because they are names, not amounts. */
export const idNumber = z.number().int().transform(String);
