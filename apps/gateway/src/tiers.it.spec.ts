import { DEFAULT_TIER, fallbackTier, scopeFromPlatformList } from '@lockstep/tenancy';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { limitsBody } from './auth/tiers';
import { startGateway } from './testing/gateway-process';
import { freshAddress } from './testing/objects';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';

let rig: GatewayRig;
beforeAll(async () => {
  rig = await openRig();
}, 300_000);
afterAll(() => rig?.close());

const TIERS = '/v1/operator/tiers';
const standard = limitsBody(fallbackTier(DEFAULT_TIER));
const everything = ['reads', 'writes', 'orders', 'exports'] as const;
/** A tier whose one policy counts everything, so generously that nothing meets it. */
const wide = { ...standard, requests: [{ name: 'wide', per: 'tenant', classes: everything, quota: 100_000, window_ms: 60_000 }] };

const add = async (name: string, limits: object = wide) => good(await rig.operator('post', TIERS, { name, ...limits }));
const change = (name: string, body: object) => rig.operator('patch', `${TIERS}/${name}`, body);
const get = (key: string) => rig.call(key, 'get', '/v1/tenant');
const secondKey = async (tenant: RigTenant): Promise<string> =>
  good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'second', scopes: ['*'] })).key;
/** Asks so often, with no quota coming back meanwhile, and tells the statuses. */
async function ask(times: number, one: () => PromiseLike<{ status: number }>): Promise<number[]> {
  const statuses = [];
  for (let no = 0; no < times; no += 1) statuses.push((await one()).status);
  return statuses;
}
async function held<T>(work: () => Promise<T>): Promise<T> {
  rig.holdLimits(true);
  try {
    return await work();
  } finally {
    rig.holdLimits(false);
  }
}

describe('tiers', () => {
  it('that ship are rows from the start, and readable', async () => {
    const listed = good(await rig.operator('get', TIERS)).data;
    expect(listed.map((tier: { name: string; readable: boolean }) => [tier.name, tier.readable])).toEqual([
      ['growth', true],
      ['scale', true],
      ['starter', true],
    ]);
    expect(good(await rig.operator('get', `${TIERS}/starter`))).toMatchObject(standard);
  });

  it('are added, given to a tenant, and show in what it may use', async () => {
    await add('partner', { ...wide, quotas: { ...standard.quotas, leaders: 1 } });
    const tenant = await rig.tenant('Partner', 'partner');
    expect(good(await rig.operator('get', `${TIERS}/partner`)).tenants).toBe(1);
    const usage = good(await rig.call(tenant.key, 'get', '/v1/usage'));
    expect(usage).toMatchObject({ tier: 'partner', concurrency: standard.concurrency });
    expect(usage.request_policies[0]).toEqual({ name: 'wide', per: 'tenant', classes: everything, quota: 100_000, window_seconds: 60 });
    expect(usage.quotas).toContainEqual({ quota: 'leaders', limit: 1, used: 0 });
    expect((await rig.operator('post', TIERS, { name: 'partner', ...wide })).body.code).toBe('already_exists');
  });

  it('that are changed count from the next request on: rates, what may be in flight and quotas', async () => {
    await add('changing');
    const tenant = await rig.tenant('Changing', 'changing');
    expect((await get(tenant.key)).headers['ratelimit-policy']).toContain('"wide";q=100000;w=60');
    const requests = [{ name: 'narrow', per: 'key', classes: everything, quota: 3, window_ms: 1_000 }];
    good(await change('changing', { requests, concurrency: 9, quotas: { followers: 0 } }));
    expect((await get(tenant.key)).headers['ratelimit-policy']).toBe('"narrow";q=3;w=1, "concurrency";q=9;qu="concurrent-requests"');
    const refused = await rig.call(tenant.key, 'post', '/v1/followers', {});
    expect([refused.status, refused.body.code, refused.body['violated-policies']]).toEqual([429, 'quota_exceeded', ['followers']]);
    expect(await held(() => ask(8, () => get(tenant.key)))).toContain(429);
    good(await change('changing', { requests: wide.requests }));
    // A key that is refused just then may be told so once more.
    await expect.poll(async () => (await get(tenant.key)).status, { timeout: 60_000, interval: 50 }).toBe(200);
    // What was left out of a change stands.
    expect(good(await rig.operator('get', `${TIERS}/changing`))).toMatchObject({ concurrency: 9, quotas: { followers: 0, leaders: 20 } });
  });

  it('that are changed count at every gateway', async () => {
    await add('everywhere');
    const tenant = await rig.tenant('Everywhere', 'everywhere');
    const other = await startGateway(rig);
    const policies = async (): Promise<unknown> =>
      (await request(other.url).get('/v1/tenant').set('Authorization', `Bearer ${tenant.key}`)).headers['ratelimit-policy'];
    expect(await policies()).toContain('"concurrency";q=25');
    good(await change('everywhere', { concurrency: 3 }));
    expect(await policies()).toContain('"concurrency";q=3');
    expect(await other.stop()).toBe(0);
  });

  it('are refused with what is wrong in them, and nothing is changed', async () => {
    for (const [body, pointer] of [
      [{ requests: [] }, '/requests'],
      [{ requests: [{ name: 'x', per: 'key', classes: ['reads'], quota: 1, window_ms: 1_000 }] }, '/requests'],
      [{ requests: [{ name: 'x', per: 'key', classes: everything, quota: 0, window_ms: 1_000 }] }, '/requests/0/quota'],
      [{ concurrency: 10_001 }, '/concurrency'],
      [{ quotas: { leaders: -1 } }, '/quotas/leaders'],
      [{ quotas: { sockets: 1 } }, '/quotas'],
    ] as const) {
      const answer = await change('starter', body);
      expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, pointer]);
    }
    expect(good(await rig.operator('get', `${TIERS}/starter`))).toMatchObject(standard);
    for (const name of ['X', 'a b', 'a'.repeat(33)]) expect((await rig.operator('post', TIERS, { name, ...wide })).status).toBe(400);
    expect((await change('nobody', { concurrency: 1 })).status).toBe(404);
  });

  it('that a tenant has cannot be removed, nor can the default; one that nobody has can', async () => {
    await add('leaving');
    const tenant = await rig.tenant('Leaving', 'leaving');
    const remove = (name: string) => rig.operator('delete', `${TIERS}/${name}`);
    expect((await remove('leaving')).body).toMatchObject({ status: 409, code: 'state_conflict' });
    expect((await remove('starter')).body).toMatchObject({ status: 409, code: 'state_conflict' });
    good(await rig.operator('patch', `/v1/operator/tenants/${tenant.id}`, { tier: 'scale' }));
    expect((await remove('leaving')).status).toBe(200);
    expect((await remove('leaving')).status).toBe(404);
    expect((await rig.operator('get', `${TIERS}/leaving`)).status).toBe(404);
  });

  it('that do not exist are given to nobody', async () => {
    for (const answer of [
      await rig.operator('post', '/v1/operator/tenants', { name: 'Nobody’s', tier: 'nobody' }),
      await rig.operator('patch', `/v1/operator/tenants/${(await rig.tenant('Some')).id}`, { tier: 'nobody' }),
    ])
      expect([answer.status, answer.body.errors]).toEqual([
        400,
        [{ pointer: '/tier', code: 'unknown_tier', detail: 'The name of a tier that exists.' }],
      ]);
  });

  it('whose row cannot be read fail safe and loudly: their tenants go on with the smallest limits until the row is mended', async () => {
    await add('broken');
    const tenant = await rig.tenant('Broken', 'broken');
    await rig.context.storage.platform((unit) => unit.tenants.putTier('broken', { requests: 'many' }));
    const answer = await get(tenant.key);
    expect([answer.status, answer.headers['ratelimit-policy']]).toEqual([200, expect.stringContaining('"minute";q=600;w=60, "burst";q=50;w=1')]);
    expect(rig.logged.filter((line) => line.includes('a tier cannot be read') && line.includes('"tier":"broken"'))).toHaveLength(1);
    expect(good(await rig.operator('get', `${TIERS}/broken`))).toMatchObject({ readable: false, ...standard });
    good(await change('broken', wide));
    expect((await get(tenant.key)).headers['ratelimit-policy']).toContain('"wide"');
    expect(good(await rig.operator('get', `${TIERS}/broken`)).readable).toBe(true);
  });
});

describe('a limit', () => {
  const limited = (...requests: object[]) => ({ ...wide, requests: [...wide.requests, ...requests] });

  it('per key is each key’s own; per tenant all keys of an environment share it, and the other environment has its own', async () => {
    const minute = { classes: everything, window_ms: 60_000 };
    await add('two-keys', limited({ name: 'each', per: 'key', quota: 4, ...minute }, { name: 'all', per: 'tenant', quota: 6, ...minute }));
    const tenant = await rig.tenant('Two keys', 'two-keys');
    const other = await secondKey(tenant);
    const order = { name: 'live', livemode: true, scopes: ['*'] };
    const live = good(await rig.operator('post', `/v1/operator/tenants/${tenant.id}/api-keys`, order)).key;
    await held(async () => {
      // One request of the first key made the second.
      expect(await ask(4, () => get(tenant.key))).toEqual([200, 200, 200, 429]);
      expect((await get(tenant.key)).body['violated-policies']).toEqual(['each']);
      expect(await ask(3, () => get(other))).toEqual([200, 200, 429]);
      expect((await get(other)).body['violated-policies']).toEqual(['all']);
      expect((await get(live)).status).toBe(200);
    });
  });

  it('of one class leaves the others; what stops risk passes whatever is used up', async () => {
    const one = (name: string, classes: readonly string[]) => ({ name, per: 'tenant', classes, quota: 1, window_ms: 60_000 });
    await add('by-class', limited(one('reading', ['reads']), one('writing', ['writes']), one('ordering', ['orders']), one('filing', ['exports'])));
    const tenant = await rig.tenant('By class', 'by-class');
    const period = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' };
    const calls = {
      reading: () => rig.call(tenant.key, 'get', '/v1/copies'),
      writing: () => rig.call(tenant.key, 'post', '/v1/leaders', { name: 'L', network: 'sim', address: freshAddress() }),
      ordering: () => rig.call(tenant.key, 'post', `/v1/kill-switches/${tenant.id}/release`),
      filing: () => rig.call(tenant.key, 'post', '/v1/exports', { kind: 'fills', ...period }),
    };
    await held(async () => {
      for (const [name, call] of Object.entries(calls)) {
        good(await call());
        const refused = await call();
        expect([name, refused.status, refused.body['violated-policies']]).toEqual([name, 429, [name]]);
      }
      for (const path of [`kill-switches/${tenant.id}/engage`, 'close-all', `kill-switches/${tenant.id}/engage`])
        good(await rig.call(tenant.key, 'post', `/v1/${path}`));
      expect((await rig.call(tenant.key, 'post', '/v1/close-all')).headers['ratelimit-policy']).toBe('"stops";q=600;w=60');
    });
  });

  it('that refuses charges no other: a request is judged whole', async () => {
    await add('whole', limited({ name: 'ordering', per: 'tenant', classes: ['orders'], quota: 1, window_ms: 60_000 }));
    const tenant = await rig.tenant('Whole', 'whole');
    const release = () => rig.call(tenant.key, 'post', `/v1/kill-switches/${tenant.id}/release`);
    await held(async () => {
      good(await release());
      const first = (await release()).headers.ratelimit;
      for (let no = 0; no < 5; no += 1) expect((await release()).headers.ratelimit).toBe(first);
    });
  });

  it('on requests in flight refuses the next until one ends, but no stop', async () => {
    await add('two-at-once', { ...wide, concurrency: 2 });
    const tenant = await rig.tenant('Two at once', 'two-at-once');
    const scope = scopeFromPlatformList(tenant.scope.tenantId, 'test');
    const waiting: PromiseLike<{ status: number }>[] = [];
    // Whoever counts leaders next waits for the end of this unit.
    await rig.engine.scoped(scope, async (unit) => {
      const lock = `select pg_advisory_xact_lock(hashtextextended($1 || '|' || $2 || '|quota|' || $3, 0))`;
      await unit.query(lock, [...unit.scopeParameters, 'leaders']);
      for (let no = 0; no < 2; no += 1)
        waiting.push(rig.call(tenant.key, 'post', '/v1/leaders', { name: 'L', network: 'sim', address: freshAddress() }).then((answer) => answer));
      // Nothing else is asked before both wait: whatever is would take the place of one of them.
      const waiters = () =>
        unit.query(`select count(*)::int as n from pg_locks where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())`);
      await expect.poll(async () => (await waiters())[0]?.n, { timeout: 60_000 }).toBe(2);
      const refused = await get(tenant.key);
      expect(refused.status).toBe(429);
      expect([refused.body.code, refused.body['violated-policies'], refused.body.retryable]).toEqual(['rate_limited', ['concurrency'], true]);
      expect(refused.headers.ratelimit).toMatch(/"concurrency";r=0;a=0$/);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      good(await rig.call(tenant.key, 'post', `/v1/kill-switches/${tenant.id}/engage`));
    });
    for (const answer of await Promise.all(waiting)) expect(answer.status).toBe(201);
    await expect.poll(async () => (await get(tenant.key)).headers.ratelimit, { timeout: 60_000 }).toMatch(/"concurrency";r=1;a=1$/);
  });
});
