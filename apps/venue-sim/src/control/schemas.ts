import { parseDecimal, parsePrice, parseSize, price, size } from '@lockstep/kernel';
import { z } from 'zod';
import { EFFECTS_OF } from '../faults';

/** What the control port accepts. Unknown keys are refused, so that a misspelt one is not ignored. */
const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'an address is 0x and 40 hex digits')
  .transform((text) => text.toLowerCase());
const coin = z.string().min(1).max(32);
const seed = z.int().min(0).max(4_294_967_295);
const amount = z.string().refine((text) => parseDecimal(text, 6).ok, 'an amount is a plain decimal with at most 6 decimals');
const rate = z.string().refine((text) => parseDecimal(text, 10).ok, 'a rate is a plain decimal with at most 10 decimals');
const positivePrice = z.string().transform((text, context) => {
  const parsed = parsePrice(text);
  if (parsed.ok && parsed.value > 0n) return parsed.value;
  context.addIssue({ code: 'custom', message: 'a price is a plain decimal above 0' });
  return price(0n);
});
const positiveSize = z.string().transform((text, context) => {
  const parsed = parseSize(text);
  if (parsed.ok && parsed.value > 0n) return parsed.value;
  context.addIssue({ code: 'custom', message: 'a size is a plain decimal above 0' });
  return size(0n);
});

export const worldSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  seed: seed.default(1),
  blockMs: z.int().min(10).max(10_000).optional(),
  testnet: z.boolean().default(false),
  clock: z.enum(['real', 'manual']).default('real'),
  genesisTime: z.int().min(0).optional(),
  path: z.enum(['still', 'generated', 'candles']).optional(),
  makers: z.boolean().default(true),
  requestTimes: z.enum(['venue', 'wall']).default('venue'),
  settings: z.record(z.string(), z.union([z.number(), z.boolean()])).default({}),
});

/** How many signatures the process recovers from now on: `all`, `off` or `sample:N`. */
export const verifySchema = z.strictObject({ mode: z.string().max(32) });

export const advanceSchema = z.union([z.strictObject({ to: z.int().min(0) }), z.strictObject({ ms: z.int().min(1).max(86_400_000) })]);

/** `to` executes blocks up to a moment, however the world's clock runs; what is past is left. At most an hour ahead: one request holds up the other worlds meanwhile. */
export const clockSchema = z.strictObject({ frozen: z.boolean().optional(), to: z.int().min(0).optional() });
export const CLOCK_STEP_MAX_MS = 3_600_000;

/** `token` names another token than USDC on the spot balance; a dex holds only its collateral. */
export const creditSchema = z.strictObject({ address, dex: z.string().max(32).default(''), token: z.string().max(16).optional(), amount });

/** Up to 30 days: longer than an agent's warning, shorter than its life. */
export const skipSchema = z.strictObject({
  ms: z
    .int()
    .min(1)
    .max(30 * 86_400_000),
});

const agentSchema = z.strictObject({ address, name: z.string().max(16).default(''), validUntil: z.int().min(0).optional() });
const builderSchema = z.strictObject({ address, maxTenthsBp: z.int().min(0).max(100) });
export const accountSchema = z.strictObject({
  address,
  credits: z.record(z.string().max(32), amount).default({}),
  agent: agentSchema.optional(),
  builder: builderSchema.optional(),
  mode: z.enum(['disabled', 'unifiedAccount', 'portfolioMargin']).optional(),
  /** Makes a new address a sub-account of this one. */
  master: address.optional(),
  /** Dollars added to the lifetime volume. */
  volume: amount.optional(),
});
export const accountsSchema = z.strictObject({ accounts: z.array(accountSchema).min(1).max(20_000) });

export const priceSchema = z.strictObject({ coin, price: positivePrice, oracleOnly: z.boolean().default(false) });
export const pricesSchema = z.strictObject({ prices: z.array(priceSchema).min(1).max(1_000) });

export const tradeSchema = z.strictObject({
  address,
  coin,
  side: z.enum(['buy', 'sell']),
  price: positivePrice,
  size: positiveSize,
  orderId: z.int().min(1).optional(),
});
/** `prices` move in the same block, before the trades: a recorded fill meets the market it was made in. */
export const tradesSchema = z.strictObject({
  trades: z.array(tradeSchema).min(1).max(20_000),
  prices: z.array(priceSchema).max(1_000).default([]),
});

/** Each entry in a block of its own, one after another: a recording is played without a request per block. */
export const blocksSchema = z.strictObject({ blocks: z.array(tradesSchema).min(1).max(1_000) });

const level = z.strictObject({ price: positivePrice, size: positiveSize });
export const makersSchema = z.strictObject({ coin: coin.optional(), on: z.boolean() });
export const quoteSchema = z.strictObject({ coin, bids: z.array(level).max(200), asks: z.array(level).max(200) });
export const walkSchema = z.strictObject({ on: z.boolean() });
export const haltSchema = z.strictObject({ on: z.boolean() });
export const fundingSchema = z.strictObject({ coin: coin.optional(), hourlyRate: rate.nullable().optional(), charge: z.boolean().default(false) });

const effect = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('silence') }),
  z.strictObject({ kind: z.literal('hang_up') }),
  z.strictObject({ kind: z.literal('status'), status: z.union([z.literal(429), z.int().min(500).max(599)]) }),
  z.strictObject({ kind: z.literal('truncate') }),
  z.strictObject({ kind: z.literal('refuse'), text: z.string().min(1).max(500) }),
  z.strictObject({ kind: z.literal('delay'), delayMs: z.int().min(1).max(600_000) }),
  z.strictObject({ kind: z.literal('duplicate') }),
  z.strictObject({ kind: z.literal('reorder'), frames: z.int().min(1).max(1_000).default(1) }),
]);
export const faultSchema = z
  .strictObject({
    target: z.enum(['exchange', 'info', 'stream', 'upgrade']).default('exchange'),
    effect,
    when: z.enum(['before', 'after']).default('before'),
    skip: z.int().min(0).max(10_000_000).default(0),
    count: z.int().min(1).max(10_000_000).nullable().default(1),
    probability: z.number().min(0).max(1).default(1),
    seed: seed.default(1),
    type: z.string().max(64).nullable().default(null),
    transport: z.enum(['http', 'socket']).nullable().default(null),
  })
  .refine((order) => EFFECTS_OF[order.target].includes(order.effect.kind), { path: ['effect'], message: 'no effect of this target' });

/** Who may place what: a coin or the whole venue halted, or post-only after an upgrade. */
export const tradingSchema = z.strictObject({ coin: coin.optional(), halted: z.boolean() });
export const postOnlySchema = z.strictObject({ on: z.boolean() });
export const delistSchema = z.strictObject({ coin });
/** Dollars at the mark from which positions may not grow; null for no cap. */
export const openInterestCapSchema = z.strictObject({ coin, usd: amount.nullable() });

/** The first complaint of a failed parse, with its path. */
export function complaintOf(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? 'not understood' : `${issue.path.join('.') || 'body'}: ${issue.message}`;
}
