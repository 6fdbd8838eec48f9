import { idText, livemode, timeText, wireTime } from '@lockstep/delivery';
import type { FollowerId } from '@lockstep/kernel';
import { ERASURE_WAITS, type FollowerRow, latestCommands, type ScopedUnit } from '@lockstep/storage';
import { z } from 'zod';
import { listOf, named } from '../../http/documented';
import { livemodeField, PLAIN_TEXT, timeOrNull } from '../../http/fields';
import type { RevisionOf } from '../../http/tags';
import { askNames } from '../../personal/names';
import type { PersonalKeys } from '../../personal/tenant-vault';
import { commandOrNull, commandSchema } from '../commands/command-body';

export const externalId = z
  .string()
  .min(1)
  .max(120)
  .regex(PLAIN_TEXT, { error: 'a text without control characters' })
  .describe('Your own name for this user, unique among your followers. It is kept under a key of the follower, which an erasure destroys.');
/** A follower to be made. */
export const newFollower = z.strictObject({ external_id: externalId.optional() });

/** A tenant's end user. `external_id` is all that is kept of a name: the tenant's own handle, sealed. */
export const followerSchema = named(
  'Follower',
  z
    .object({
      id: idText('flw'),
      livemode: livemodeField,
      external_id: z.string().nullable().describe('Your own name for this user; null: none, or its erasure was asked for.'),
      status: z.enum(['active', 'suspended', 'closed']),
      erasure_requested_at: timeText.nullable().describe('When the erasure of this user was asked for.'),
      erasure_waits_for: z
        .enum(ERASURE_WAITS)
        .nullable()
        .describe(
          'What the erasure waits for, 72 hours at most: `funding` until what the venue charged its accounts up to their last position is read, which takes until the next full hour as a rule; `settlement` until what came of that is settled. null: nothing.',
        ),
      erased_at: timeText.nullable().describe('When it was carried out: nothing personal is kept of this user any more.'),
      command: commandSchema.nullable().describe('The newest wish about this follower.'),
      created_at: timeText,
      updated_at: timeText,
    })
    .describe('An end user of yours.'),
);
export const followerListSchema = listOf('FollowerList', followerSchema);
export type FollowerBody = z.output<typeof followerSchema>;
/** What callers change of a follower. */
export const followerRevision: RevisionOf<FollowerBody> = ({ external_id, status, erased_at }) => [external_id, status, erased_at];

/** Asks for what is shown of these followers beside their rows, in one turn. */
export async function presentFollowers(
  keys: PersonalKeys,
  unit: ScopedUnit,
  ids: readonly FollowerId[],
): Promise<(row: FollowerRow) => FollowerBody> {
  const [commands, erasures, nameOf] = await Promise.all([latestCommands(unit, ids), unit.followerErasures.of(ids), askNames(keys, unit, ids)]);
  return (row) => ({
    id: row.id,
    livemode: livemode(row.environment),
    external_id: erasures.has(row.id) ? null : nameOf(row),
    status: row.status,
    erasure_requested_at: timeOrNull(erasures.get(row.id)?.askedAt ?? null),
    erasure_waits_for: erasures.get(row.id)?.waitsFor ?? null,
    erased_at: timeOrNull(erasures.get(row.id)?.erasedAt ?? null),
    command: commandOrNull(commands.get(row.id)),
    created_at: wireTime(row.createdAt),
    updated_at: wireTime(row.updatedAt),
  });
}
