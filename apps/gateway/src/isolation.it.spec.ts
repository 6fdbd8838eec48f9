import { API_CALENDAR } from '@lockstep/delivery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STREAM_PATH } from './stream/door';
import { documented } from './testing/documented';
import { askAsEngine } from './testing/engine-work';
import { freshAddress, makeObjects, tradeAsEngine } from './testing/objects';
import { type GatewayRig, good, HTTP_ADAPTERS, openRig, type RigTenant } from './testing/rig';
import { openWorldAsBackoffice } from './testing/sandbox-work';

describe.each(HTTP_ADAPTERS)('on %s', (httpAdapter) => {
  let rig: GatewayRig;
  beforeAll(async () => {
    rig = await openRig({}, API_CALENDAR, httpAdapter);
  }, 300_000);
  afterAll(() => rig?.close());

  /** Opens a tenant's sandbox and returns what was asked of it. */
  async function taskOf(tenant: RigTenant): Promise<string> {
    good(await rig.call(tenant.key, 'post', '/v1/sandbox', {}));
    await openWorldAsBackoffice(rig, tenant);
    return good(await rig.call(tenant.key, 'get', '/v1/sandbox/tasks')).data[0].id;
  }

  describe('another tenant’s object', () => {
    it('is the same 404 as none at all, on every operation with an id; so is the test environment’s object with a live key', async () => {
      const [owner, stranger] = [await rig.tenant('Owner'), await rig.tenant('Stranger')];
      const objects = await makeObjects(rig, owner);
      const traded = await tradeAsEngine(rig, owner, objects, 1);
      const post = async (path: string, body: object) => String(good(await rig.call(owner.key, 'post', path, body)).id);
      const from = '2026-01-01T00:00:00.000Z';
      const ids: Readonly<Record<string, string>> = {
        'api-keys': good(await rig.call(owner.key, 'get', '/v1/api-keys')).data[0].id,
        leaders: objects.leader,
        followers: objects.follower,
        'venue-accounts': objects.venueAccount,
        copies: objects.copy,
        'kill-switches': objects.copy,
        limits: objects.follower,
        entitlements: await post('/v1/entitlements', { leader_id: objects.leader, follower_id: objects.follower }),
        orders: traded.orders[0] ?? '',
        fills: traded.fills[0] ?? '',
        commands: '1',
        proposals: await askAsEngine(rig, owner, objects),
        settlements: await post('/v1/settlements', { from, to: '2026-01-02T00:00:00.000Z' }),
        exports: await post('/v1/exports', { kind: 'fills', from, to: '2026-01-02T00:00:00.000Z' }),
        sandbox: await taskOf(owner),
        'sandbox/faults': await post('/v1/sandbox/faults', { kind: 'slow', operation: 'stream.open' }),
      };
      const bodies: Readonly<Record<string, object>> = {
        'POST /v1/venue-accounts/{id}/approvals': { signatures: [{ kind: 'approve_agent', signature: `0x${'1'.repeat(128)}1b` }] },
        'POST /v1/proposals/{id}/approve': { size: '0.4' },
        'POST /v1/leaders/{id}/terms': { document_url: 'https://brand.example/terms', sha256: '0'.repeat(64) },
        'POST /v1/copies/{id}/consent': { version: 1 },
        'POST /v1/api-keys/{id}/signing': { signed: 'changes' },
      };
      const withId = documented(rig.publicApi).filter(({ path }) => path.startsWith('/v1/') && path.includes('{'));
      expect(withId.length).toBeGreaterThan(20);
      const order = { name: 'live', livemode: true, scopes: ['*'] };
      const live = good(await rig.operator('post', `/v1/operator/tenants/${owner.id}/api-keys`, order)).key;
      const asked = [stranger.key, live].flatMap((key) => withId.map((operation) => ({ key, ...operation })));
      for (const { key, name, path, method } of asked) {
        const foreign = ids[path.split('/').slice(2, 4).join('/')] ?? ids[path.split('/')[2] ?? ''];
        expect(foreign, `${name} has a row in this test`).toBeDefined();
        const at = (id: string): string => path.replace(/\{(id|no)\}/, id).replace('{waveId}', '1');
        const nobody = foreign?.startsWith('1') ? '999999' : `${foreign?.slice(0, -4)}0000`;
        const answers = [];
        for (const id of [foreign ?? '', nobody]) answers.push(await rig.call(key, method, at(id), bodies[name] ?? {}));
        const [theirs, none] = answers.map(({ status, body }) => ({ status, body: { ...body, request_id: '' } }));
        // A live key is refused before anything is looked for: it has no sandbox.
        expect(theirs?.status, name).toBe(key === live && path.startsWith('/v1/sandbox') ? 403 : 404);
        expect(theirs, name).toEqual(none);
      }
    });

    it('cannot be referred to or filtered by', async () => {
      const [owner, stranger] = [await rig.tenant('Owner 2'), await rig.tenant('Stranger 2')];
      const [theirs, own] = [await makeObjects(rig, owner), await makeObjects(rig, stranger)];
      const refusals: readonly (readonly [string, object])[] = [
        ['/v1/venue-accounts', { follower_id: theirs.follower, network: 'sim', address: freshAddress() }],
        ['/v1/copies', { leader_id: theirs.leader, venue_account_id: own.venueAccount, allocation: '1' }],
        ['/v1/copies', { leader_id: own.leader, venue_account_id: theirs.venueAccount, allocation: '1' }],
        ['/v1/sandbox/faults', { kind: 'slow', key_id: good(await rig.call(owner.key, 'get', '/v1/api-keys')).data[0].id }],
      ];
      for (const [path, body] of refusals) expect((await rig.call(stranger.key, 'post', path, body)).status, JSON.stringify(body)).toBe(404);
      for (const path of ['orders', 'fills', 'positions'])
        expect((await rig.call(stranger.key, 'get', `/v1/${path}?copy_id=${theirs.copy}`)).status).toBe(404);
      for (const query of [`leader_id=${theirs.leader}`, `follower_id=${theirs.follower}`])
        expect(good(await rig.call(stranger.key, 'get', `/v1/copies?${query}`)).data).toEqual([]);
    });

    it('has no kill switch for a stranger, whatever it stops, and turning one writes nothing', async () => {
      const [owner, stranger] = [await rig.tenant('Owner 4'), await rig.tenant('Stranger 4')];
      const objects = await makeObjects(rig, owner);
      for (const id of [owner.id, objects.leader, objects.follower, objects.copy]) {
        const nobody = `${id.slice(0, -4)}0000`;
        for (const [method, end] of [
          ['get', ''],
          ['post', '/engage'],
          ['post', '/release'],
        ] as const) {
          const [theirs, none] = [
            await rig.call(stranger.key, method, `/v1/kill-switches/${id}${end}`),
            await rig.call(stranger.key, method, `/v1/kill-switches/${nobody}${end}`),
          ].map(({ status, body }) => ({ status, body: { ...body, request_id: '' } }));
          expect(theirs?.status, `${method} ${id}${end}`).toBe(404);
          expect(theirs).toEqual(none);
        }
      }
      expect(await rig.engine.platform((unit) => unit.engines.activeFlags())).toEqual([]);
      good(await rig.call(owner.key, 'post', `/v1/kill-switches/${objects.copy}/engage`));
      expect((await rig.call(stranger.key, 'post', `/v1/kill-switches/${objects.copy}/release`)).status).toBe(404);
      expect(good(await rig.call(owner.key, 'get', `/v1/kill-switches/${objects.copy}`)).active).toBe(true);
      good(await rig.call(owner.key, 'post', `/v1/kill-switches/${objects.copy}/release`));
    });

    it('is not in any list', async () => {
      const [owner, stranger] = [await rig.tenant('Owner 3'), await rig.tenant('Stranger 3')];
      const objects = await makeObjects(rig, owner);
      await tradeAsEngine(rig, owner, objects, 2);
      good(await rig.call(owner.key, 'post', '/v1/entitlements', { leader_id: objects.leader, follower_id: objects.follower }));
      const lists = documented(rig.publicApi).filter(({ method, path }) => method === 'get' && path.startsWith('/v1/') && !path.includes('{'));
      const own = new Set([
        '/v1/api-keys',
        '/v1/tenant',
        '/v1/tenant/branding',
        '/v1/instruments',
        '/v1/detection',
        '/v1/egress',
        '/v1/positions',
        '/v1/usage',
        '/v1/sandbox',
        '/v1/sandbox/clock',
        '/v1/sandbox/scenarios',
        '/v1/sandbox/markets',
        '/v1/sandbox/account',
        '/v1/audit-log',
        '/v1/audit-log/verification',
        STREAM_PATH,
      ]);
      const audit = JSON.stringify(good(await rig.call(stranger.key, 'get', '/v1/audit-log?limit=1000')));
      for (const id of [owner.id, ...Object.values(objects)]) expect(audit).not.toContain(id);
      for (const { path } of lists.filter((list) => !own.has(list.path))) {
        expect([path, good(await rig.call(stranger.key, 'get', path)).data]).toEqual([path, []]);
      }
    });
  });
});
