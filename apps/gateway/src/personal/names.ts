import type { FollowerId } from '@lockstep/kernel';
import type { FollowerRow, ScopedUnit } from '@lockstep/storage';
import { openOrMakeVault, openVault, type PersonalKeys, vaultOf } from './tenant-vault';

/** Keeps names of new followers, whose rows stand in the unit already. A name that somebody else took in the same moment breaks its key. */
export async function keepNames(keys: PersonalKeys, unit: ScopedUnit, names: ReadonlyMap<FollowerId, string>): Promise<void> {
  if (names.size === 0) return;
  const vault = await openOrMakeVault(keys, unit);
  const kept = [...names].map(([followerId, name]) => ({ followerId, createdAt: unit.now, ...vault.keep(followerId, name) }));
  await unit.followerKeys.insertAll(kept.map(({ followerId, sealedKey, createdAt }) => ({ followerId, sealedKey, createdAt })));
  await unit.followerRefs.insertAll(kept.map(({ followerId, sealedRef, digest }) => ({ followerId, sealedRef, digest })));
}

/** Which of these names are taken, and by whom. */
export async function takenNames(keys: PersonalKeys, unit: ScopedUnit, names: readonly string[]): Promise<ReadonlyMap<string, FollowerId>> {
  // A gateway may be sealing names of before at this moment. It moves each in one transaction, so what is not found here is found below.
  const taken = new Map(await unit.followers.idsOf(names));
  const vault = await openVault(keys, unit);
  if (vault === null || names.length === 0) return taken;
  const digests = new Map(names.map((name) => [vault.digestOf(name).toString('hex'), name]));
  const found = await unit.followerRefs.byDigest([...digests.keys()].map((digest) => Buffer.from(digest, 'hex')));
  for (const [digest, followerId] of found) taken.set(digests.get(digest) ?? '', followerId);
  return taken;
}

/** A follower's name; null: it has none, or its key was destroyed. */
export type NameOf = (row: FollowerRow) => string | null;

/** Asks for everything that names of these followers are made of, in one turn. A name is opened when it is asked for. */
export async function askNames(keys: PersonalKeys, unit: ScopedUnit, ids: readonly FollowerId[]): Promise<NameOf> {
  const [sealed, refs, own] = await Promise.all([unit.tenantKeys.sealed(), unit.followerRefs.of(ids), unit.followerKeys.of(ids)]);
  const vault = sealed === null || refs.size === 0 ? null : vaultOf(keys, unit.scope, sealed);
  return ({ id, externalRef }) => {
    const sealedRef = refs.get(id)?.sealedRef;
    const sealedKey = own.get(id)?.sealedKey;
    return vault === null || sealedRef === undefined || sealedKey === undefined ? externalRef : vault.open(id, { sealedKey, sealedRef });
  };
}
