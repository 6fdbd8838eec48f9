import { API_CALENDAR, PROBLEM_CODES } from '@lockstep/delivery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeOperatorKey } from './operator/first-key';
import { freshAddress, makeObjects, tradeAsEngine } from './testing/objects';
import { sendBytes } from './testing/raw-bytes';
import { type GatewayRig, good, HTTP_ADAPTERS, openRig, type RigTenant } from './testing/rig';

describe.each(HTTP_ADAPTERS)('on %s', (httpAdapter) => {
  let rig: GatewayRig;
  let tenant: RigTenant;

  beforeAll(async () => {
    rig = await openRig({}, API_CALENDAR, httpAdapter);
    tenant = await rig.tenant('Brand A');
  }, 300_000);
  afterAll(() => rig?.close());

  describe('the operator’s side', () => {
    it('makes one first key and a further one only when told', async () => {
      const { storage, digest, random } = rig.context;
      expect(await makeOperatorKey(storage, digest, random, false)).toBeNull();
      const further = await makeOperatorKey(storage, digest, random, true);
      expect((await rig.operator('get', '/v1/operator/tiers', undefined, further?.key ?? null)).status).toBe(200);
    });

    it.each([
      ['no key', null, 'missing_key'],
      ['a text that is no key', 'secret', 'invalid_key'],
    ])('refuses %s', async (_what, key, code) => {
      const answer = await rig.operator('get', '/v1/operator/tenants', undefined, key);
      expect([answer.status, answer.body.code, answer.headers['www-authenticate']]).toEqual([401, code, 'Bearer realm="operator"']);
    });

    it('does not take a tenant’s key, nor does the public API take an operator’s', async () => {
      expect((await rig.operator('get', '/v1/operator/tenants', undefined, tenant.key)).body.code).toBe('invalid_key');
      expect((await rig.call(rig.operatorKey, 'get', '/v1/tenant')).body.code).toBe('invalid_key');
    });

    it('is not on the public listener, nor are metrics; the public API is not on the operator’s', async () => {
      for (const path of ['/v1/operator/tenants', '/metrics']) expect((await rig.call(rig.operatorKey, 'get', path)).status).toBe(404);
      expect((await rig.operator('get', '/v1/copies', undefined, tenant.key)).status).toBe(404);
      expect((await rig.operator('get', '/metrics')).text).toContain('process_cpu_user_seconds_total');
    });

    it('suspends a tenant: its keys answer 403 until it is active again', async () => {
      const other = await rig.tenant('Suspended');
      const standing = async (status: string) => good(await rig.operator('patch', `/v1/operator/tenants/${other.id}`, { status }));
      await standing('suspended');
      expect((await rig.call(other.key, 'get', '/v1/copies')).body).toMatchObject({ status: 403, code: 'tenant_suspended' });
      await standing('active');
      expect((await rig.call(other.key, 'get', '/v1/copies')).status).toBe(200);
    });
  });

  describe('a key', () => {
    const wrongSecret = (key: string): string => `${key.slice(0, -7)}${key.at(-7) === 'A' ? 'B' : 'A'}${key.slice(-6)}`;

    it.each([
      ['none', () => null, 'missing_key'],
      ['a text of another form', () => 'nonsense', 'invalid_key'],
      ['a wrong secret', () => wrongSecret(tenant.key), 'invalid_key'],
    ])('%s is refused with 401', async (_what, key, code) => {
      const answer = await rig.call(key(), 'get', '/v1/copies');
      expect([answer.status, answer.body.code]).toEqual([401, code]);
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="api"');
      expect(answer.headers.ratelimit).toBeUndefined();
    });

    it('lives: made once with its secret, kept to its scopes, rotated with overlap, revoked at once', async () => {
      const made = good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'reader', scopes: ['copies:read', 'keys:write'] }));
      expect((await rig.call(made.key, 'get', '/v1/copies')).status).toBe(200);
      expect((await rig.call(made.key, 'get', '/v1/leaders')).body.code).toBe('missing_scope');
      expect((await rig.call(made.key, 'post', '/v1/api-keys', { name: 'more', scopes: ['orders:read'] })).body.code).toBe('missing_scope');
      const next = good(await rig.call(tenant.key, 'post', `/v1/api-keys/${made.id}/rotate`, { overlap_seconds: 600 }));
      for (const key of [made.key, next.key]) expect((await rig.call(key, 'get', '/v1/copies')).status).toBe(200);
      good(await rig.call(tenant.key, 'post', `/v1/api-keys/${made.id}/revoke`));
      expect((await rig.call(made.key, 'get', '/v1/copies')).body.code).toBe('key_revoked');
      expect((await rig.call(next.key, 'get', '/v1/copies')).status).toBe(200);
      const listed = good(await rig.call(tenant.key, 'get', '/v1/api-keys'));
      expect(JSON.stringify(listed)).not.toContain(made.key);
    });

    it('is counted by the tenant’s plan', async () => {
      const small = await rig.tenant('Small', 'starter');
      for (let no = 2; no <= 5; no += 1) good(await rig.call(small.key, 'post', '/v1/api-keys', { name: `k${no}`, scopes: ['copies:read'] }));
      const sixth = await rig.call(small.key, 'post', '/v1/api-keys', { name: 'k6', scopes: ['copies:read'] });
      expect([sixth.status, sixth.body.code]).toEqual([429, 'quota_exceeded']);
    });

    it('leaves its traces: changes in the audit log, requests in the usage', async () => {
      const brand = await rig.tenant('Traced');
      const leader = good(await rig.call(brand.key, 'post', '/v1/leaders', { name: 'L', network: 'sim', address: freshAddress() }));
      const lines = good(await rig.call(brand.key, 'get', `/v1/audit-log?target_id=${leader.id}`)).data;
      expect(lines).toMatchObject([{ action: 'leader.create', actor: expect.stringMatching(/^key_/), target_id: leader.id }]);
      const operators = good(await rig.call(brand.key, 'get', '/v1/audit-log?action=api_key.create')).data;
      expect(operators).toMatchObject([{ actor: expect.stringMatching(/^operator:/) }]);
      await expect
        .poll(async () => Number(good(await rig.call(brand.key, 'get', '/v1/usage')).requests), { timeout: 60_000 })
        .toBeGreaterThanOrEqual(3);
      const usage = good(await rig.call(brand.key, 'get', '/v1/usage'));
      expect(usage.quotas).toContainEqual({ quota: 'leaders', limit: 2_000, used: 1 });
      expect(good(await rig.call(brand.key, 'get', '/v1/usage?month=2026-01'))).toMatchObject({ requests: '0', orders: '0', fills: '0' });
    });

    it('that fails too often costs its address, not the tenant whose key was guessed', async () => {
      const from = { 'X-Forwarded-For': '203.0.113.9' };
      let last = await rig.call(wrongSecret(tenant.key), 'get', '/v1/copies', undefined, from);
      for (let no = 0; no < 40 && last.status === 401; no += 1) last = await rig.call(wrongSecret(tenant.key), 'get', '/v1/copies', undefined, from);
      expect([last.status, last.body.code]).toEqual([429, 'rate_limited']);
      expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
      expect(last.headers.ratelimit).toBeUndefined();
      expect((await rig.call(tenant.key, 'get', '/v1/copies')).status).toBe(200);
    });
  });

  describe('every answer', () => {
    it('of a tenant’s route carries limits and the common headers, and no trace of the framework', async () => {
      const { headers } = await rig.call(tenant.key, 'get', '/v1/tenant', undefined, { 'X-Request-Id': 'my-request-1' });
      expect(headers.ratelimit).toMatch(/^"minute";r=\d+;t=\d+;a=\d+;w=\d+, "burst";r=\d+/);
      expect(headers['ratelimit-policy']).toBe(
        '"minute";q=30000;w=60, "burst";q=1000;w=1, "tenant";q=60000;w=60, "concurrency";q=400;qu="concurrent-requests"',
      );
      expect(headers.ratelimit).toMatch(/, "concurrency";r=399;a=399$/);
      expect(headers).toMatchObject({ 'x-request-id': 'my-request-1', 'x-content-type-options': 'nosniff', 'cache-control': 'private, no-cache' });
      expect([headers['x-powered-by'], headers.server]).toEqual([undefined, undefined]);
      const list = await rig.call(tenant.key, 'get', '/v1/copies');
      expect([list.headers['cache-control'], list.headers.etag]).toEqual(['no-store', undefined]);
    });

    it.each([
      ['an unknown path', 'get', '/v1/nothing', 404, 'not_found'],
      ['a method the path does not have', 'delete', '/v1/copies', 405, 'method_not_allowed'],
      ['a plain GET of the stream', 'get', '/v1/stream', 426, 'upgrade_required'],
      ['a page size beyond its bound', 'get', '/v1/copies?limit=1001', 400, 'invalid_request'],
      ['a cursor that is not ours', 'get', '/v1/copies?cursor=AAAA', 400, 'invalid_cursor'],
      ['a parameter sent twice', 'get', '/v1/copies?state=a&state=b', 400, 'invalid_request'],
      ['a path that is not encoded as paths are', 'get', '/v1/copies/%E0%A4%A', 400, 'invalid_request'],
      ['an id of ten thousand characters', 'get', `/v1/copies/${'x'.repeat(10_000)}`, 400, 'invalid_request'],
    ] as const)('to %s is a problem document', async (_what, method, path, status, code) => {
      const answer = await rig.call(tenant.key, method, path);
      expect([answer.status, answer.body.code, answer.body.request_id]).toEqual([status, code, answer.headers['x-request-id']]);
      expect(answer.headers['content-type']).toContain('application/problem+json');
      if (status === 405) expect(answer.headers.allow).toBe('POST, GET');
      if (code !== 'method_not_allowed') expect((await rig.call(null, 'get', answer.body.type)).body).toMatchObject({ code, status });
    });

    // No id and no text of ours has it: what comes back with it was sent.
    const SENT = 'As-sent!';
    it.each([
      ['is not JSON', `{${SENT}`, 'application/json', 400, 'invalid_json'],
      ['is of another type', `name=${SENT}`, 'text/plain', 415, 'unsupported_media_type'],
      ['is too large', JSON.stringify({ name: SENT.repeat(14_000) }), 'application/json', 413, 'body_too_large'],
      ['has a field too much', `{"name":"${SENT}","network":"sim","tenant_id":"${SENT}"}`, 'application/json', 400, 'invalid_request'],
      ['is missing', '', 'application/json', 400, 'invalid_request'],
    ])('to a body that %s is a problem document', async (_what, body, type, status, code) => {
      const answer = await rig.call(tenant.key, 'post', '/v1/leaders', undefined, { 'Content-Type': type }).send(body);
      expect([answer.status, answer.body.code]).toEqual([status, code]);
      expect(JSON.stringify(answer.body)).not.toContain(SENT);
    });

    it.each(['nonsense', '', 'text/plain', 'application/json; charset=', 'a/b, c/d'])(
      'to a request without a body asks nothing of its type, be it “%s”',
      async (type) => {
        const { key } = await rig.tenant('Typed');
        const begin = `HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\nConnection: close\r\nContent-Type: ${type}\r\n`;
        for (const length of ['', 'Content-Length: 0\r\n'])
          expect((await sendBytes(rig.url, `POST /v1/followers ${begin}${length}\r\n`)).split('\r\n')[0]).toBe('HTTP/1.1 201 Created');
        const patched = await sendBytes(rig.url, `PATCH /v1/leaders/ldr_${'0'.repeat(26)} ${begin}\r\n`);
        expect(patched.split('\r\n')[0]).toBe('HTTP/1.1 404 Not Found');
        const withBody = await sendBytes(rig.url, `POST /v1/followers ${begin}Content-Length: 2\r\n\r\n{}`);
        expect(withBody.split('\r\n')[0]).toBe(`HTTP/1.1 ${type.startsWith('application/json') ? '201 Created' : '415 Unsupported Media Type'}`);
      },
    );

    it('has a page for each code', async () => {
      for (const code of PROBLEM_CODES) expect((await rig.call(null, 'get', `/problems/${code.replaceAll('_', '-')}`)).body.code).toBe(code);
    });

    it('beyond the tier’s quota is a 429 with the policies, the time to wait and the names violated', async () => {
      const small = await rig.tenant('Busy', 'starter');
      rig.holdLimits(true);
      const statuses = [];
      for (let no = 0; no < 50; no += 1) statuses.push((await rig.call(small.key, 'get', '/v1/tenant')).status);
      const refused = await rig.call(small.key, 'get', '/v1/tenant');
      rig.holdLimits(false);
      expect(new Set(statuses)).toEqual(new Set([200]));
      expect(refused.status).toBe(429);
      expect(refused.body).toMatchObject({ code: 'rate_limited', 'violated-policies': ['burst'] });
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      expect(refused.headers.ratelimit).toContain('"burst";r=0');
    });
  });

  describe('lists', () => {
    it('are paged by signed cursors without gap or repeat while rows are added, and a cursor belongs to its tenant, list and order', async () => {
      const followers = [];
      for (let no = 0; no < 7; no += 1) followers.push(good(await rig.call(tenant.key, 'post', '/v1/followers', { external_id: `page-${no}` })).id);
      const seen: string[] = [];
      let cursor: string | null = null;
      let back: string | null = null;
      do {
        const query: string = `order=oldest_first&limit=3${cursor === null ? '' : `&cursor=${cursor}`}`;
        const page = good(await rig.call(tenant.key, 'get', `/v1/followers?${query}`));
        seen.push(...page.data.map((row: { id: string }) => row.id));
        if (cursor === null) followers.push(good(await rig.call(tenant.key, 'post', '/v1/followers', { external_id: 'page-late' })).id);
        [cursor, back] = [page.next_cursor, page.prev_cursor];
      } while (cursor !== null);
      expect(seen).toEqual(followers);
      const before = good(await rig.call(tenant.key, 'get', `/v1/followers?order=oldest_first&limit=3&cursor=${back}`));
      expect(before.data.map((row: { id: string }) => row.id)).toEqual(followers.slice(3, 6));
      const begin = good(await rig.call(tenant.key, 'get', `/v1/followers?order=oldest_first&limit=3&cursor=${before.prev_cursor}`));
      expect([begin.data[0].id, begin.prev_cursor, begin.has_more]).toEqual([followers[0], null, true]);
      const first = good(await rig.call(tenant.key, 'get', '/v1/followers?limit=3'));
      const other = await rig.tenant('Other');
      for (const [key, path] of [
        [other.key, `/v1/followers?limit=3&cursor=${first.next_cursor}`],
        [tenant.key, `/v1/leaders?limit=3&cursor=${first.next_cursor}`],
        [tenant.key, `/v1/followers?limit=3&order=oldest_first&cursor=${first.next_cursor}`],
      ] as const) {
        expect((await rig.call(key, 'get', path)).body.code).toBe('invalid_cursor');
      }
    });

    it('of orders and fills follow a copy', async () => {
      const objects = await makeObjects(rig, tenant);
      const traded = await tradeAsEngine(rig, tenant, objects, 5);
      const idsOf = async (path: string) => good(await rig.call(tenant.key, 'get', path)).data.map((row: { id: string }) => row.id);
      expect(await idsOf(`/v1/orders?copy_id=${objects.copy}&order=oldest_first`)).toEqual(traded.orders);
      expect((await idsOf(`/v1/fills?copy_id=${objects.copy}`)).sort()).toEqual([...traded.fills].sort());
      expect(good(await rig.call(tenant.key, 'get', `/v1/orders/${traded.orders[0]}`))).toMatchObject({ copy_id: objects.copy, status: 'sent' });
    });
  });

  describe('networks', () => {
    it('of the other environment are refused', async () => {
      const answer = await rig.call(tenant.key, 'post', '/v1/leaders', { name: 'x', network: 'mainnet', address: freshAddress() });
      expect([answer.status, answer.body.code]).toEqual([422, 'business_rule']);
    });
  });

  describe('the log', () => {
    it('holds no key, ticket or secret that was given out or sent', async () => {
      const secrets = [rig.operatorKey, tenant.key];
      secrets.push(good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'secret', scopes: ['copies:read'] })).key);
      secrets.push(good(await rig.call(tenant.key, 'post', '/v1/stream-tickets')).ticket);
      const agent = `0x${'4'.repeat(64)}`;
      secrets.push(agent.slice(2));
      const follower = good(await rig.call(tenant.key, 'post', '/v1/followers', {}));
      const body = { follower_id: follower.id, network: 'sim', address: freshAddress(), agent_private_key: agent };
      const imported = good(await rig.call(tenant.key, 'post', '/v1/venue-accounts/import', body));
      expect(JSON.stringify(imported)).not.toContain(agent.slice(2));
      rig.context.log.error('a line that is surely written', { error: new Error('defect') });
      const lines = rig.logged.join('\n');
      expect(lines).toContain('a line that is surely written');
      for (const secret of secrets) expect(lines).not.toContain(secret);
    });
  });
});
