import { err, type FollowerId, ok, type Result } from '@lockstep/kernel';
import type { ScopedUnit } from '@lockstep/storage';
import type { GatewayContext } from '../../app/context';
import { madeWith } from '../../http/audit-change';
import type { ItemRefusal } from '../../http/bulk';
import type { Call } from '../../http/call';
import type { Mutations } from '../../http/mutations';
import { roomFor } from '../../http/quotas';
import { keepNames, takenNames } from '../../personal/names';

/** What the audit log tells of a new follower: the tenant's own handle stands in the follower alone, because lines are kept for good. */
export const NEW_FOLLOWER = { status: 'active' } as const;

export interface FollowerDraft {
  readonly external_id?: string | undefined;
}

/** Registers followers in the unit, as many as the plan has room for: each is made or refused, in the order of the drafts. */
export async function makeFollowers(
  { context, mutations }: { readonly context: GatewayContext; readonly mutations: Mutations },
  unit: ScopedUnit,
  call: Call,
  drafts: readonly FollowerDraft[],
): Promise<readonly Result<FollowerId, ItemRefusal>[]> {
  // Whoever registers followers counts first and waits for the others, so that no external_id is taken between the look and the insert.
  const room = await roomFor(unit, call, 'followers');
  const taken = new Map(
    await takenNames(
      context.keys,
      unit,
      drafts.flatMap(({ external_id }) => external_id ?? []),
    ),
  );
  const made: FollowerId[] = [];
  const names = new Map<FollowerId, string>();
  const results = drafts.map(({ external_id }): Result<FollowerId, ItemRefusal> => {
    const existingId = external_id === undefined ? undefined : taken.get(external_id);
    if (existingId !== undefined) {
      const detail = 'A follower with this external_id exists.';
      return err({ code: 'already_exists', detail, existingId, errors: [{ pointer: '/external_id', code: 'already_exists', detail }] });
    }
    if (made.length >= room.places) return err(room.refusal);
    const id = context.ids.next('follower');
    if (external_id !== undefined) taken.set(external_id, id);
    made.push(id);
    if (external_id !== undefined) names.set(id, external_id);
    return ok(id);
  });
  const times = { createdAt: unit.now, updatedAt: unit.now };
  await unit.followers.insertAll(made.map((id) => ({ id, externalRef: null, status: 'active' as const, ...times })));
  await keepNames(context.keys, unit, names);
  for (const id of made) await mutations.audit(unit, call, 'follower.create', id, {}, madeWith(NEW_FOLLOWER));
  return results;
}
