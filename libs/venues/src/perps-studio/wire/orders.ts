import { z } from 'zod';
import { moneyText, priceText, sizeText, timeMs } from '../parse/amounts';

const orderFields = {
  orderId: z.string().regex(/^\d{1,15}$/),
  symbol: z.string(),
  side: z.enum(['buy', 'sell']),
  price: priceText,
  size: sizeText,
  filledSize: sizeText,
  reduceOnly: z.boolean().default(false),
  createdAt: timeMs,
};

/** Working orders of an account. */
export const ordersAnswer = z.array(z.object(orderFields));

/** One order with what it filled; the shape of a fill is not documented, so every part of it but price and size may be missing. */
export const orderAnswer = z.object({
  ...orderFields,
  status: z.string(),
  updatedAt: timeMs.optional(),
  fills: z
    .array(
      z.object({
        id: z.string().optional(),
        price: priceText,
        size: sizeText,
        fee: moneyText.optional(),
        feeAsset: z.string().default('USDC'),
        timestamp: timeMs.optional(),
      }),
    )
    .default([]),
});
export type WireOrder = z.output<typeof orderAnswer>;
