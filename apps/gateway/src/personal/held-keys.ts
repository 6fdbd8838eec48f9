import { ENVIRONMENTS, type TenantScope } from '@lockstep/kernel';
import { type GatewayKeys, keyIdOfBox, opener } from '@lockstep/platform';
import type { Storage } from '@lockstep/storage';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { openTenantKey, sealTenantKey } from './tenant-vault';

/** Scopes that are looked at side by side. */
const SCOPES_AT_ONCE = 8;

type SealingKeysOfGateway = Pick<GatewayKeys, 'personalDataKeys' | 'requestSigningKeys'>;

/** How many boxes each key opens, by its id. */
export type KeyCounts = ReadonlyMap<string, number>;

/** What a gateway opens: tenants' keys of personal data, and secrets that requests are signed with. */
export interface GatewaySeals {
  readonly tenantKeys: KeyCounts;
  readonly signingSecrets: KeyCounts;
}

/** Counts what is sealed for gateways, by the key it is sealed for. */
export async function gatewaySeals(storage: Storage): Promise<GatewaySeals> {
  const tenantKeys = new Map<string, number>();
  await eachScope(storage, async (scope) => {
    const sealed = await storage.scoped(scope, (unit) => unit.tenantKeys.sealed(), { readOnly: true });
    if (sealed !== null) count(tenantKeys, keyIdOfBox(sealed) ?? 'unreadable');
  });
  const signingSecrets = await storage.platform((unit) => unit.keyIndex.signingSeals(), { readOnly: true });
  return { tenantKeys, signingSecrets };
}

/** Why this gateway must not serve: what is sealed for keys it does not hold, and what to do; null where it holds them all. */
export function missingKeys({ tenantKeys, signingSecrets }: GatewaySeals, keys: SealingKeysOfGateway): string | null {
  const lines = [
    ...absent(tenantKeys, opener(keys.personalDataKeys).keyIds).map(([id, many]) => `  ${id}: the personal data of ${many} tenant environments`),
    ...absent(signingSecrets, opener(keys.requestSigningKeys).keyIds).map(([id, many]) => `  ${id}: what ${many} API keys sign their requests with`),
  ];
  if (lines.length === 0) return null;
  return [
    'this gateway does not hold every key that its data is sealed with:',
    ...lines,
    'Give it every LOCKSTEP_KEY_PEPPER (or the data folder) it was made with, and every key of LOCKSTEP_PERSONAL_DATA_KEYS that is still needed (docs/sealing.md).',
  ].join('\n');
}

/** Seals every tenant's key anew for the newest of the deployment's keys, one transaction each; what is done is not done again. Returns how many were. */
export async function resealTenantKeys(storage: Storage, keys: SealingKeysOfGateway): Promise<number> {
  const [newest] = opener(keys.personalDataKeys).keyIds;
  let resealed = 0;
  await eachScope(storage, async (scope) => {
    await storage.scoped(scope, async (unit) => {
      const sealed = await unit.tenantKeys.sealed();
      if (sealed === null || keyIdOfBox(sealed) === newest) return;
      if (await unit.tenantKeys.replace(sealed, sealTenantKey(keys, scope, openTenantKey(keys, scope, sealed).reveal()))) resealed += 1;
    });
  });
  return resealed;
}

async function eachScope(storage: Storage, work: (scope: TenantScope) => Promise<void>): Promise<void> {
  const tenants = await storage.platform((unit) => unit.tenants.find({}), { readOnly: true });
  const scopes = tenants.flatMap(({ id }) => ENVIRONMENTS.map((environment) => scopeFromPlatformList(id, environment)));
  for (let from = 0; from < scopes.length; from += SCOPES_AT_ONCE) await Promise.all(scopes.slice(from, from + SCOPES_AT_ONCE).map(work));
}

const absent = (counts: KeyCounts, held: readonly string[]): readonly (readonly [string, number])[] =>
  [...counts].filter(([id]) => !held.includes(id));

function count(counts: Map<string, number>, id: string): void {
  counts.set(id, (counts.get(id) ?? 0) + 1);
}
