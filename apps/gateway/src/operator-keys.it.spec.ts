import { fallbackTier, OPERATOR_OPERATIONS, OPERATOR_ROLES } from '@lockstep/tenancy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { limitsBody } from './auth/tiers';
import { documented } from './testing/documented';
import { archiveAsBackoffice, leavingTenant, suspendedTenant } from './testing/offboarding-work';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';

let rig: GatewayRig;
let tenant: RigTenant;
let spares = 0;
beforeAll(async () => {
  rig = await openRig();
  tenant = await rig.tenant('Operated');
}, 300_000);
afterAll(() => rig?.close());

const KEYS = '/v1/operator/keys';
const make = async (role: string, more: object = {}) => good(await rig.operator('post', KEYS, { name: `the ${role}`, role, ...more }));
const ownKid = async (): Promise<string> =>
  good(await rig.operator('get', KEYS)).data.find((key: { name: string }) => key.name === 'made on the machine').kid;

const limits = limitsBody(fallbackTier('spare'));

/** What each operation is asked with. A new one needs a row here and in the table of roles. */
const CALLS: Readonly<Record<string, { readonly path?: () => string; readonly body?: object; readonly roles: readonly string[] }>> = {
  'operator.list': { roles: ['admin', 'risk', 'support'] },
  'operator.get': { roles: ['admin', 'risk', 'support'] },
  'operatorTiers.list': { roles: ['admin', 'risk', 'support'] },
  'operatorTiers.get': { roles: ['admin', 'risk', 'support'] },
  'operatorHealth.get': { roles: ['admin', 'risk', 'support'] },
  'operator.networks': { roles: ['admin', 'risk', 'support'] },
  'operatorBranding.get': { roles: ['admin', 'risk', 'support'] },
  'operatorDomains.list': { roles: ['admin', 'risk', 'support'] },
  'operatorAuditLog.list': { roles: ['admin', 'risk', 'support'] },
  'operatorAuditLog.verification': { roles: ['admin', 'risk', 'support'] },
  'operatorLimits.get': { roles: ['admin', 'risk', 'support'] },
  'operatorKillSwitches.list': { roles: ['admin', 'risk', 'support'] },
  'operatorKillSwitches.get': { roles: ['admin', 'risk', 'support'] },
  'operatorOffboarding.get': { roles: ['admin', 'risk', 'support'] },
  'operatorOffboarding.begin': { body: {}, roles: ['admin'] },
  'operatorOffboarding.cancel': { roles: ['admin'] },
  'operatorOffboarding.file': { roles: ['admin'] },
  'operatorLimits.patch': { body: { max_venue_leverage: 20 }, roles: ['admin', 'risk'] },
  'operatorKillSwitches.engage': { roles: ['admin', 'risk'] },
  'operatorKillSwitches.release': { roles: ['admin', 'risk'] },
  'operator.create': { body: { name: 'Made' }, roles: ['admin'] },
  'operator.patch': { body: { name: 'Operated' }, roles: ['admin'] },
  'operator.createKey': { body: { name: 'further' }, roles: ['admin'] },
  'operatorBranding.patch': { body: { name: 'Ours' }, roles: ['admin'] },
  'operatorDomains.add': { body: { host: 'operated.brand.example' }, roles: ['admin'] },
  'operatorDomains.remove': { roles: ['admin'] },
  'operatorTiers.create': { body: { name: 'further', ...limits }, roles: ['admin'] },
  'operatorTiers.patch': { body: { concurrency: 7 }, roles: ['admin'] },
  'operatorTiers.remove': { roles: ['admin'] },
  'operatorKeys.list': { roles: ['admin'] },
  'operatorKeys.get': { roles: ['admin'] },
  'operatorKeys.create': { body: { name: 'another', role: 'support' }, roles: ['admin'] },
  'operatorKeys.revoke': { roles: ['admin'] },
};

describe('an operator’s key', () => {
  it('may do what its role says on every operation, and nothing that has no row', async () => {
    const operations = documented(rig.operatorApi).filter(({ path }) => path.startsWith('/v1/'));
    expect(operations.map(({ id }) => id).sort()).toEqual([...OPERATOR_OPERATIONS].sort());
    expect(Object.keys(CALLS).sort()).toEqual([...OPERATOR_OPERATIONS].sort());
    for (const role of OPERATOR_ROLES) {
      const { key } = await make(role);
      for (const { id, method, path } of operations) {
        const call = CALLS[id];
        const spare = await make('support');
        const tier = `spare-${++spares}`;
        good(await rig.operator('post', '/v1/operator/tiers', { name: tier, ...limits }));
        const leaver = id.startsWith('operatorOffboarding.') ? await (id.endsWith('.begin') ? suspendedTenant(rig) : leavingTenant(rig)) : tenant;
        const at = path
          .replace('{kid}', spare.kid)
          .replace('{name}', tier)
          .replace('{id}', leaver.id)
          .replace('{file}', path.includes('{file}') ? await archiveAsBackoffice(rig, leaver) : '')
          .replace('{environment}', 'test')
          .replace('{host}', 'operated.brand.example');
        const { status, body } = await rig.operator(method, at, call?.body, key);
        if (call?.roles.includes(role)) expect([role, id, status < 300]).toEqual([role, id, true]);
        else expect([role, id, status, body.code]).toEqual([role, id, 403, 'missing_role']);
      }
    }
  });

  it('is shown once, listed without its secret, with who made it and when it was used', async () => {
    const made = await make('risk');
    expect(made.key).toMatch(/^lop_live_/);
    good(await rig.operator('get', '/v1/operator/tiers', undefined, made.key));
    await expect.poll(async () => good(await rig.operator('get', `${KEYS}/${made.kid}`)).last_used_at, { timeout: 30_000 }).not.toBeNull();
    const listed = good(await rig.operator('get', KEYS)).data.find((key: { kid: string }) => key.kid === made.kid);
    expect(listed).toMatchObject({ role: 'risk', status: 'active', created_by: `operator:${await ownKid()}`, expires_at: null });
    expect(JSON.stringify(good(await rig.operator('get', KEYS)))).not.toContain(made.key.slice(-36));
    expect(rig.logged.join('\n')).not.toContain(made.key.slice(-36));
  });

  it('ends by revocation at once, and by its time', async () => {
    const [revoked, expiring] = [await make('support'), await make('support', { expires_at: new Date(Date.now() + 1_500).toISOString() })];
    const ask = async (key: string) => (await rig.operator('get', '/v1/operator/tiers', undefined, key)).body.code ?? 'good';
    expect([await ask(revoked.key), await ask(expiring.key)]).toEqual(['good', 'good']);
    expect(good(await rig.operator('post', `${KEYS}/${revoked.kid}/revoke`))).toMatchObject({
      status: 'revoked',
      revoked_at: expect.stringMatching(/Z$/),
      revoked_by: `operator:${await ownKid()}`,
    });
    expect(await ask(revoked.key)).toBe('key_revoked');
    expect((await rig.operator('post', `${KEYS}/${revoked.kid}/revoke`)).body.code).toBe('state_conflict');
    await expect.poll(() => ask(expiring.key), { timeout: 30_000, interval: 500 }).toBe('key_expired');
    expect((await rig.operator('post', KEYS, { name: 'past', role: 'support', expires_at: '2026-01-01T00:00:00Z' })).body.code).toBe(
      'invalid_request',
    );
  });

  it('is a tenant’s key nowhere, and a tenant’s key is none', async () => {
    expect((await rig.operator('get', KEYS, undefined, tenant.key)).body.code).toBe('invalid_key');
    expect((await rig.call((await make('admin')).key, 'get', '/v1/tenant')).body.code).toBe('invalid_key');
    expect((await rig.call(tenant.key, 'get', KEYS)).status).toBe(404);
  });

  it('that is the last which may do everything stays, also when the last two are revoked at once', async () => {
    const ending = await make('admin', { expires_at: new Date(Date.now() + 86_400_000).toISOString() });
    const admins = good(await rig.operator('get', KEYS)).data.filter(
      (key: { role: string; status: string; expires_at: string | null }) =>
        key.role === 'admin' && key.status === 'active' && key.expires_at === null,
    );
    const own = await ownKid();
    for (const { kid } of admins) if (kid !== own) good(await rig.operator('post', `${KEYS}/${kid}/revoke`));
    expect((await rig.operator('post', `${KEYS}/${own}/revoke`, undefined, ending.key)).body).toMatchObject({ status: 409, code: 'state_conflict' });
    const other = await make('admin');
    const answers = await Promise.all([own, other.kid].map((kid) => rig.operator('post', `${KEYS}/${kid}/revoke`, undefined, ending.key)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });
});
