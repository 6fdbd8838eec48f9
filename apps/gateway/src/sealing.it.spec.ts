import { type GatewayKeys, makeSealingKeys, opener, sealer } from '@lockstep/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewaySeals, missingKeys, resealTenantKeys } from './personal/held-keys';
import { keepNames } from './personal/names';
import { presentFollowers } from './routes/followers/follower-body';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';

let rig: GatewayRig;
let tenants: readonly RigTenant[];
beforeAll(async () => {
  rig = await openRig();
  tenants = [await rig.tenant('One'), await rig.tenant('Two')];
  for (const { key } of tenants) good(await rig.call(key, 'post', '/v1/followers', { external_id: 'anna' }));
}, 300_000);
afterAll(() => rig?.close());

/** The gateway's keys with newer ones before those it has. */
const newer = (...made: readonly ReturnType<typeof makeSealingKeys>[]): GatewayKeys => ({
  ...rig.context.keys,
  personalDataKeys: [...made.map((pair) => pair.privateKey), ...rig.context.keys.personalDataKeys],
});
const idOf = ({ publicKey }: ReturnType<typeof makeSealingKeys>): string => sealer(publicKey).keyId;
const namesWith = async (keys: GatewayKeys): Promise<readonly (string | null)[]> =>
  Promise.all(
    tenants.map(({ scope }) =>
      rig.context.storage.scoped(scope, async (unit) => {
        const [row] = await unit.followers.find({});
        return row === undefined ? null : (await presentFollowers(keys, unit, [row.id]))(row).external_id;
      }),
    ),
  );

describe('the keys of personal data', () => {
  it('are renewed scope by scope: every name opens before, between and after, and with the newest key alone at the end', async () => {
    const [first] = opener(rig.context.keys.personalDataKeys).keyIds;
    const fresh = makeSealingKeys();
    const keys = newer(fresh);
    expect((await gatewaySeals(rig.context.storage)).tenantKeys).toEqual(new Map([[first, 2]]));
    expect(await namesWith(keys)).toEqual(['anna', 'anna']);
    expect(await resealTenantKeys(rig.context.storage, keys)).toBe(2);
    expect((await gatewaySeals(rig.context.storage)).tenantKeys).toEqual(new Map([[idOf(fresh), 2]]));
    expect(await resealTenantKeys(rig.context.storage, keys)).toBe(0);
    const alone: GatewayKeys = { ...rig.context.keys, personalDataKeys: [fresh.privateKey] };
    expect(await namesWith(alone)).toEqual(['anna', 'anna']);
    await expect(namesWith(rig.context.keys)).rejects.toThrow('the key of a tenant’s personal data opens');
    // Back, for whatever comes after.
    const back: GatewayKeys = { ...rig.context.keys, personalDataKeys: [...rig.context.keys.personalDataKeys, fresh.privateKey] };
    expect(await resealTenantKeys(rig.context.storage, back)).toBe(2);
    expect(await namesWith(rig.context.keys)).toEqual(['anna', 'anna']);
  });

  it('are renewed while followers are registered: no name is lost', async () => {
    const [tenant] = tenants;
    if (tenant === undefined) throw new Error('a tenant');
    const fresh = makeSealingKeys();
    const back: GatewayKeys = { ...rig.context.keys, personalDataKeys: [...rig.context.keys.personalDataKeys, fresh.privateKey] };
    const registered = Promise.all(
      Array.from({ length: 20 }, (_, no) =>
        rig.context.storage.scoped(tenant.scope, async (unit) => {
          const id = rig.context.ids.next('follower');
          await unit.followers.insert({ id, externalRef: null, status: 'active', createdAt: unit.now, updatedAt: unit.now });
          await keepNames(back, unit, new Map([[id, `loaded-${no}`]]));
        }),
      ),
    );
    await Promise.all([registered, resealTenantKeys(rig.context.storage, newer(fresh)), resealTenantKeys(rig.context.storage, newer(fresh))]);
    await resealTenantKeys(rig.context.storage, back);
    for (let no = 0; no < 20; no += 1) expect(good(await rig.call(tenant.key, 'get', `/v1/followers?external_id=loaded-${no}`)).data).toHaveLength(1);
  });
});

describe('a gateway without a key that it needs', () => {
  it('is told which, and starts with all of them', async () => {
    const seals = await gatewaySeals(rig.context.storage);
    expect(missingKeys(seals, rig.context.keys)).toBeNull();
    const [needed] = opener(rig.context.keys.personalDataKeys).keyIds;
    const other: GatewayKeys = { ...rig.context.keys, personalDataKeys: [makeSealingKeys().privateKey] };
    expect(missingKeys(seals, other)).toContain(`${needed}: the personal data of 2 tenant environments`);
    expect(missingKeys(seals, other)).not.toContain('lss_');
  });

  it('looks at what API keys sign their requests with, too', async () => {
    const [tenant] = tenants;
    if (tenant === undefined) throw new Error('a tenant');
    good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'signing', scopes: ['followers:read'], signed: 'everything' }));
    const seals = await gatewaySeals(rig.context.storage);
    expect(missingKeys(seals, rig.context.keys)).toBeNull();
    const other: GatewayKeys = { ...rig.context.keys, requestSigningKeys: [makeSealingKeys().privateKey] };
    expect(missingKeys(seals, other)).toContain('what 1 API keys sign their requests with');
  });
});
