import { isId } from '@lockstep/kernel';
import { type Belongs, isInside, type Narrowing } from '@lockstep/tenancy';
import { z } from 'zod';

/** Whose a copy is. */
export interface CopyParties {
  readonly leaderId: string;
  readonly followerId: string;
}
/** Finds copies of one scope by id. */
export type FindParties = (copyIds: readonly string[]) => Promise<ReadonlyMap<string, CopyParties>>;

const id = z.string().nullish().catch(null);
const namedSchema = z.object({ copy_id: id, leader_id: id, follower_id: id, target_id: id });

/** What an event says it belongs to, by its data. An event of two copies names neither as its own. */
function namedBy(data: unknown): Belongs {
  const parsed = namedSchema.safeParse(data);
  if (!parsed.success) return {};
  const { copy_id, leader_id, follower_id, target_id } = parsed.data;
  const target = target_id ?? '';
  return {
    copy: copy_id ?? (isId('copy', target) ? target : null),
    leader: leader_id ?? (isId('leader', target) ? target : null),
    follower: follower_id ?? (isId('follower', target) ? target : null),
  };
}

/** For each event's data, whether a key of this narrowing is shown it. What an event does not say of itself is taken from its copy. */
export async function eventsInside(narrowing: Narrowing, data: readonly unknown[], find: FindParties): Promise<readonly boolean[]> {
  const named = data.map(namedBy);
  const unsaid = named.flatMap((one) => (typeof one.copy === 'string' && typeof one[narrowing.kind] !== 'string' ? [one.copy] : []));
  const parties = unsaid.length === 0 ? new Map<string, CopyParties>() : await find([...new Set(unsaid)]);
  return named.map((one) => {
    const copy = typeof one.copy === 'string' ? parties.get(one.copy) : undefined;
    return isInside(narrowing, { ...one, leader: one.leader ?? copy?.leaderId ?? null, follower: one.follower ?? copy?.followerId ?? null });
  });
}

/** Copies remembered by one reader: their parties never change. */
const REMEMBERED_MAX = 10_000;

/** `find` with a memory of what it found. */
export function remembering(find: FindParties): FindParties {
  const known = new Map<string, CopyParties>();
  return async (copyIds) => {
    const missing = copyIds.filter((one) => !known.has(one));
    if (known.size + missing.length > REMEMBERED_MAX) known.clear();
    const asked = copyIds.filter((one) => !known.has(one));
    if (asked.length > 0) for (const [copyId, parties] of await find(asked)) known.set(copyId, parties);
    return known;
  };
}
