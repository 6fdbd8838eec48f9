import { parseMoney, parsePrice, parseSize } from '@lockstep/kernel';
import { z } from 'zod';
import { SANDBOX_LIMITS } from './limits';
import { scenarioOrderSchema } from './scenarios';

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, { error: 'an address is 0x and 40 hex digits' })
  .transform((text) => text.toLowerCase());
const DECIMAL = '^\\d{1,12}(\\.\\d{1,8})?$';
const above0 = (parse: (text: string) => { readonly ok: boolean; readonly value?: bigint }, example: string) =>
  z
    .string()
    .refine((text) => new RegExp(DECIMAL).test(text) && parse(text).ok && (parse(text).value ?? 0n) > 0n, 'a plain decimal above 0 as text')
    .meta({ pattern: DECIMAL, examples: [example] });
const coin = z
  .string()
  .regex(/^([a-z]{1,8}:)?[A-Za-z0-9]{1,16}$/)
  .describe('Instrument as the venue names it, e.g. `BTC`.')
  .meta({ examples: ['BTC'] });

/** Money given to an address in the caller's own world. */
export const creditsSchema = z.strictObject({
  credits: z
    .array(
      z.strictObject({
        address,
        amount: z
          .string()
          .refine((text) => {
            const parsed = parseMoney(text);
            return (
              /^\d{1,8}(\.\d{1,6})?$/.test(text) && parsed.ok && parsed.value > 0n && parsed.value <= BigInt(SANDBOX_LIMITS.creditMax) * 100_000_000n
            );
          }, `a plain decimal above 0 with at most 6 decimals, at most ${SANDBOX_LIMITS.creditMax}`)
          .meta({ pattern: '^\\d{1,8}(\\.\\d{1,6})?$', examples: ['10000'] }),
        dex: z
          .string()
          .regex(/^[a-z]{0,8}$/)
          .default('')
          .describe('Empty for the main dex, or a builder dex: it is credited in its collateral.'),
      }),
    )
    .min(1)
    .max(SANDBOX_LIMITS.creditsMax),
});

/** Trades that an address makes in the caller's own world, outside of the book and of margin: what a leader does. */
export const tradesSchema = z.strictObject({
  trades: z
    .array(
      z.strictObject({
        address,
        coin,
        side: z.enum(['buy', 'sell']),
        size: above0(parseSize, '0.05'),
        price: above0(parsePrice, '66300').optional().describe('Left out: the mark at that moment.'),
      }),
    )
    .min(1)
    .max(SANDBOX_LIMITS.tradesMax),
});

/** By how much the clock is advanced. */
export const advanceSchema = z.strictObject({
  ms: z
    .int()
    .min(1)
    .max(SANDBOX_LIMITS.advanceMaxMs)
    .describe('Milliseconds of business time; at most 30 days at once.')
    .meta({ examples: [86_400_000] }),
});

const nothing = z.strictObject({});

/** What the back office does with a world, by kind, and what each takes. */
export const SANDBOX_TASKS = {
  open: nothing,
  close: nothing,
  freeze: nothing,
  resume: nothing,
  advance: advanceSchema,
  credit: creditsSchema,
  trade: tradesSchema,
  scenario: scenarioOrderSchema,
} as const;
export type SandboxTaskKind = keyof typeof SANDBOX_TASKS;
export type SandboxTaskParams<K extends SandboxTaskKind> = z.output<(typeof SANDBOX_TASKS)[K]>;
export const SANDBOX_TASK_KINDS = Object.keys(SANDBOX_TASKS) as readonly SandboxTaskKind[];

/** Why a task ended without success. */
export const SANDBOX_TASK_ERRORS = [
  'no_room',
  'not_open',
  'interrupted',
  'unknown_coin',
  'unknown_dex',
  'no_position',
  'trade_refused',
  'beyond_total',
  'venue_unavailable',
] as const;
export type SandboxTaskError = (typeof SANDBOX_TASK_ERRORS)[number];
export const isSandboxTaskKind = (text: string): text is SandboxTaskKind => Object.hasOwn(SANDBOX_TASKS, text);
