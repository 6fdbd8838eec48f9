import { createConnection } from 'node:net';
import request, { type Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayCrashPoint } from './app/crash-points';
import { type GatewayProcess, startGateway } from './testing/gateway-process';
import { freshAddress, makeObjects } from './testing/objects';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';

let rig: GatewayRig;
let tenant: RigTenant;
beforeAll(async () => {
  rig = await openRig();
  tenant = await rig.tenant('Brand');
}, 300_000);
afterAll(() => rig?.close());

const followers = async (): Promise<{ id: string; external_id: string }[]> =>
  good(await rig.call(tenant.key, 'get', '/v1/followers?limit=1000')).data;
const named = async (name: string) => (await followers()).filter(({ external_id }) => external_id === name);
const lines = async (target: string) => good(await rig.call(tenant.key, 'get', `/v1/audit-log?target_id=${target}`)).data;
const create = (key: string, body: object = {}) => rig.call(tenant.key, 'post', '/v1/followers', body, { 'Idempotency-Key': key });

describe('an Idempotency-Key', () => {
  it.each([
    ['a bare text and the same one quoted', 'f-1', '"f-1"'],
    ['a quoted text and the same one with parameters, which say nothing', '"f-2"', '"f-2"; v=1;w="x"'],
    ['a quoted text with escapes, bare where none are needed', '"f\\\\3"', 'f\\3'],
    ['a text with blanks, which only quotes allow', '"f 4"', '"f 4"'],
  ])('is one key: %s', async (_what, one, same) => {
    const first = await create(one);
    const again = await create(same);
    expect([first.status, again.status, again.text]).toEqual([201, 201, first.text]);
    expect(again.headers['idempotency-replayed']).toBe('true');
  });

  it.each(['"open', 'close"', '"a"b', '"a\\b"', '""', 'a b', `"${'x'.repeat(256)}"`, '"a", "b"', 'tab\there', ':YQ==:"'])(
    'is not %j',
    async (malformed) => {
      const answer = await create(malformed);
      expect([answer.status, answer.body.code, answer.body.errors?.[0]?.pointer]).toEqual([400, 'idempotency_key_invalid', 'header/idempotency-key']);
    },
  );

  it('gives status, body and chosen headers again byte for byte, and never those of a moment', async () => {
    const { leader } = await makeObjects(rig, tenant);
    const send = () => rig.call(tenant.key, 'patch', `/v1/leaders/${leader}`, { name: 'Kept' }, { 'Idempotency-Key': 'replayed' });
    const first = await send();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const again = await send();
    expect([again.status, again.text, again.headers.etag]).toEqual([first.status, first.text, first.headers.etag]);
    expect(again.headers['x-original-request-id']).toBe(first.headers['x-request-id']);
    expect(again.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
    for (const moment of ['date', 'ratelimit']) expect(again.headers[moment], moment).toBeDefined();
    expect(again.headers.date).not.toBe(first.headers.date);
    const kept = await rig.context.storage.scoped(tenant.scope, (unit) =>
      unit.query(`select headers from idempotency_keys where tenant_id = $1 and environment = $2 and key = 'replayed'`, [...unit.scopeParameters]),
    );
    expect(Object.keys(Object(kept[0]?.headers)).sort()).toEqual(['ETag']);
  });

  it.each<[string, { method?: 'post' | 'patch'; path?: (leader: string) => string; body?: object; headers?: Record<string, string> }]>([
    ['method', { method: 'post', path: (leader) => `/v1/leaders/${leader}/close` }],
    ['path', { path: () => `/v1/leaders/ldr_${'0'.repeat(26)}` }],
    ['query', { path: (leader) => `/v1/leaders/${leader}?again=1` }],
    ['body', { body: { name: 'Another' } }],
  ])(
    'used with another %s is 422, and nothing is done',
    async (what, { method = 'patch', path = (leader: string) => `/v1/leaders/${leader}`, body = { name: 'Mine' } }) => {
      const { leader } = await makeObjects(rig, tenant);
      const key = { 'Idempotency-Key': `other-${what}` };
      good(await rig.call(tenant.key, 'patch', `/v1/leaders/${leader}`, { name: 'Mine' }, key));
      const refused = await rig.call(tenant.key, method, path(leader), method === 'post' ? { name: 'Mine' } : body, key);
      expect([refused.status, refused.body.code]).toEqual([422, 'idempotency_key_reused']);
      expect(good(await rig.call(tenant.key, 'get', `/v1/leaders/${leader}`))).toMatchObject({ name: 'Mine', status: 'active' });
    },
  );

  it('is another one in the other environment', async () => {
    const live = good(await rig.operator('post', `/v1/operator/tenants/${tenant.id}/api-keys`, { name: 'live', livemode: true })).key;
    const mine = good(await create('both'));
    const theirs = await rig.call(live, 'post', '/v1/followers', {}, { 'Idempotency-Key': 'both' });
    expect([theirs.status, theirs.headers['idempotency-replayed'], theirs.body.livemode]).toEqual([201, undefined, true]);
    expect(theirs.body.id).not.toBe(mine.id);
  });

  it('is the same for a body of other order and spacing', async () => {
    const text = (body: string) =>
      rig.call(tenant.key, 'post', '/v1/leaders', undefined, { 'Idempotency-Key': 'canonical', 'Content-Type': 'application/json' }).send(body);
    const address = freshAddress();
    good(await text(`{"name":"L","network":"sim","address":"${address}"}`));
    expect((await text(`{ "address": "${address}", "network": "sim", "name": "L" }`)).headers['idempotency-replayed']).toBe('true');
  });

  it('is free again after a body that is not valid: nothing was executed', async () => {
    expect((await create('after-400', { external_id: '' })).status).toBe(400);
    expect((await create('after-400', { external_id: 'valid' })).status).toBe(201);
  });

  it('of a request that runs is 409 with the time to wait', async () => {
    const storage = rig.context.storage;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const lock = `select pg_advisory_xact_lock(hashtextextended($1 || '|' || $2, 0))`;
    let locked = (): void => undefined;
    const isLocked = new Promise<void>((resolve) => {
      locked = resolve;
    });
    const holding = storage.scoped(tenant.scope, async (unit) => {
      await unit.query(lock, [unit.scopeParameters.join('|'), 'running']);
      locked();
      await held;
    });
    await isLocked;
    const refused = await create('running');
    release();
    await holding;
    expect([refused.status, refused.body.code, refused.headers['retry-after'], refused.body.retryable]).toEqual([
      409,
      'idempotency_key_in_use',
      '1',
      true,
    ]);
    expect((await create('running')).status).toBe(201);
  });
});

describe('twenty at once with one key', () => {
  it('do it once, over two gateways: the others get 409 or the first one’s answer', async () => {
    const beside = await startGateway(rig);
    const urls = [rig.url, beside.url];
    const send = (index: number) =>
      request(urls[index % 2] ?? '')
        .post('/v1/followers')
        .set({ Authorization: `Bearer ${tenant.key}`, 'Idempotency-Key': 'twenty' })
        .send({ external_id: 'twenty' });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => send(index)));
    const made = answers.filter(({ status }) => status === 201);
    expect(made.length).toBeGreaterThan(0);
    expect(new Set(made.map(({ text }) => text)).size).toBe(1);
    for (const { status, body, headers } of answers.filter((answer) => answer.status !== 201))
      expect([status, body.code, headers['retry-after']]).toEqual([409, 'idempotency_key_in_use', '1']);
    expect(made.filter(({ headers }) => headers['idempotency-replayed'] === undefined)).toHaveLength(1);
    expect(await named('twenty')).toHaveLength(1);
    expect((await send(1)).headers['idempotency-replayed']).toBe('true');
    await beside.stop();
  }, 300_000);
});

describe('a gateway that is killed in the middle', () => {
  // What a retry finds: before the commit nothing, afterwards everything.
  it.each<[GatewayCrashPoint, boolean]>([
    ['change_made', false],
    ['answer_kept', false],
    ['change_committed', true],
  ])(
    'at %s leaves nothing or all, and a retry with the same key does it once',
    async (point, stands) => {
      const doomed = await startGateway(rig, { LOCKSTEP_CRASH_AT: point });
      const name = `killed-${point}`;
      await expect(post(doomed, '/v1/followers', { external_id: name }, name)).rejects.toThrow();
      expect(await doomed.exited).toBeNull();
      expect(await named(name)).toHaveLength(stands ? 1 : 0);
      const retried = await retry(() => create(name, { external_id: name }));
      expect([retried.status, retried.headers['idempotency-replayed'] ?? null]).toEqual([201, stands ? 'true' : null]);
      expect(await named(name)).toEqual([retried.body]);
      expect(await lines(retried.body.id)).toHaveLength(1);
    },
    300_000,
  );

  it.each<[GatewayCrashPoint, boolean]>([
    ['change_made', false],
    ['change_committed', true],
  ])(
    'at %s of a bulk call makes none twice',
    async (point, stands) => {
      const doomed = await startGateway(rig, { LOCKSTEP_CRASH_AT: point });
      const items = Array.from({ length: 300 }, (_, no) => ({ external_id: `bulk-${point}-${no}` }));
      await expect(post(doomed, '/v1/followers/bulk', { items }, `bulk-${point}`)).rejects.toThrow();
      await doomed.exited;
      const there = async () => (await followers()).filter(({ external_id }) => external_id?.startsWith(`bulk-${point}-`));
      expect(await there()).toHaveLength(stands ? 300 : 0);
      const retried = await retry(() => rig.call(tenant.key, 'post', '/v1/followers/bulk', { items }, { 'Idempotency-Key': `bulk-${point}` }));
      expect(good(retried)).toMatchObject({ made: 300, refused: 0 });
      expect((await there()).map(({ id }) => id).sort()).toEqual(retried.body.data.map(({ id }: { id: string }) => id).sort());
    },
    300_000,
  );

  it.each<[GatewayCrashPoint, boolean]>([
    ['answer_kept', false],
    ['change_committed', true],
  ])(
    'at %s makes none of the operator’s tenants twice',
    async (point, stands) => {
      const doomed = await startGateway(rig, { LOCKSTEP_CRASH_AT: point });
      const body = { name: `Operated ${point}` };
      const headers = { Authorization: `Bearer ${rig.operatorKey}`, 'Idempotency-Key': `operator-${point}` };
      await expect(request(doomed.operatorUrl).post('/v1/operator/tenants').set(headers).send(body)).rejects.toThrow();
      await doomed.exited;
      const there = async () =>
        good(await rig.operator('get', '/v1/operator/tenants')).data.filter(({ name }: { name: string }) => name === body.name);
      expect(await there()).toHaveLength(stands ? 1 : 0);
      const key = { 'Idempotency-Key': `operator-${point}` };
      const retried = await retry(() => rig.operator('post', '/v1/operator/tenants', body, rig.operatorKey, key));
      expect(retried.status).toBe(201);
      expect(await there()).toEqual([retried.body]);
      const lines = good(await rig.operator('get', `/v1/operator/audit-log?target_id=${retried.body.id}`)).data;
      expect(lines).toMatchObject([{ action: 'tenant.create' }]);
    },
    300_000,
  );

  it('whose caller went away before the answer did it once all the same', async () => {
    const body = JSON.stringify({ external_id: 'gone away' });
    const { hostname, port } = new URL(rig.url);
    await new Promise<void>((resolve, reject) => {
      const socket = createConnection({ host: hostname, port: Number(port) }, () => {
        const head = `POST /v1/followers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tenant.key}\r\nIdempotency-Key: gone-away\r\n`;
        socket.write(`${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`, () => {
          socket.destroy();
          resolve();
        });
      });
      socket.on('error', reject);
    });
    await expect.poll(async () => (await create('gone-away', { external_id: 'gone away' })).status, { timeout: 30_000 }).toBe(201);
    expect(await named('gone away')).toHaveLength(1);
  });
});

/** As callers are told to: the database may take a moment to notice that a process died, and until then its request counts as running. */
async function retry(send: () => Promise<Response>): Promise<Response> {
  for (;;) {
    const answer = await send();
    if (answer.status !== 409) return answer;
    expect([answer.body.code, answer.headers['retry-after']]).toEqual(['idempotency_key_in_use', '1']);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const post = (gateway: GatewayProcess, path: string, body: object, key: string) =>
  request(gateway.url)
    .post(path)
    .set({ Authorization: `Bearer ${tenant.key}`, 'Idempotency-Key': key })
    .send(body);
