import { idText, livemode, timeText, wireTime } from '@lockstep/delivery';
import { type FollowerRow, latestCommands, type ScopedUnit } from '@lockstep/storage';
import { z } from 'zod';
import { listOf, named } from '../../http/documented';
import { livemodeField, PLAIN_TEXT } from '../../http/fields';
import type { RevisionOf } from '../../http/tags';
import { commandOrNull, commandSchema } from '../commands/command-body';

export const externalId = z
  .string()
  .min(1)
  .max(120)
  .regex(PLAIN_TEXT, { error: 'a text without control characters' })
  .describe('Your own name for this user, unique among your followers. Put no personal data here.');
/** A follower to be made. */
export const newFollower = z.strictObject({ external_id: externalId.optional() });

/** A tenant's end user. Nothing personal is kept: `external_id` is the tenant's own handle. */
export const followerSchema = named(
  'Follower',
  z
    .object({
      id: idText('flw'),
      livemode: livemodeField,
      external_id: z.string().nullable().describe('Your own name for this user.'),
      status: z.enum(['active', 'suspended', 'closed']),
      command: commandSchema.nullable().describe('The newest wish about this follower.'),
      created_at: timeText,
      updated_at: timeText,
    })
    .describe('An end user of yours.'),
);
export const followerListSchema = listOf('FollowerList', followerSchema);
export type FollowerBody = z.output<typeof followerSchema>;
/** What callers change of a follower. */
export const followerRevision: RevisionOf<FollowerBody> = ({ external_id, status }) => [external_id, status];

/** Presents followers with their newest commands. */
export async function presentFollowers(unit: ScopedUnit, rows: readonly FollowerRow[]): Promise<(row: FollowerRow) => FollowerBody> {
  const commands = await latestCommands(
    unit,
    rows.map((row) => row.id),
  );
  return (row) => ({
    id: row.id,
    livemode: livemode(row.environment),
    external_id: row.externalRef,
    status: row.status,
    command: commandOrNull(commands.get(row.id)),
    created_at: wireTime(row.createdAt),
    updated_at: wireTime(row.updatedAt),
  });
}
