import { DEFAULT_TIER, fallbackTier, QUOTA_NAMES } from '@lockstep/tenancy';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { limitsBody } from './auth/tiers';
import { freshAddress, makeObjects } from './testing/objects';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';
import { endSockets, open, refusal } from './testing/stream-client';

/** A 429 as its caller sees it, whichever way it came. */
interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
}

let rig: GatewayRig;
beforeAll(async () => {
  rig = await openRig();
  const standard = limitsBody(fallbackTier(DEFAULT_TIER));
  const everything = ['reads', 'writes', 'orders', 'exports'];
  const wide = { name: 'wide', per: 'tenant', classes: everything, quota: 100_000, window_ms: 60_000 };
  const add = async (name: string, more: object) =>
    good(await rig.operator('post', '/v1/operator/tiers', { ...standard, requests: [wide], name, ...more }));
  for (const per of ['key', 'tenant']) {
    const narrow = { name: `by-${per}`, per, classes: everything, quota: 1, window_ms: 60_000 };
    await add(`by-${per}`, { requests: [wide, narrow] });
  }
  await add('one-at-once', { concurrency: 1 });
  const none = Object.fromEntries(QUOTA_NAMES.map((name) => [name, name === 'api_keys' ? 1 : 0]));
  await add('nothing', { quotas: none });
}, 300_000);
afterEach(() => {
  rig.holdLimits(false);
  endSockets();
});
afterAll(() => rig?.close());

const seen = (answer: { status: number; headers: Seen['headers']; body: unknown }): Seen => ({
  status: answer.status,
  headers: answer.headers,
  body: Object(answer.body),
});
const asked = async (tenant: RigTenant, method: 'get' | 'post', path: string, body?: object): Promise<Seen> =>
  seen(await rig.call(tenant.key, method, path, body));

async function beyondRate(tier: string): Promise<Seen> {
  const tenant = await rig.tenant(tier, tier);
  rig.holdLimits(true);
  good(await rig.call(tenant.key, 'get', '/v1/tenant'));
  return asked(tenant, 'get', '/v1/tenant');
}

async function beyondConcurrency(): Promise<Seen> {
  const tenant = await rig.tenant('One at once', 'one-at-once');
  return rig.engine.scoped(tenant.scope, async (unit) => {
    await unit.query(`select pg_advisory_xact_lock(hashtextextended($1 || '|' || $2 || '|quota|followers', 0))`, [...unit.scopeParameters]);
    void rig.call(tenant.key, 'post', '/v1/followers', {}).then(() => undefined);
    // It has the one place once it waits for the lock; asked before, the question would take it.
    const waiting = `select 1 from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`;
    await expect.poll(async () => (await unit.query(waiting)).length, { timeout: 60_000 }).toBe(1);
    return asked(tenant, 'get', '/v1/tenant');
  });
}

/** One more of a thing for a tenant whose new plan has no room for any. */
async function beyondQuota(path: string, body: (objects: Record<string, string>) => object): Promise<Seen> {
  const tenant = await rig.tenant('Downgraded');
  const objects = await makeObjects(rig, tenant);
  const second = good(await rig.call(tenant.key, 'post', '/v1/leaders', { name: 'L', network: 'sim', address: freshAddress() })).id;
  good(await rig.operator('patch', `/v1/operator/tenants/${tenant.id}`, { tier: 'nothing' }));
  return asked(tenant, 'post', path, body({ ...objects, second }));
}

let addresses = 0;
async function beyondTries(one: (from: Record<string, string>) => Promise<Seen>): Promise<Seen> {
  addresses += 1;
  const from = { 'X-Forwarded-For': `198.51.100.${addresses}` };
  let last = await one(from);
  for (let no = 0; no < 40 && last.status === 401; no += 1) last = await one(from);
  return last;
}

const period = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' };
const stream = (key: string) => refusal(open(rig.url, key)).then(seen);

/** Everything that answers 429, with the policies it names. `none`: it must not tell. */
const SOURCES: readonly (readonly [source: string, violated: string | null, provoke: () => Promise<Seen>])[] = [
  ['a rate of a key', 'by-key', () => beyondRate('by-key')],
  ['a rate of a tenant', 'by-tenant', () => beyondRate('by-tenant')],
  ['requests in flight', 'concurrency', beyondConcurrency],
  [
    'a rate met by a stream’s upgrade',
    'by-key',
    async () => {
      const tenant = await rig.tenant('Streaming', 'by-key');
      rig.holdLimits(true);
      good(await rig.call(tenant.key, 'get', '/v1/tenant'));
      return stream(tenant.key);
    },
  ],
  ['the quota of keys', 'api_keys', () => beyondQuota('/v1/api-keys', () => ({ name: 'k', scopes: ['copies:read'] }))],
  ['the quota of leaders', 'leaders', () => beyondQuota('/v1/leaders', () => ({ name: 'L', network: 'sim', address: freshAddress() }))],
  ['the quota of followers', 'followers', () => beyondQuota('/v1/followers', () => ({}))],
  [
    'the quota of copies',
    'active_copies',
    () => beyondQuota('/v1/copies', ({ second, venueAccount }) => ({ leader_id: second, venue_account_id: venueAccount, allocation: '1' })),
  ],
  ['the quota of exports', 'export_jobs', () => beyondQuota('/v1/exports', () => ({ kind: 'fills', ...period }))],
  ['the quota of streams', 'stream_connections', async () => stream((await rig.tenant('No streams', 'nothing')).key)],
  ['failed credentials', null, () => beyondTries(async (from) => seen(await rig.call('nonsense', 'get', '/v1/tenant', undefined, from)))],
  [
    'failed credentials of an operator',
    null,
    () => beyondTries(async (from) => seen(await rig.operator('get', '/v1/operator/tiers', undefined, 'nonsense', from))),
  ],
  [
    'failed credentials of a stream',
    null,
    // Its upgrade comes from this machine itself, whose failures no other test counts.
    () => beyondTries(() => stream('nonsense')),
  ],
];

const items = (header: unknown): Map<string, string> =>
  new Map(
    String(header)
      .split(', ')
      .map((item) => {
        const [, name = '', rest = ''] = /^"([a-z-]+)"((?:;[a-z]+=(?:\d+|"[a-z-]+"))+)$/.exec(item) ?? [];
        return [name, rest];
      }),
  );

describe('a 429', () => {
  it.each(SOURCES)('for %s says the same things in the same way', async (_source, violated, provoke) => {
    const { status, headers, body } = await provoke();
    expect([status, body.status]).toEqual([429, 429]);
    expect(headers['content-type']).toContain('application/problem+json');
    expect(headers['x-request-id']).toBe(body.request_id);
    const retryAfter = headers['retry-after'];
    if (violated === null) {
      expect([body.code, body.retryable, body['violated-policies']]).toEqual(['rate_limited', true, undefined]);
      expect([headers.ratelimit, headers['ratelimit-policy']]).toEqual([undefined, undefined]);
      expect(Number(retryAfter)).toBeGreaterThan(0);
      return;
    }
    const quota = QUOTA_NAMES.some((name) => name === violated);
    expect([body.code, body.retryable, body['violated-policies']]).toEqual([quota ? 'quota_exceeded' : 'rate_limited', !quota, [violated]]);
    const [standing, policies] = [items(headers.ratelimit), items(headers['ratelimit-policy'])];
    expect([...standing.keys()]).toEqual([...policies.keys()]);
    expect(standing.has('')).toBe(false);
    if (quota) {
      expect(retryAfter).toBeUndefined();
      return;
    }
    expect(standing.get(violated)).toMatch(/^;r=0;/);
    const wait = Number(/;t=(\d+)/.exec(standing.get(violated) ?? '')?.[1] ?? 1);
    expect(Number(retryAfter)).toBeGreaterThanOrEqual(wait);
  });
});
