import { createConfig, lintFromString } from '@redocly/openapi-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLE_ADDRESSES, EXAMPLE_IDS, EXAMPLES } from './app/examples';
import { documented, type Operation } from './testing/documented';
import { askAsEngine, recordMovesAsEngine, setState, tellEgressAsEngine } from './testing/engine-work';
import { freshAddress, makeObjects, type TenantObjects } from './testing/objects';
import { suspendedTenant } from './testing/offboarding-work';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';
import { openWorldAsBackoffice } from './testing/sandbox-work';

let rig: GatewayRig;
let tenant: RigTenant;
let objects: TenantObjects;
beforeAll(async () => {
  rig = await openRig();
  tenant = await rig.tenant('Brand');
  objects = await makeObjects(rig, tenant);
  await tellEgressAsEngine(rig);
  await recordMovesAsEngine(rig, tenant, objects.leader, [
    ['10', '100'],
    ['0', '110'],
  ]);
  good(await rig.call(tenant.key, 'post', '/v1/sandbox', { seed: 7 }));
  await openWorldAsBackoffice(rig, tenant);
}, 300_000);
afterAll(() => rig?.close());

const exampleOf = ({ body }: Operation): unknown => {
  const content = Object(Object(body.requestBody).content);
  return Object(content['application/json']).example;
};
const takesBody = ({ body }: Operation): boolean => body.requestBody !== undefined;

/** What the address of an operation names. */
const targets = {
  key: async () => good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'spare', scopes: ['copies:read'] })).id,
  leader: async () => objects.leader,
  /** One that nobody copies: terms of the other would ask every later copy for a consent. */
  spareLeader: async () => good(await rig.call(tenant.key, 'post', '/v1/leaders', { name: 'S', network: 'sim', address: freshAddress() })).id,
  account: () => spareAccount(),
  activeCopy: async () => {
    await setState(rig, tenant, objects.copy, 'active');
    return objects.copy;
  },
  copyWithTerms: async () => {
    const terms = { document_url: 'https://brand.example/terms', sha256: '0'.repeat(64) };
    good(await rig.call(tenant.key, 'post', `/v1/leaders/${objects.leader}/terms`, terms));
    return objects.copy;
  },
  copy: async () => objects.copy,
  proposal: () => askAsEngine(rig, tenant, objects),
  tenant: async () => tenant.id,
  suspendedTenant: async () => (await suspendedTenant(rig)).id,
  tier: async () => 'growth',
};
const TARGETS: Readonly<Record<string, keyof typeof targets>> = {
  'apiKeys.patch': 'key',
  'apiKeys.sign': 'key',
  'apiKeys.rotate': 'key',
  'leaders.patch': 'leader',
  'leaderTerms.publish': 'spareLeader',
  'venueAccounts.approve': 'account',
  'copies.patch': 'activeCopy',
  'copies.stop': 'activeCopy',
  'consents.give': 'copyWithTerms',
  'proposals.approve': 'proposal',
  'killSwitches.engage': 'copy',
  'killSwitches.release': 'copy',
  'limits.patch': 'leader',
  'operator.patch': 'tenant',
  'operator.createKey': 'tenant',
  'operatorOffboarding.begin': 'suspendedTenant',
  'operatorDomains.add': 'tenant',
  'operatorBranding.patch': 'tenant',
  'operatorLimits.patch': 'tenant',
  'operatorKillSwitches.engage': 'tenant',
  'operatorKillSwitches.release': 'tenant',
  'operatorTiers.patch': 'tier',
};

async function spareAccount(): Promise<string> {
  const order = { follower_id: objects.follower, network: 'sim', address: freshAddress() };
  return good(await rig.call(tenant.key, 'post', '/v1/venue-accounts', order)).id;
}

/** The example with ids there are, and addresses nobody has registered. */
async function real(example: unknown): Promise<object> {
  const ids = { [EXAMPLE_IDS.leader]: objects.leader, [EXAMPLE_IDS.follower]: objects.follower, [EXAMPLE_IDS.venueAccount]: await spareAccount() };
  const addresses = Object.fromEntries(Object.values(EXAMPLE_ADDRESSES).map((address) => [address, freshAddress()]));
  const text = Object.entries({ ...ids, ...addresses }).reduce((written, [from, to]) => written.replaceAll(from, to), JSON.stringify(example));
  return JSON.parse(text);
}

describe('an example of the document', () => {
  it('stands at every operation that takes a body, and nowhere else', () => {
    const all = [...documented(rig.publicApi), ...documented(rig.operatorApi)];
    const bare = all.filter((operation) => takesBody(operation) && exampleOf(operation) === undefined).map(({ id }) => id);
    expect(bare).toEqual([]);
    const shown = all.filter((operation) => exampleOf(operation) !== undefined).map(({ id }) => id);
    expect(shown.sort()).toEqual(Object.keys(EXAMPLES).sort());
  });

  it.each(Object.keys(EXAMPLES))('of %s is accepted by the gateway', async (id) => {
    const [side, operation] = [documented(rig.publicApi), documented(rig.operatorApi)]
      .map((operations, index) => [index === 0 ? 'public' : 'operator', operations.find((one) => one.id === id)] as const)
      .find(([, found]) => found !== undefined) ?? ['public', undefined];
    if (operation === undefined) throw new Error(`${id} is documented`);
    const target = TARGETS[id];
    const name = target === undefined ? '' : await targets[target]();
    const path = operation.path.replace(/\{(id|name)\}/, name).replace('{environment}', 'test');
    expect(path).not.toContain('{');
    const body = await real(exampleOf(operation));
    const answer = side === 'public' ? await rig.call(tenant.key, operation.method, path, body) : await rig.operator(operation.method, path, body);
    expect([id, answer.status < 300 ? 'accepted' : JSON.stringify(answer.body)]).toEqual([id, 'accepted']);
    // A bulk call answers item by item.
    if (answer.body.refused !== undefined) expect(answer.body.refused).toBe(0);
  });
});

describe('the documents', () => {
  it.each(['public', 'operator', 'a brand’s'] as const)('of %s are free of findings of the linter', async (which) => {
    const host = 'lint.brand.example';
    if (which === 'a brand’s') good(await rig.operator('post', `/v1/operator/tenants/${tenant.id}/domains`, { host }));
    const answer =
      which === 'operator'
        ? await rig.operator('get', '/openapi.json')
        : await rig.call(null, 'get', '/openapi.json', undefined, which === 'public' ? {} : { Host: host });
    // The API has no licence of its own: who may use it, the brand's terms say.
    const config = await createConfig({ extends: ['recommended-strict'], rules: { 'info-license': 'off' } });
    const found = await lintFromString({ source: answer.text, absoluteRef: '/openapi.json', config });
    expect(found.map(({ ruleId, message, location }) => `${ruleId} ${location[0]?.pointer ?? ''} ${message}`)).toEqual([]);
  });
});
