import { timeText, wireTime } from '@lockstep/delivery';
import { COMMAND_KINDS, COMMAND_REFUSALS, type CommandRow } from '@lockstep/storage';
import { z } from 'zod';
import { named } from '../../http/documented';
import { timeOrNull } from '../../http/fields';

const resultSchema = named(
  'CommandResult',
  z
    .object({
      agent_valid_until: timeText.nullable().optional().describe('Accounts: when the venue ends the agent’s approval; null when it does not.'),
      builder_fee_approved_tenths_bp: z.int().optional().describe('Accounts: builder fee approved at the venue, in tenths of a basis point.'),
      account_mode: z.enum(['standard', 'unified']).optional().describe('Accounts: how the venue holds its margin.'),
      watching: z.boolean().optional().describe('Leaders: whether the account is watched; false: it will be once the venue tells its state.'),
      copies: z.int().optional().describe('How many copies it acted on.'),
    })
    .describe('What an applied command gave; which members are there depends on its kind.'),
);
const refusalSchema = named(
  'CommandRefusal',
  z.object({ reason: z.enum(COMMAND_REFUSALS), detail: z.string().nullable().describe('For people.') }).describe('Why the engine refused a command.'),
);

/** A tenant's wish to the engine and what became of it. */
export const commandSchema = named(
  'Command',
  z
    .object({
      no: z
        .string()
        .regex(/^[1-9]\d{0,17}$/)
        .describe('Its number: 1, 2, 3 … in the order the wishes were written.'),
      kind: z.enum(COMMAND_KINDS),
      target_id: z.string().describe('The object it is about.'),
      status: z.enum(['pending', 'applied', 'refused']),
      result: resultSchema.nullable(),
      refusal: refusalSchema.nullable(),
      created_at: timeText,
      applied_at: timeText.nullable().describe('When the engine applied or refused it.'),
    })
    .describe('Desired state on its way to the engine.'),
);
export type CommandBody = z.output<typeof commandSchema>;

const kindSchema = z.enum(COMMAND_KINDS);
/** Results as the engine writes them (see storage's command contract); what is not there stays out. */
const storedResult = z.object({
  agentValidUntil: z.number().nullable().optional(),
  builderFeeApprovedTenths: z.number().optional(),
  mode: z.enum(['standard', 'unified']).optional(),
  watching: z.boolean().optional(),
  copies: z.number().optional(),
});
const storedRefusal = z.object({ reason: z.enum(COMMAND_REFUSALS), detail: z.string().optional() });

export function commandBody(row: CommandRow): CommandBody {
  return {
    no: row.no.toString(),
    kind: kindSchema.parse(row.kind),
    target_id: row.targetId,
    status: row.status,
    result: row.status === 'applied' ? resultBody(row.result) : null,
    refusal: row.status === 'refused' ? refusalBody(row.result) : null,
    created_at: wireTime(row.createdAt),
    applied_at: timeOrNull(row.appliedAt),
  };
}

export const commandOrNull = (row: CommandRow | null | undefined): CommandBody | null => (row ? commandBody(row) : null);

function resultBody(stored: unknown): CommandBody['result'] {
  const parsed = storedResult.safeParse(stored);
  if (!parsed.success) return null;
  const { agentValidUntil, builderFeeApprovedTenths, mode, watching, copies } = parsed.data;
  return {
    ...(agentValidUntil === undefined ? {} : { agent_valid_until: timeOrNull(agentValidUntil) }),
    ...(builderFeeApprovedTenths === undefined ? {} : { builder_fee_approved_tenths_bp: builderFeeApprovedTenths }),
    ...(mode === undefined ? {} : { account_mode: mode }),
    ...(watching === undefined ? {} : { watching }),
    ...(copies === undefined ? {} : { copies }),
  };
}

function refusalBody(stored: unknown): CommandBody['refusal'] {
  const { reason, detail } = storedRefusal.parse(stored);
  return { reason, detail: detail ?? null };
}
