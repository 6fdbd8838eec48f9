import { z } from 'zod';

const coin = z
  .string()
  .regex(/^([a-z]{1,8}:)?[A-Za-z0-9]{1,16}$/)
  .default('BTC')
  .describe('Instrument; BTC unless given.');
const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, { error: 'an address is 0x and 40 hex digits' })
  .transform((text) => text.toLowerCase());
const leader = address.describe('Whose account acts.');
const size = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,5})?$/, { error: 'a plain decimal with at most 5 decimals as text' })
  .refine((text) => Number(text) > 0, 'above 0')
  .describe('Size in the instrument.');
const side = z.enum(['buy', 'sell']).default('buy');
const percent = (standard: number, most: number) =>
  z.number().min(0.1).max(most).default(standard).describe(`Per cent of the price; ${standard} unless given, at most ${most}.`);
const minutes = (standard: number) =>
  z
    .int()
    .min(1)
    .max(15)
    .default(standard)
    .describe(`Over so many minutes; ${standard} unless given, at most 15. While the clock stands, one block after the other instead.`);

/** A scripted market scenario: what it does and what it takes. */
interface Scenario<S extends z.ZodType = z.ZodType> {
  readonly does: string;
  readonly params: S;
}
const scenario = <S extends z.ZodType>(does: string, params: S): Scenario<S> => ({ does, params });

/** Every scenario there is. What each does is written once, here: the catalogue, the reference and the documentation show it. */
export const SCENARIOS = {
  leader_opens: scenario('The leader buys or sells `size` at the mark: one move.', z.strictObject({ leader, coin, side, size })),
  leader_flips: scenario(
    'The leader turns his position over: flat, and as large on the other side, in one trade at the mark.',
    z.strictObject({ leader, coin }),
  ),
  leader_closes: scenario('The leader closes his position at the mark.', z.strictObject({ leader, coin })),
  liquidation_of_leader: scenario(
    'The price goes against the leader’s position, 2 % of it every two seconds, until the venue has liquidated him or `percent` is reached.',
    z.strictObject({ leader, coin, percent: percent(60, 90) }),
  ),
  crash: scenario('The price falls by `percent` in even steps.', z.strictObject({ coin, percent: percent(20, 80), minutes: minutes(5) })),
  trend: scenario(
    'The price moves by `percent` towards `direction`, in uneven steps drawn from the world’s seed.',
    z.strictObject({ coin, direction: z.enum(['up', 'down']).default('up'), percent: percent(10, 80), minutes: minutes(5) }),
  ),
  gap: scenario(
    'The price is elsewhere in the next block: `percent` towards `direction`, nothing traded between.',
    z.strictObject({ coin, direction: z.enum(['up', 'down']).default('down'), percent: percent(10, 50) }),
  ),
  thin_book: scenario(
    'Little stands in the book: five levels a side, half a per cent apart, `usd` dollars each, for `minutes`; then the makers are back.',
    z.strictObject({ coin, usd: z.int().min(10).max(100_000).default(200).describe('Dollars on each level.'), minutes: minutes(5) }),
  ),
  funding_spike: scenario(
    'Longs pay `percent` of their position at every full hour of venue time from now on, until `funding_normal`.',
    z.strictObject({
      coin,
      percent: z.number().min(-4).max(4).default(0.5).describe('Per cent an hour; negative: shorts pay.'),
    }),
  ),
  funding_normal: scenario('Ends a funding spike: the rate is computed again.', z.strictObject({ coin })),
  halt: scenario('Trading of the instrument is halted: orders are refused, blocks go on.', z.strictObject({ coin })),
  resume: scenario('Trading of the instrument goes on.', z.strictObject({ coin })),
} as const;

export type ScenarioName = keyof typeof SCENARIOS;
export type ScenarioParams<N extends ScenarioName> = z.output<(typeof SCENARIOS)[N]['params']>;
export const SCENARIO_NAMES = Object.keys(SCENARIOS) as readonly ScenarioName[];
export const isScenarioName = (text: string): text is ScenarioName => Object.hasOwn(SCENARIOS, text);

/** A scenario by its name, with its parameters as they were given: whoever plays it parses them by its own schema. */
export const scenarioOrderSchema = z.strictObject({
  name: z.enum(Object.keys(SCENARIOS) as [ScenarioName, ...ScenarioName[]]),
  params: z.record(z.string(), z.json()),
});
