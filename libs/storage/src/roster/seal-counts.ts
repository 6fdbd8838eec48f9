import { ENVIRONMENTS, type TenantScope } from '@lockstep/kernel';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import type { Storage } from '../storage';
import type { SealCount } from './seals';

/** Scopes whose boxes are counted side by side. */
const SCOPES_AT_ONCE = 4;

/** Every scope of the deployment, those of closed tenants too: their boxes need their keys as any others do. */
export async function everyScope(storage: Pick<Storage, 'platform'>): Promise<readonly TenantScope[]> {
  const tenants = await storage.platform((unit) => unit.tenants.find({}, { orderBy: { id: 'ASC' } }), { readOnly: true });
  return tenants.flatMap(({ id }) => ENVIRONMENTS.map((environment) => scopeFromPlatformList(id, environment)));
}

/** Which key opens how many agent keys of the whole deployment, by key id. A key that opens none is absent. */
export async function sealCounts(storage: Pick<Storage, 'platform' | 'scoped'>): Promise<readonly SealCount[]> {
  const sums = new Map<string, SealCount>();
  const scopes = await everyScope(storage);
  for (let from = 0; from < scopes.length; from += SCOPES_AT_ONCE) {
    const counted = await Promise.all(
      scopes.slice(from, from + SCOPES_AT_ONCE).map((scope) => storage.scoped(scope, (unit) => unit.seals.counts(), { readOnly: true })),
    );
    for (const { keyId, boxes, inUse } of counted.flat()) {
      const sum = sums.get(keyId);
      sums.set(keyId, { keyId, boxes: boxes + (sum?.boxes ?? 0), inUse: inUse + (sum?.inUse ?? 0) });
    }
  }
  return [...sums.values()].sort((a, b) => (a.keyId < b.keyId ? -1 : 1));
}
