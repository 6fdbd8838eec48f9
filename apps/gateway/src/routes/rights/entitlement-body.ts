import { idText, livemode, timeText, wireTime } from '@lockstep/delivery';
import { isEntitled } from '@lockstep/roster';
import { type EntitlementRow, latestCommands, type ScopedUnit } from '@lockstep/storage';
import { z } from 'zod';
import { listOf, named } from '../../http/documented';
import { livemodeField, timeOrNull } from '../../http/fields';
import { commandOrNull, commandSchema } from '../commands/command-body';

const ENTITLEMENT_STATUSES = ['granted', 'ended', 'revoked'] as const;

/** That a follower may copy a leader whose access is granted. */
export const entitlementSchema = named(
  'Entitlement',
  z
    .object({
      id: idText('ent'),
      livemode: livemodeField,
      leader_id: idText('ldr'),
      follower_id: idText('flw'),
      status: z.enum(ENTITLEMENT_STATUSES).describe('`ended`: its time is over. `revoked`: you took it back. Granting it again makes it `granted`.'),
      until: timeText
        .nullable()
        .describe('It ends with this moment; null: with none.')
        .meta({ examples: ['2026-12-31T00:00:00.000Z'] }),
      revoked_at: timeText.nullable(),
      actor: z.string().describe('The API key that granted or revoked it last.'),
      command: commandSchema.nullable().describe('The newest wish about it.'),
      created_at: timeText,
      updated_at: timeText,
    })
    .describe('A follower may copy a leader.'),
);
export const entitlementListSchema = listOf('EntitlementList', entitlementSchema);
export type EntitlementBody = z.output<typeof entitlementSchema>;

/** Presents entitlements with their newest commands: one statement, however many. */
export async function presentEntitlements(unit: ScopedUnit, rows: readonly EntitlementRow[]): Promise<(row: EntitlementRow) => EntitlementBody> {
  const commands = await latestCommands(
    unit,
    rows.map((row) => row.id),
  );
  const now = await unit.sandboxes.businessNow();
  return (row) => entitlementBody(row, now, commandOrNull(commands.get(row.id)));
}

const entitlementBody = (row: EntitlementRow, now: number, command: EntitlementBody['command']): EntitlementBody => ({
  id: row.id,
  livemode: livemode(row.environment),
  leader_id: row.leaderId,
  follower_id: row.followerId,
  status: row.revokedAt !== null ? 'revoked' : isEntitled(row, now) ? 'granted' : 'ended',
  until: timeOrNull(row.until),
  revoked_at: timeOrNull(row.revokedAt),
  actor: row.actor,
  command,
  created_at: wireTime(row.createdAt),
  updated_at: wireTime(row.updatedAt),
});
