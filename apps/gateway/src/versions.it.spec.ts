import { API_CALENDAR, type ApiCalendar, calendarFaults } from '@lockstep/delivery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documented } from './testing/documented';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';

const DAY_MS = 86_400_000;
const inDays = (days: number): string => new Date(Math.floor((Date.now() + days * DAY_MS) / 1_000) * 1_000).toISOString();
/** Two versions behind the one there is, and an operation that ends. */
const CALENDAR: ApiCalendar = {
  versions: [
    { version: '2026-01-01', notice: { deprecatedAt: inDays(-60), sunsetAt: inDays(-1), guide: 'https://docs.example/2026-05-01' } },
    { version: '2026-05-01', notice: { deprecatedAt: inDays(-30), sunsetAt: inDays(60), guide: '/docs' } },
    { version: '2026-11-01', notice: null },
  ],
  operations: {
    'usage.usage': { deprecatedAt: inDays(-2), sunsetAt: null, guide: '/docs' },
    'detection.networks': { deprecatedAt: inDays(-90), sunsetAt: inDays(-2), guide: '/docs' },
  },
};

let rig: GatewayRig;
let tenant: RigTenant;
beforeAll(async () => {
  rig = await openRig({}, CALENDAR);
  tenant = await rig.tenant('Brand');
}, 300_000);
afterAll(() => rig?.close());

const get = (version: string | null, path = '/v1/leaders', key = tenant.key) =>
  rig.call(key, 'get', path, undefined, version === null ? {} : { 'Api-Version': version });

describe('the version of the API', () => {
  it('is the one the key was made for, unless the request names another; the answer says which', async () => {
    expect((await get(null)).headers['api-version']).toBe('2026-11-01');
    expect((await get('2026-05-01')).headers['api-version']).toBe('2026-05-01');
    const made = good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'pinned', scopes: ['leaders:read', 'keys:write'] }));
    expect(made.api_version).toBe('2026-11-01');
    await pin(made.id, '2026-05-01');
    expect((await get(null, '/v1/leaders', made.key)).headers['api-version']).toBe('2026-05-01');
    expect((await get('2026-11-01', '/v1/leaders', made.key)).headers['api-version']).toBe('2026-11-01');
    const rotated = good(await rig.call(made.key, 'post', `/v1/api-keys/${made.id}/rotate`, {}));
    expect(rotated.api_version).toBe('2026-05-01');
  });

  it('stands on refusals too, and on the operator’s answers', async () => {
    const refused = await get(null, '/v1/leaders?limit=0');
    expect([refused.status, refused.headers['api-version']]).toEqual([400, '2026-11-01']);
    expect((await rig.operator('get', '/v1/operator/tiers')).headers['api-version']).toBe('2026-11-01');
  });

  it('that nobody knows is refused with those there are', async () => {
    for (const unknown of ['2024-01-01', 'latest', '']) {
      const answer = await get(unknown);
      expect([answer.status, answer.body.code]).toEqual([400, 'version_unknown']);
      expect(answer.body.errors).toEqual([{ pointer: 'header/api-version', code: 'unknown', detail: '`2026-05-01`, `2026-11-01`' }]);
    }
  });

  it('that is deprecated tells when it was and when it ends; one that is not tells nothing', async () => {
    const { headers } = await get('2026-05-01');
    const notice = CALENDAR.versions[1]?.notice;
    expect(headers.deprecation).toBe(`@${Date.parse(notice?.deprecatedAt ?? '') / 1_000}`);
    expect(headers.sunset).toBe(new Date(notice?.sunsetAt ?? '').toUTCString());
    expect(headers.link).toBe('</docs>; rel="deprecation", </docs>; rel="sunset"');
    const current = (await get(null)).headers;
    expect([current.deprecation, current.sunset, current.link]).toEqual([undefined, undefined, undefined]);
  });

  it('that has ended is 410 with what to do, also for a key that was made for it', async () => {
    const answer = await get('2026-01-01');
    expect([answer.status, answer.body.code]).toEqual([410, 'version_over']);
    for (const told of ['`2026-05-01`, `2026-11-01`', 'https://docs.example/2026-05-01']) expect(answer.body.detail).toContain(told);
    const made = good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'old', scopes: ['leaders:read'] }));
    await pin(made.id, '2026-01-01');
    expect((await get(null, '/v1/leaders', made.key)).status).toBe(410);
    expect((await get('2026-11-01', '/v1/leaders', made.key)).status).toBe(200);
  });

  it('is part of what an Idempotency-Key stands for', async () => {
    const make = (version: string) => rig.call(tenant.key, 'post', '/v1/followers', {}, { 'Api-Version': version, 'Idempotency-Key': 'by-version' });
    good(await make('2026-11-01'));
    expect((await make('2026-05-01')).body.code).toBe('idempotency_key_reused');
    expect((await make('2026-11-01')).headers['idempotency-replayed']).toBe('true');
  });
});

describe('an operation that ends', () => {
  it('tells so by itself, and is 410 once it has', async () => {
    const { headers } = await get(null, '/v1/usage');
    expect([headers.deprecation !== undefined, headers.sunset, headers.link]).toEqual([true, undefined, '</docs>; rel="deprecation"']);
    const over = await get(null, '/v1/detection');
    expect([over.status, over.body.code]).toEqual([410, 'operation_over']);
  });
});

describe('the calendar of this deployment', () => {
  it('names operations there are, and ends nothing before it is deprecated', () => {
    const known = new Set([...documented(rig.publicApi), ...documented(rig.operatorApi)].map(({ id }) => id));
    expect(calendarFaults(API_CALENDAR, known)).toEqual([]);
    expect(calendarFaults(CALENDAR, known)).toEqual([]);
  });
});

/** Makes a key one of an older version, as if it had been made then. */
async function pin(id: string, version: string): Promise<void> {
  await rig.context.storage.scoped(tenant.scope, async (unit) => {
    await unit.query('update api_keys set api_version = $4 where tenant_id = $1 and environment = $2 and id = $3', [
      ...unit.scopeParameters,
      id,
      version,
    ]);
    await unit.query('update key_index set api_version = $3 where tenant_id = $1 and key_id = $2', [tenant.id, id, version]);
  });
}
