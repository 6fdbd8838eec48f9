import { present } from '@lockstep/kernel';
import { Client } from 'pg';
import request, { type Response } from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { documented } from './testing/documented';
import { type GatewayProcess, startGateway } from './testing/gateway-process';
import { type GatewayRig, good, type Method, openRig, type RigTenant } from './testing/rig';
import {
  append,
  beginning,
  closed,
  endSockets,
  listen,
  numberOf,
  open,
  positionOf,
  range,
  readFrom,
  refusal,
  subscribe,
} from './testing/stream-client';

let rig: GatewayRig;
const processes: GatewayProcess[] = [];
beforeAll(async () => {
  rig = await openRig();
}, 300_000);
afterEach(async () => {
  endSockets();
  await Promise.all(processes.splice(0).map((each) => each.kill()));
});
afterAll(() => rig?.close());

/** An abnormal end of a WebSocket: no close frame arrived. */
const ABNORMAL = 1006;
const MARK = /^([a-z_]+);id=(flt_[0-9a-z]{26})$/;

const set = async (tenant: Pick<RigTenant, 'key'>, body: object) => good(await rig.call(tenant.key, 'post', '/v1/sandbox/faults', body));
const standing = async (tenant: RigTenant, id: string) => good(await rig.call(tenant.key, 'get', `/v1/sandbox/faults/${id}`));
const followers = async (tenant: RigTenant): Promise<{ id: string }[]> => good(await rig.call(tenant.key, 'get', '/v1/followers')).data;
/** What became of a request: its status, or that its connection was lost. */
const fateOf = (sent: PromiseLike<Response>): Promise<number | 'lost'> =>
  Promise.resolve(sent).then(
    ({ status }) => status,
    (error: unknown) => {
      if (error instanceof Error && /socket hang up|ECONNRESET/.test(`${error.message} ${Reflect.get(error, 'code')}`)) return 'lost';
      throw error;
    },
  );
const liveKey = async (tenant: RigTenant): Promise<string> =>
  good(await rig.operator('post', `/v1/operator/tenants/${tenant.id}/api-keys`, { name: 'live', livemode: true, scopes: ['*'] })).key;
const spareKey = async (tenant: RigTenant): Promise<string> =>
  good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'spare', scopes: ['copies:read'] })).id;
const another = async (): Promise<GatewayProcess> => {
  const made = await startGateway(rig);
  processes.push(made);
  return made;
};
const statusAt = async (url: string, key: string, path: string): Promise<number> =>
  (await fetch(`${url}${path}`, { headers: { Authorization: `Bearer ${key}` } })).status;

async function asOwner<T>(work: (owner: Client) => Promise<T>): Promise<T> {
  const owner = new Client({ connectionString: present(rig.environ.DATABASE_URL, 'the database of the rig') });
  await owner.connect();
  return work(owner).finally(() => owner.end());
}

describe('F1: a fault of requests', () => {
  it('F1.1 `too_many_requests` is answered as a real 429 is, field by field', async () => {
    const tenant = await rig.tenant('Too many');
    const fault = await set(tenant, { kind: 'too_many_requests', operation: 'GET /v1/tenant', retry_after_s: 7 });
    const let_in = await rig.call(tenant.key, 'get', '/v1/leaders');
    const made = await rig.call(tenant.key, 'get', '/v1/tenant');
    expect(made.status).toBe(429);
    expect(made.body).toMatchObject({ code: 'rate_limited', status: 429, retryable: true, request_id: made.headers['x-request-id'] });
    const [violated] = made.body['violated-policies'];
    expect(let_in.headers['ratelimit-policy']).toContain(`"${violated}"`);
    expect(made.headers['ratelimit-policy']).toBe(let_in.headers['ratelimit-policy']);
    expect(made.headers.ratelimit).toContain(`"${violated}";r=0;t=7`);
    expect(made.headers['retry-after']).toBe('7');
    expect(MARK.exec(made.headers['sandbox-fault'] ?? '')?.slice(1)).toEqual(['too_many_requests', fault.id]);
    expect((await rig.call(tenant.key, 'get', '/v1/tenant')).status).toBe(200);
    expect(await standing(tenant, fault.id)).toMatchObject({ standing: 'used_up', met: 1, struck: 1, times: 1, operation: 'tenant.tenant' });
  });

  it('F1.2 `too_many_requests` has the members and fields a real one has, and the mark beside them', async () => {
    const tenant = await rig.tenant('Compared', 'starter');
    await set(tenant, { kind: 'too_many_requests', operation: 'usage.usage' });
    const made = await rig.call(tenant.key, 'get', '/v1/usage');
    rig.holdLimits(true);
    let real = made;
    while (real.headers['sandbox-fault'] !== undefined || real.status !== 429) real = await rig.call(tenant.key, 'get', '/v1/usage');
    rig.holdLimits(false);
    const fieldsOf = ({ headers }: Response): string[] =>
      Object.keys(headers)
        .filter((name) => !['sandbox-fault', 'date'].includes(name))
        .sort();
    expect(fieldsOf(made)).toEqual(fieldsOf(real));
    expect(Object.keys(made.body).sort()).toEqual(Object.keys(real.body).sort());
    expect({ ...made.body, request_id: '', 'violated-policies': [] }).toEqual({ ...real.body, request_id: '', 'violated-policies': [] });
  });

  it.each([
    [500, 'internal', undefined],
    [502, 'venue_unavailable', undefined],
    [503, 'unavailable', '4'],
    [504, 'timeout', undefined],
  ])('F1.3 `server_error` answers %i as a problem document, and does nothing', async (status, code, after) => {
    const tenant = await rig.tenant(`Error ${status}`);
    const body = {
      kind: 'server_error',
      operation: 'POST /v1/followers',
      http_status: status,
      ...(after !== undefined && { retry_after_s: Number(after) }),
    };
    const fault = await set(tenant, body);
    const logged = rig.logged.length;
    const made = await rig.call(tenant.key, 'post', '/v1/followers', {});
    expect([made.status, made.body.code, made.headers['retry-after'], made.headers['content-type']]).toEqual([
      status,
      code,
      after,
      expect.stringContaining('application/problem+json'),
    ]);
    expect(made.headers['sandbox-fault']).toBe(`server_error;id=${fault.id}`);
    expect(await followers(tenant)).toEqual([]);
    expect(rig.logged.slice(logged).filter((line) => JSON.parse(line).message === 'request failed')).toEqual([]);
  });

  it('F1.4 `slow` holds a request up before anything is done, and nobody else', async () => {
    const tenant = await rig.tenant('Slow');
    const fault = await set(tenant, { kind: 'slow', operation: 'followers.create', delay_ms: 3_000 });
    const ended: string[] = [];
    const slow = rig.call(tenant.key, 'post', '/v1/followers', {}).then((answer) => {
      ended.push('slow');
      return answer;
    });
    await expect.poll(async () => (await standing(tenant, fault.id)).struck).toBe(1);
    expect(await followers(tenant)).toEqual([]);
    good(await rig.call(tenant.key, 'post', '/v1/followers', {}));
    ended.push('other');
    const answer = await slow;
    expect([answer.status, answer.headers['sandbox-fault']]).toEqual([201, `slow;id=${fault.id}`]);
    expect([ended, (await followers(tenant)).length]).toEqual([['other', 'slow'], 2]);
  });

  it('F1.5 `dropped_request` closes the connection before anything is done', async () => {
    const tenant = await rig.tenant('Dropped request');
    const fault = await set(tenant, { kind: 'dropped_request', operation: 'followers.create' });
    const key = { 'Idempotency-Key': 'one' };
    expect(await fateOf(rig.call(tenant.key, 'post', '/v1/followers', {}, key))).toBe('lost');
    expect([await followers(tenant), (await standing(tenant, fault.id)).struck]).toEqual([[], 1]);
    const again = await rig.call(tenant.key, 'post', '/v1/followers', {}, key);
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([201, undefined]);
  });

  it('F1.6 `dropped_answer` loses the answer of what was done; its Idempotency-Key gives the stored one, and one effect', async () => {
    const tenant = await rig.tenant('Dropped answer');
    await set(tenant, { kind: 'dropped_answer', operation: 'followers.create', times: 2 });
    const key = { 'Idempotency-Key': 'the-very-same' };
    const body = { external_id: 'user-1' };
    expect(await fateOf(rig.call(tenant.key, 'post', '/v1/followers', body, key))).toBe('lost');
    const [made, ...more] = await followers(tenant);
    expect([made?.id === undefined, more]).toEqual([false, []]);
    expect(await fateOf(rig.call(tenant.key, 'post', '/v1/followers', body, key))).toBe('lost');
    const again = await rig.call(tenant.key, 'post', '/v1/followers', body, key);
    expect([again.status, again.body.id, again.headers['idempotency-replayed'], again.headers['sandbox-fault']]).toEqual([
      201,
      made?.id,
      'true',
      undefined,
    ]);
    expect(await followers(tenant)).toHaveLength(1);
  });

  it('F1.7 `dropped_answer` loses every answer, also a refusal and a list', async () => {
    const tenant = await rig.tenant('All lost');
    await set(tenant, { kind: 'dropped_answer', times: 3 });
    expect(await fateOf(rig.call(tenant.key, 'post', '/v1/followers', { external_id: 7 }))).toBe('lost');
    expect(await fateOf(rig.call(tenant.key, 'get', '/v1/followers'))).toBe('lost');
    expect(await fateOf(rig.call(tenant.key, 'get', '/v1/copies/cpy_00000000000000000000000000'))).toBe('lost');
    expect(await fateOf(rig.call(tenant.key, 'get', '/v1/followers'))).toBe(200);
  });
});

describe('F2: whom a fault strikes', () => {
  const get = async (key: string, path = '/v1/tenant'): Promise<number> => (await rig.call(key, 'get', path)).status;

  it('F2.1 is never another tenant, another operation or another key than it is aimed at', async () => {
    const [tenant, other] = [await rig.tenant('Struck'), await rig.tenant('Untouched')];
    const second = good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'second', scopes: ['*'] }));
    await set(tenant, { kind: 'server_error', operation: 'tenant.tenant', key_id: second.id, times: 1_000 });
    expect([await get(tenant.key), await get(other.key), await get(second.key), await get(second.key, '/v1/leaders')]).toEqual([200, 200, 503, 200]);
  });

  it('F2.2 is as many as it was to strike, and none behind its end', async () => {
    const tenant = await rig.tenant('Ends');
    const used = await set(tenant, { kind: 'server_error', operation: 'tenant.tenant', times: 2 });
    expect([await get(tenant.key), await get(tenant.key), await get(tenant.key)]).toEqual([503, 503, 200]);
    const brief = await set(tenant, { kind: 'server_error', operation: 'tenant.tenant', times: 1_000, for_s: 1 });
    await expect.poll(async () => (await standing(tenant, brief.id)).standing, { timeout: 30_000 }).toBe('expired');
    expect(await get(tenant.key)).toBe(200);
    expect((await standing(tenant, used.id)).standing).toBe('used_up');
  });

  it('F2.3 follows from the seed: the same one strikes the same of its meetings', async () => {
    const tenant = await rig.tenant('Drawn');
    const run = async (seed: number): Promise<string> => {
      const fault = await set(tenant, { kind: 'server_error', operation: 'tenant.tenant', probability: '0.5', seed });
      let fates = '';
      for (let no = 0; no < 16; no += 1) fates += (await get(tenant.key)) === 503 ? 'x' : '.';
      expect(await standing(tenant, fault.id)).toMatchObject({ met: 16, struck: [...fates].filter((one) => one === 'x').length, times: null });
      good(await rig.call(tenant.key, 'delete', `/v1/sandbox/faults/${fault.id}`));
      return fates;
    };
    const first = await run(7);
    expect([await run(7), (await run(8)) === first]).toEqual([first, false]);
    expect(first).toMatch(/x.*\.|\..*x/);
  });

  it('F2.4 is the first that strikes, in the order they were set', async () => {
    const tenant = await rig.tenant('Ordered');
    const [never, once, always] = [
      await set(tenant, { kind: 'server_error', http_status: 500, operation: 'tenant.tenant', probability: '0' }),
      await set(tenant, { kind: 'server_error', http_status: 502, operation: 'tenant.tenant', times: 1 }),
      await set(tenant, { kind: 'server_error', http_status: 504, times: 1_000 }),
    ];
    expect([await get(tenant.key), await get(tenant.key), await get(tenant.key, '/v1/leaders')]).toEqual([502, 504, 504]);
    const counts = [];
    for (const { id } of [never, once, always]) counts.push(await standing(tenant, id).then(({ met, struck }) => [met, struck]));
    expect(counts).toEqual([
      [2, 0],
      [1, 1],
      [2, 2],
    ]);
  });

  it('F2.5 is never a request about the faults themselves: they can always be ended', async () => {
    const tenant = await rig.tenant('Everything');
    const fault = await set(tenant, { kind: 'dropped_request', times: 1_000 });
    expect(await fateOf(rig.call(tenant.key, 'get', '/v1/tenant'))).toBe('lost');
    expect(good(await rig.call(tenant.key, 'get', '/v1/sandbox/faults')).data).toMatchObject([{ id: fault.id, struck: 1, standing: 'in_force' }]);
    await set(tenant, { kind: 'slow', operation: 'stream.open' });
    expect(good(await rig.call(tenant.key, 'delete', `/v1/sandbox/faults/${fault.id}`))).toMatchObject({ id: fault.id, struck: 1 });
    expect(await get(tenant.key)).toBe(200);
    expect(good(await rig.call(tenant.key, 'delete', '/v1/sandbox/faults'))).toEqual({ removed: 1 });
    expect((await rig.call(tenant.key, 'delete', `/v1/sandbox/faults/${fault.id}`)).status).toBe(404);
  });

  it('F2.6 is nobody whom the gateway itself refuses', async () => {
    const tenant = await rig.tenant('Refused');
    const poor = good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'poor', scopes: ['copies:read'] }));
    const fault = await set(tenant, { kind: 'server_error', times: 1_000 });
    expect((await rig.call(poor.key, 'get', '/v1/leaders')).body.code).toBe('missing_scope');
    expect((await standing(tenant, fault.id)).met).toBe(0);
  });
});

describe('F3: live', () => {
  it('F3.1 is refused on every route of the faults', async () => {
    const tenant = await rig.tenant('Live');
    const key = await liveKey(tenant);
    const { id } = await set(tenant, { kind: 'slow', operation: 'stream.open' });
    const routes = documented(rig.publicApi).filter((operation) => operation.id.startsWith('sandboxFaults.'));
    expect(routes).toHaveLength(5);
    for (const { name, path, method } of routes) {
      const { status, body } = await rig.call(key, method, path.replace('{id}', id), method === 'post' ? { kind: 'slow' } : undefined);
      expect([name, status, body.code]).toEqual([name, 403, 'test_environment_only']);
    }
  });

  it('F3.2 is not struck, whatever its tenant’s test environment has set', async () => {
    const tenant = await rig.tenant('Both');
    const key = await liveKey(tenant);
    await set(tenant, { kind: 'server_error', times: 1_000 });
    expect([(await rig.call(tenant.key, 'get', '/v1/tenant')).status, (await rig.call(key, 'get', '/v1/tenant')).status]).toEqual([503, 200]);
  });

  it('F3.3 is not struck by a row that was written for it by mistake, which the table refuses to begin with', async () => {
    const tenant = await rig.tenant('Mistaken');
    const key = await liveKey(tenant);
    const row = [tenant.id, rig.context.ids.next('sandboxFault')];
    const insert = `insert into sandbox_faults (tenant_id, environment, id, kind, times, seed, actor, created_at, ends_at)
      values ($1, 'live', $2, 'server_error', 1000, 1, 'mistake', now(), now() + interval '1 hour')`;
    await asOwner(async (owner) => {
      await owner.query('alter table sandbox_faults no force row level security');
      await expect(owner.query(insert, row)).rejects.toThrow('sandbox_faults_in_test');
      await owner.query('alter table sandbox_faults drop constraint sandbox_faults_in_test');
      await owner.query(insert, row);
      await owner.query(`update tenants set test_faults_until = now() + interval '1 hour' where id = $1`, [tenant.id]);
    });
    for (const path of ['/v1/tenant', '/v1/leaders']) expect((await rig.call(key, 'get', path)).status).toBe(200);
    expect((await rig.call(tenant.key, 'get', '/v1/tenant')).status).toBe(200);
    await asOwner(async (owner) => {
      const { rows } = await owner.query('select met, struck from sandbox_faults where id = $1', [row[1]]);
      expect(rows).toEqual([{ met: '0', struck: '0' }]);
      await owner.query('delete from sandbox_faults where id = $1', [row[1]]);
      await owner.query(`alter table sandbox_faults add constraint sandbox_faults_in_test check (environment = 'test')`);
      await owner.query('alter table sandbox_faults force row level security');
    });
  });
});

describe('F4: streams', () => {
  it('F4.1 that are open are cut without a close frame, once; those that open later stay', async () => {
    const [tenant, other] = [await rig.tenant('Cut'), await rig.tenant('Not cut')];
    await append(rig, tenant, 0, 1);
    const [first, second, foreign] = [open(rig.url, tenant.key), open(rig.url, tenant.key), open(rig.url, other.key)];
    for (const socket of [first, second, foreign]) subscribe(socket, null);
    await Promise.all([first, second, foreign].map((socket) => listen(socket, ({ op }) => op === 'subscribed')));
    const codes = Promise.all([closed(first), closed(second)]);
    const fault = await set(tenant, { kind: 'stream_dropped' });
    expect(await codes).toEqual([ABNORMAL, ABNORMAL]);
    const start = await beginning(rig.url, tenant.key);
    await append(rig, tenant, 1, 2);
    expect(await readFrom(rig.url, tenant.key, start, 2)).toEqual([1, 2]);
    expect(foreign.readyState).toBe(foreign.OPEN);
    expect(await standing(tenant, fault.id)).toMatchObject({ met: 2, struck: 2, times: null });
  });

  it('F4.2 are cut behind every so many events; a client that resumes misses none and sees none twice', async () => {
    const tenant = await rig.tenant('Cut often');
    const start = await beginning(rig.url, tenant.key);
    const fault = await set(tenant, { kind: 'stream_dropped', every_events: 3, times: 4 });
    await append(rig, tenant, 0, 30);
    expect(await readFrom(rig.url, tenant.key, start, 30)).toEqual(range(0, 30));
    expect(await standing(tenant, fault.id)).toMatchObject({ struck: 4, standing: 'used_up' });
  });

  it('F4.3 bring an event twice, with the same id and position, in its place', async () => {
    const tenant = await rig.tenant('Twice');
    const start = await beginning(rig.url, tenant.key);
    const fault = await set(tenant, { kind: 'event_repeated', every_events: 2, times: 2 });
    await append(rig, tenant, 0, 6);
    const socket = open(rig.url, tenant.key);
    const seen: { no: number; id: unknown; at: unknown }[] = [];
    subscribe(socket, start);
    await listen(socket, (frame) => {
      if (frame.op === 'event') seen.push({ no: numberOf(frame), id: Object(frame.event).id, at: positionOf(frame) });
      return seen.length === 8;
    });
    expect(seen.map(({ no }) => no)).toEqual([0, 1, 1, 2, 3, 3, 4, 5]);
    expect([seen[1], seen[4]]).toEqual([seen[2], seen[5]]);
    expect(await standing(tenant, fault.id)).toMatchObject({ met: 2, struck: 2 });
  });

  it('F4.4 that are open while a fault of events is set are struck from then on', async () => {
    const tenant = await rig.tenant('Already open');
    const start = await beginning(rig.url, tenant.key);
    const socket = open(rig.url, tenant.key);
    subscribe(socket, start);
    await listen(socket, ({ op }) => op === 'subscribed');
    const fault = await set(tenant, { kind: 'event_repeated', times: 1 });
    const seen: number[] = [];
    const reading = listen(socket, (frame) => {
      if (frame.op === 'event') seen.push(numberOf(frame));
      return seen.some((no, index) => seen.indexOf(no) !== index);
    });
    // The gateway knows within a second: events go on until one is told twice.
    for (let no = 0; (await standing(tenant, fault.id)).struck === 0; no += 1) await append(rig, tenant, no, 1);
    await reading;
    expect(seen.filter((no, index) => seen.indexOf(no) !== index)).toHaveLength(1);
  });

  it('F4.5 are refused, held up or dropped as they are opened, like any request', async () => {
    const tenant = await rig.tenant('Upgrades');
    const opened = { operation: 'GET /v1/stream' };
    const { id } = await set(tenant, { kind: 'too_many_requests', ...opened, retry_after_s: 3 });
    const refused = await refusal(open(rig.url, tenant.key));
    expect(refused).toMatchObject({
      status: 429,
      body: { code: 'rate_limited' },
      headers: { 'retry-after': '3', 'sandbox-fault': `too_many_requests;id=${id}` },
    });
    for (const kind of ['dropped_request', 'dropped_answer']) {
      await set(tenant, { kind, ...opened });
      const socket = open(rig.url, tenant.key);
      const failed = new Promise<string>((resolve) => socket.once('error', (error) => resolve(error.message)));
      expect(await failed).toContain('socket hang up');
    }
    const slow = await set(tenant, { kind: 'slow', ...opened, delay_ms: 50 });
    const socket = open(rig.url, tenant.key);
    const mark = new Promise((resolve) => socket.once('upgrade', ({ headers }) => resolve(headers['sandbox-fault'])));
    expect(await mark).toBe(`slow;id=${slow.id}`);
  });
});

describe('F5: several gateways, and new ones', () => {
  it('F5.1 strike exactly as often as was asked for together, from the next request on, and cut each other’s streams', async () => {
    const tenant = await rig.tenant('Two gateways');
    const beside = await another();
    await append(rig, tenant, 0, 1);
    const fault = await set(tenant, { kind: 'server_error', operation: 'tenant.tenant', times: 7 });
    const asked = await Promise.all(range(0, 20).map((no) => statusAt(no % 2 === 0 ? rig.url : beside.url, tenant.key, '/v1/tenant')));
    expect(asked.filter((status) => status === 503)).toHaveLength(7);
    expect(await standing(tenant, fault.id)).toMatchObject({ met: 7, struck: 7, standing: 'used_up' });

    const always = await set(tenant, { kind: 'server_error', operation: 'tenant.tenant', times: 1_000 });
    expect(await statusAt(beside.url, tenant.key, '/v1/tenant')).toBe(503);
    good(await rig.call(tenant.key, 'delete', `/v1/sandbox/faults/${always.id}`));
    expect(await statusAt(beside.url, tenant.key, '/v1/tenant')).toBe(200);

    const sockets = [open(rig.url, tenant.key), open(beside.url, tenant.key)];
    for (const socket of sockets) subscribe(socket, null);
    await Promise.all(sockets.map((socket) => listen(socket, ({ op }) => op === 'subscribed')));
    const codes = Promise.all(sockets.map(closed));
    await set(tenant, { kind: 'stream_dropped' });
    expect(await codes).toEqual([ABNORMAL, ABNORMAL]);
  }, 300_000);

  it('F5.2 see a change of which no wake-up told them', async () => {
    const tenant = await rig.tenant('Silent');
    await append(rig, tenant, 0, 1);
    const socket = open(rig.url, tenant.key);
    subscribe(socket, null);
    await listen(socket, ({ op }) => op === 'subscribed');
    const code = closed(socket);
    const { id } = await set(tenant, { kind: 'stream_dropped', key_id: await spareKey(tenant) });
    const { storage, clock } = rig.context;
    const aimAtAll = `update sandbox_faults set key_id = null, created_at = $3 where tenant_id = $1 and environment = $2`;
    await storage.scoped(tenant.scope, (unit) => unit.execute(aimAtAll, [...unit.scopeParameters, new Date(clock.now())]));
    expect(await code).toBe(ABNORMAL);
    await storage.scoped(tenant.scope, async (unit) => {
      await unit.sandboxFaults.hold();
      await unit.sandboxFaults.removeAll();
      await unit.sandboxFaults.tellKeys();
    });
    expect((await rig.call(tenant.key, 'get', `/v1/sandbox/faults/${id}`)).status).toBe(404);
  });

  it('F5.3 go on counting where one that was killed left off', async () => {
    const tenant = await rig.tenant('Killed');
    const fault = await set(tenant, { kind: 'server_error', operation: 'tenant.tenant', times: 3 });
    const first = await another();
    expect([await statusAt(first.url, tenant.key, '/v1/tenant'), await statusAt(first.url, tenant.key, '/v1/tenant')]).toEqual([503, 503]);
    await first.kill();
    const second = await another();
    expect([await statusAt(second.url, tenant.key, '/v1/tenant'), await statusAt(second.url, tenant.key, '/v1/tenant')]).toEqual([503, 200]);
    expect(await standing(tenant, fault.id)).toMatchObject({ met: 3, struck: 3 });
  }, 300_000);
});

describe('a gateway that ends', () => {
  it('F5.4 carries out at once what a fault holds up', async () => {
    const tenant = await rig.tenant('Ending');
    const gateway = await another();
    const fault = await set(tenant, { kind: 'slow', operation: 'followers.create', delay_ms: 25_000 });
    const held = request(gateway.url)
      .post('/v1/followers')
      .set({ Authorization: `Bearer ${tenant.key}`, Connection: 'close' })
      .send({})
      .then(({ status }) => status);
    await expect.poll(async () => (await standing(tenant, fault.id)).struck).toBe(1);
    const ended = gateway.stop();
    expect([await held, await ended]).toEqual([201, 0]);
  }, 300_000);
});

describe('F6: what is told of it', () => {
  it('F6.1 counts struck requests as used, and names the fault in the request log', async () => {
    const tenant = await rig.tenant('Counted');
    const kinds = ['too_many_requests', 'server_error', 'dropped_request', 'dropped_answer'];
    const ids: string[] = [];
    for (const kind of kinds) {
      ids.push((await set(tenant, { kind, operation: 'leaders.list' })).id);
      await fateOf(rig.call(tenant.key, 'get', '/v1/leaders'));
    }
    const lines = () =>
      rig.logged.map((line) => JSON.parse(line)).filter((line) => line.operation === 'GET /v1/leaders' && line.tenant === tenant.id);
    await expect.poll(() => lines().length).toBe(4);
    expect(lines().map(({ fault, counted, class: of }) => [fault, counted, of])).toEqual(ids.map((id) => [id, true, 'reads']));
    expect(lines().map(({ aborted }) => aborted === true)).toEqual([false, false, true, true]);
    const reads = async (): Promise<number> => good(await rig.call(tenant.key, 'get', '/v1/usage')).daily[0]?.by_class.reads ?? 0;
    await expect.poll(reads, { timeout: 30_000 }).toBeGreaterThanOrEqual(4);
  });

  it('F6.2 shows the mark under the brand’s name too', async () => {
    const tenant = await rig.tenant('Branded');
    good(await rig.operator('post', `/v1/operator/tenants/${tenant.id}/domains`, { host: 'faults.acme.example' }));
    good(await rig.operator('patch', `/v1/operator/tenants/${tenant.id}/branding/test`, { header_prefix: 'Acme' }));
    good(await rig.operator('patch', `/v1/operator/tenants/${tenant.id}/branding/live`, { header_prefix: 'Acme' }));
    await set(tenant, { kind: 'server_error', times: 1_000 });
    const asked = () => rig.call(tenant.key, 'get', '/v1/tenant', undefined, { Host: 'faults.acme.example' });
    await expect.poll(async () => (await asked()).headers['acme-sandbox-fault']).toMatch(MARK);
    expect((await asked()).headers['sandbox-fault']).toMatch(MARK);
  });

  it('F6.3 leaves a line in the audit log for each that is set or ended', async () => {
    const tenant = await rig.tenant('Audited');
    const { id } = await set(tenant, { kind: 'slow', operation: 'stream.open' });
    good(await rig.call(tenant.key, 'delete', `/v1/sandbox/faults/${id}`));
    good(await rig.call(tenant.key, 'delete', '/v1/sandbox/faults'));
    const { data } = good(await rig.call(tenant.key, 'get', '/v1/audit-log?order=oldest_first'));
    const actions = data.map((line: { action: string }) => line.action).filter((action: string) => action.startsWith('sandbox_fault'));
    expect(actions).toEqual(['sandbox_fault.create', 'sandbox_fault.remove', 'sandbox_fault.remove_all']);
  });
});

describe('F7: setting one', () => {
  const refusedWith = async (tenant: RigTenant, body: object): Promise<unknown> => {
    const { status, body: answer } = await rig.call(tenant.key, 'post', '/v1/sandbox/faults', body);
    return [status, answer.errors?.[0]?.pointer ?? answer.code];
  };

  it('F7.1 is refused for what its kind does not take, for operations there are not, and beyond its bounds', async () => {
    const tenant = await rig.tenant('Strict');
    const cases: readonly (readonly [object, string])[] = [
      [{}, '/kind'],
      [{ kind: 'explode' }, '/kind'],
      [{ kind: 'slow', http_status: 503 }, '/http_status'],
      [{ kind: 'slow', delay_ms: 25_001 }, '/delay_ms'],
      [{ kind: 'server_error', http_status: 501 }, '/http_status'],
      [{ kind: 'server_error', http_status: 500, retry_after_s: 1 }, '/retry_after_s'],
      [{ kind: 'server_error', every_events: 2 }, '/every_events'],
      [{ kind: 'event_repeated', operation: 'events.list' }, '/operation'],
      [{ kind: 'slow', operation: 'nothing.here' }, '/operation'],
      [{ kind: 'slow', operation: 'sandboxFaults.create' }, '/operation'],
      [{ kind: 'slow', operation: 'DELETE /v1/sandbox/faults' }, '/operation'],
      [{ kind: 'slow', operation: 'POST /v1/key-leaks' }, '/operation'],
      [{ kind: 'slow', operation: 'operator.create' }, '/operation'],
      [{ kind: 'slow', times: 0 }, '/times'],
      [{ kind: 'slow', times: 1_001 }, '/times'],
      [{ kind: 'slow', probability: '1.1' }, '/probability'],
      [{ kind: 'slow', for_s: 86_401 }, '/for_s'],
      [{ kind: 'slow', other: 1 }, ''],
    ];
    for (const [body, pointer] of cases) expect([body, await refusedWith(tenant, body)]).toEqual([body, [400, pointer === '' ? '/' : pointer]]);
    expect(good(await rig.call(tenant.key, 'get', '/v1/sandbox/faults')).data).toEqual([]);
  });

  it('F7.2 is repeated under an Idempotency-Key without setting another', async () => {
    const tenant = await rig.tenant('Repeated');
    const once = () => rig.call(tenant.key, 'post', '/v1/sandbox/faults', { kind: 'slow', operation: 'stream.open' }, { 'Idempotency-Key': 'k' });
    const [first, second] = [good(await once()), good(await once())];
    expect([second.id, good(await rig.call(tenant.key, 'get', '/v1/sandbox/faults')).data.length]).toEqual([first.id, 1]);
  });

  it('F7.3 is refused beyond twenty in force, also of those who ask at once; used-up and ended ones take no place', async () => {
    const tenant = await rig.tenant('Many');
    const body = { kind: 'slow', operation: 'stream.open' };
    const asked = await Promise.all(range(0, 24).map(() => rig.call(tenant.key, 'post', '/v1/sandbox/faults', body)));
    expect([asked.filter(({ status }) => status === 201).length, asked.filter(({ status }) => status === 409).length]).toEqual([20, 4]);
    const [one] = good(await rig.call(tenant.key, 'get', '/v1/sandbox/faults')).data;
    good(await rig.call(tenant.key, 'delete', `/v1/sandbox/faults/${one.id}`));
    const struck = await set(tenant, { kind: 'server_error', operation: 'tenant.tenant' });
    expect((await rig.call(tenant.key, 'get', '/v1/tenant')).status).toBe(503);
    await set(tenant, body);
    expect((await standing(tenant, struck.id)).standing).toBe('used_up');
    expect(good(await rig.call(tenant.key, 'get', '/v1/sandbox/faults?limit=5'))).toMatchObject({ has_more: true });
  });

  it('F7.4 shows what it was set with, and what was left out', async () => {
    const tenant = await rig.tenant('Shown');
    const shown = async (body: object) => {
      const { id, seed, created_at, ends_at, created_by, ...rest } = await set(tenant, body);
      expect([/^flt_/.test(id), seed >= 0, created_by.startsWith('key_')]).toEqual([true, true, true]);
      return { ...rest, lasts_s: (Date.parse(ends_at) - Date.parse(created_at)) / 1_000 };
    };
    const nothing = { operation: null, key_id: null, probability: null, http_status: null, retry_after_s: null, delay_ms: null, every_events: null };
    const fresh = { livemode: false, standing: 'in_force', met: 0, struck: 0, last_struck_at: null };
    const cases: readonly (readonly [object, object])[] = [
      [{ kind: 'too_many_requests' }, { times: 1, retry_after_s: 1, lasts_s: 3_600 }],
      [
        { kind: 'server_error', probability: '0.25' },
        { times: null, probability: '0.25', http_status: 503, retry_after_s: 1, lasts_s: 3_600 },
      ],
      [
        { kind: 'server_error', http_status: 504, times: 5, probability: '1.0' },
        { times: 5, probability: '1', http_status: 504, lasts_s: 3_600 },
      ],
      [
        { kind: 'slow', operation: 'POST /v1/copies/{id}/stop', for_s: 10 },
        { times: 1, operation: 'copies.stop', delay_ms: 5_000, lasts_s: 10 },
      ],
      [{ kind: 'stream_dropped' }, { times: null, lasts_s: 60 }],
      [
        { kind: 'stream_dropped', every_events: 9 },
        { times: 1, every_events: 9, lasts_s: 3_600 },
      ],
      [
        { kind: 'event_repeated', probability: '0.000001' },
        { times: null, probability: '0.000001', lasts_s: 3_600 },
      ],
    ];
    for (const [body, expected] of cases) {
      const { kind } = Object(body);
      expect(await shown(body)).toEqual({ ...fresh, ...nothing, kind, ...expected });
    }
  });
});

/** Every kind of request a fault can be aimed at is one the document has. */
describe('F8: operations', () => {
  it('F8.1 can each be aimed at by id and by method and path', async () => {
    const tenant = await rig.tenant('Aimed');
    const aimed = documented(rig.publicApi).filter(
      ({ id, path }) => path.startsWith('/v1/') && id !== 'keyLeaks.report' && !id.startsWith('sandboxFaults.'),
    );
    expect(aimed.length).toBeGreaterThan(80);
    for (const { id, path, method } of aimed.filter((_one, index) => index % 9 === 0)) {
      for (const operation of [id, `${method satisfies Method} ${path}`.replace(method, method.toUpperCase())])
        expect((await set(tenant, { kind: 'slow', operation, for_s: 1 })).operation).toBe(id);
      good(await rig.call(tenant.key, 'delete', '/v1/sandbox/faults'));
    }
  });
});
