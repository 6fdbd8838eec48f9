import type { FollowerId } from '@lockstep/kernel';
import type { FollowerRow, ScopedUnit } from '@lockstep/storage';
import { keepNames } from './names';
import { openOrMakeVault, type PersonalKeys } from './tenant-vault';

/** Followers whose names are sealed in one transaction. */
export const BATCH_FOLLOWERS = 500;

/** What became of an earlier name: `apart` is one that another follower has too; it is sealed and shown, and found by the other alone. */
export type SealedName = 'sealed' | 'apart' | 'none';

/** The followers behind an id whose names are to be sealed, at most a batch. */
export const plainBatch = (unit: ScopedUnit, after: string): Promise<readonly FollowerRow[]> => unit.followers.plain(BATCH_FOLLOWERS, after);

/** Seals names that were kept before there were keys, of followers that the unit holds. Throws, and nothing of it is done, where one of the names is kept already. */
export async function sealBatch(keys: PersonalKeys, unit: ScopedUnit, rows: readonly FollowerRow[]): Promise<void> {
  const names = new Map(rows.flatMap((row) => (row.externalRef === null ? [] : [[row.id, row.externalRef] as const])));
  await keepNames(keys, unit, names);
  for (const id of names.keys()) await unit.followers.update({ id }, { externalRef: null });
}

/** Seals one follower's earlier name, also where another follower has it. Throws where the follower has a sealed name already. */
export async function sealAlone(keys: PersonalKeys, unit: ScopedUnit, followerId: FollowerId): Promise<SealedName> {
  const name = (await unit.followers.findOne({ id: followerId }, { lock: true }))?.externalRef ?? null;
  if (name === null) return 'none';
  const vault = await openOrMakeVault(keys, unit);
  const kept = vault.keep(followerId, name);
  const isTaken = (await unit.followerRefs.byDigest([kept.digest])).size > 0;
  await unit.followerKeys.insert({ followerId, sealedKey: kept.sealedKey, createdAt: unit.now });
  await unit.followerRefs.insert({ followerId, sealedRef: kept.sealedRef, digest: isTaken ? vault.digestOfNone(followerId) : kept.digest });
  await unit.followers.update({ id: followerId }, { externalRef: null });
  return isTaken ? 'apart' : 'sealed';
}
