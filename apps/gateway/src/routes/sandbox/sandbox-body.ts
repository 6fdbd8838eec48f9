import {
  decimalText,
  idText,
  livemode,
  SANDBOX_TASK_ERRORS,
  SANDBOX_TASK_KINDS,
  SCENARIO_NAMES,
  SCENARIOS,
  timeText,
  wireTime,
} from '@lockstep/delivery';
import type { EpochMs } from '@lockstep/kernel';
import { faceOf, type SandboxRow, type SandboxTaskRow, type VenueNetworkRow } from '@lockstep/storage';
import type { ClockFace } from '@lockstep/tenancy';
import { z } from 'zod';
import { listOf, named } from '../../http/documented';
import { livemodeField, timeOrNull } from '../../http/fields';
import { shownNetwork } from '../venue';

export const testClockSchema = named(
  'TestClock',
  z
    .object({
      frozen: z.boolean().describe('Whether business time stands still. What is done in the world still takes its block of 100 ms of venue time.'),
      business_time: timeText.describe('What time it is in your sandbox.'),
      real_time: timeText.describe('What time it is elsewhere: ids, keys, limits, signatures, latency.'),
    })
    .describe('The clock of your sandbox.'),
);

/** A tenant's own world. */
export const sandboxSchema = named(
  'Sandbox',
  z
    .object({
      id: idText('sbx'),
      livemode: livemodeField,
      status: z.enum(['opening', 'open', 'closed']).describe('`closed`: nobody used it for long; open it again.'),
      network: z.string().describe('Its name as a network of leaders and venue accounts.'),
      seed: z.int().min(0).describe('What its prices follow from.'),
      epoch: z
        .int()
        .min(0)
        .describe(
          'Rises when the world begins anew with empty books, because it was closed or the simulated venue restarted: money, positions and orders of before are gone there.',
        ),
      clock: testClockSchema.nullable().describe('Null before it was opened first.'),
      advanced_ms: z.int().min(0).describe('By how much the clock was advanced in this epoch.'),
      opened_at: timeText.nullable(),
      created_at: timeText,
    })
    .describe('Your own world of the simulated venue.'),
);

export const clockBody = (face: ClockFace & { readonly shows: EpochMs }, now: EpochMs): z.output<typeof testClockSchema> => ({
  frozen: face.frozen,
  business_time: wireTime(face.shows),
  real_time: wireTime(now),
});

export function sandboxBody(row: SandboxRow, network: VenueNetworkRow | null, shows: EpochMs, now: EpochMs): z.output<typeof sandboxSchema> {
  const face = network === null ? null : faceOf(network);
  return {
    id: row.id,
    livemode: livemode(row.environment),
    status: row.status,
    network: shownNetwork(row.network),
    seed: row.seed,
    epoch: row.epoch,
    clock: face === null ? null : clockBody({ ...face, shows }, now),
    advanced_ms: row.advancedMs,
    opened_at: timeOrNull(row.openedAt),
    created_at: wireTime(row.createdAt),
  };
}

/** Something that is done with a world. */
export const sandboxTaskSchema = named(
  'SandboxTask',
  z
    .object({
      id: idText('sbt'),
      livemode: livemodeField,
      kind: z.enum([...SANDBOX_TASK_KINDS] as [string, ...string[]]),
      params: z.record(z.string(), z.unknown()).describe('What was asked for.'),
      status: z.enum(['queued', 'running', 'done', 'failed']),
      result: z.record(z.string(), z.unknown()).nullable().describe('What was done; while it runs, how far it is.'),
      error: z
        .enum([...SANDBOX_TASK_ERRORS])
        .nullable()
        .describe('Why it failed. `interrupted`: it was in the middle when our process ended, and `result` says what was done by then.'),
      created_at: timeText,
      started_at: timeText.nullable(),
      ended_at: timeText.nullable(),
    })
    .describe('Something that is done with your world, in the order it was asked for.'),
);
export const sandboxTaskListSchema = listOf('SandboxTaskList', sandboxTaskSchema);

const members = z.record(z.string(), z.unknown());

export const sandboxTaskBody = (row: SandboxTaskRow): z.output<typeof sandboxTaskSchema> => ({
  id: row.id,
  livemode: livemode(row.environment),
  kind: row.kind,
  params: members.parse(row.params),
  status: row.status,
  result: row.result === null ? null : members.parse(row.result),
  error: SANDBOX_TASK_ERRORS.find((error) => error === row.error) ?? (row.error === null ? null : 'interrupted'),
  created_at: wireTime(row.createdAt),
  started_at: timeOrNull(row.startedAt),
  ended_at: timeOrNull(row.endedAt),
});

/** An instrument of a world, now. */
const sandboxMarketSchema = named(
  'SandboxMarket',
  z
    .object({
      coin: z.string(),
      mark: decimalText,
      oracle: decimalText,
      mid: decimalText.nullable().describe('Null while nobody stands on a side of the book.'),
      funding_rate: decimalText.describe('What longs pay at the next full hour, as a share of the position.'),
      max_leverage: z.int().min(1),
    })
    .describe('An instrument of your world, now.'),
);
export const sandboxMarketListSchema = listOf('SandboxMarketList', sandboxMarketSchema);
export type SandboxMarketBody = z.output<typeof sandboxMarketSchema>;

/** What an address has in a world, now. */
export const sandboxAccountSchema = named(
  'SandboxAccount',
  z
    .object({
      address: z.string(),
      dex: z.string(),
      equity: decimalText,
      withdrawable: decimalText,
      positions: z.array(
        z.object({
          coin: z.string(),
          size: decimalText.describe('Negative for a short.'),
          entry_price: decimalText,
          unrealised_pnl: decimalText,
          leverage: z.number(),
          liquidation_price: decimalText.nullable(),
        }),
      ),
    })
    .describe('What an address has in your world, now.'),
);
export type SandboxAccountBody = z.output<typeof sandboxAccountSchema>;

/** A scripted scenario. */
const scenarioSchema = named(
  'SandboxScenario',
  z
    .object({
      name: z.enum([...SCENARIO_NAMES] as [string, ...string[]]),
      does: z.string(),
      params: z.record(z.string(), z.unknown()).describe('JSON Schema of its parameters.'),
    })
    .describe('A market scenario that can be played in your world.'),
);
export const scenarioListSchema = listOf('SandboxScenarioList', scenarioSchema);

/** The catalogue, made from the code that plays it. */
export const SCENARIO_CATALOGUE: readonly z.output<typeof scenarioSchema>[] = SCENARIO_NAMES.map((name) => {
  const { $schema: _dialect, ...params } = z.toJSONSchema(SCENARIOS[name].params, { io: 'input', target: 'draft-2020-12' });
  return { name, does: SCENARIOS[name].does, params };
});
