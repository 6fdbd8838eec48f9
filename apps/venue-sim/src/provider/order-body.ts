import { formatDecimal, parseDecimal } from '@lockstep/kernel';
import { z } from 'zod';
import { SIGNATURE_PATTERN } from './assumptions';
import { type ProviderAnswer, refusal } from './errors';

/** A positive decimal as the exchange signs it: no trailing zeros, no exponent. */
const SCALE = 12;
const amount = z.string().transform((text, context) => {
  const parsed = parseDecimal(text, SCALE);
  if (parsed.ok && parsed.value > 0n) return formatDecimal(parsed.value, SCALE);
  context.addIssue({ code: 'custom', message: 'is a decimal text above 0' });
  return z.NEVER;
});

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'is 0x and 40 hex digits')
  .transform((text) => text.toLowerCase());

/** What every trading request carries beside its own fields (facts §2.2). */
const authorisation = {
  wallet: address,
  signature: z.string().regex(SIGNATURE_PATTERN, 'is 0x and 130 hex digits'),
  nonce: z.number().int().positive(),
};
const market = { symbol: z.string().min(1).max(32), dex: z.string().max(16).optional() };

export const SIDES = ['buy', 'sell'] as const;
export const ORDER_TYPES = ['market', 'limit', 'stop_market', 'stop_limit'] as const;

export const placeBody = z.object({
  ...market,
  side: z.enum(SIDES),
  type: z.enum(ORDER_TYPES),
  size: amount,
  price: amount.optional(),
  triggerPrice: amount.optional(),
  reduceOnly: z.boolean().default(false),
  ...authorisation,
});
export type PlaceBody = z.output<typeof placeBody>;

export const cancelBody = z.object({ ...market, orderId: z.string().regex(/^\d{1,15}$/, 'is a decimal number'), ...authorisation });
export type CancelBody = z.output<typeof cancelBody>;

export const leverageBody = z.object({
  ...market,
  leverage: z.number().int().positive(),
  marginMode: z.enum(['cross', 'isolated']).optional(),
  ...authorisation,
});
export type LeverageBody = z.output<typeof leverageBody>;

/** Names what is wrong with a body: a field that is missing, a side or type that does not exist, or anything else. */
export function complaintOf(body: unknown, error: z.ZodError): ProviderAnswer {
  const issue = error.issues[0];
  const field = String(issue?.path[0] ?? '');
  if (field === '') return refusal('INVALID_PARAMS', 'the body is no JSON object');
  if (!isGiven(body, field)) return refusal('MISSING_REQUIRED_FIELD', `Missing required field: ${field}`);
  if (field === 'side' || field === 'type') return refusal('INVALID_ORDER', `${field} ${issue?.message ?? ''}`);
  return refusal('INVALID_PARAMS', `${field} ${issue?.message ?? ''}`);
}

const isGiven = (body: unknown, field: string): boolean => typeof body === 'object' && body !== null && Reflect.get(body, field) !== undefined;

/** Fields a type needs beside the required ones; null when all are there. A market order's price is its bound: without one nothing can be signed. */
export function missingPrice({ type, price, triggerPrice }: PlaceBody): ProviderAnswer | null {
  if (type === 'market' && price === undefined)
    return refusal('INVALID_PARAMS', 'a market order needs its price bound: price is part of what is signed');
  if ((type === 'limit' || type === 'stop_limit') && price === undefined) return refusal('MISSING_REQUIRED_FIELD', 'Missing required field: price');
  const isStop = type === 'stop_market' || type === 'stop_limit';
  if (isStop && triggerPrice === undefined) return refusal('MISSING_REQUIRED_FIELD', 'Missing required field: triggerPrice');
  return null;
}
