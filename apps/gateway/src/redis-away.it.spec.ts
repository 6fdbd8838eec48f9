import { CLOSE_CODES } from '@lockstep/delivery';
import { present } from '@lockstep/kernel';
import {
  connectRedis,
  hasRedisForTests,
  hasRedisServer,
  type OwnRedis,
  ownRedis,
  type RedisConnection,
  redisForTests,
  redisLimiter,
  silentLogger,
  type TestRedis,
} from '@lockstep/platform';
import { DEFAULT_TIER, fallbackTier, parseApiKey, SHIPPED_TIERS, TIER_CLASSES } from '@lockstep/tenancy';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { limitsBody } from './auth/tiers';
import { type GatewayProcess, startGateway } from './testing/gateway-process';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';
import { append, beginning, closed, endSockets, listen, open, range, readFrom } from './testing/stream-client';

const PATIENCE = { timeout: 120_000, interval: 100 };

let rig: GatewayRig;
const processes: GatewayProcess[] = [];
const start = async (more: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> => {
  const made = await startGateway(rig, more);
  processes.push(made);
  return made;
};

beforeAll(async () => {
  rig = await openRig();
}, 300_000);
afterEach(async () => {
  endSockets();
  await Promise.all(processes.splice(0).map((each) => each.stop()));
});
afterAll(() => rig?.close());

const get = (gateway: GatewayProcess, path: string, tenant: RigTenant) => request(gateway.url).get(path).set('Authorization', `Bearer ${tenant.key}`);

const [minute] = present(
  SHIPPED_TIERS.find((tier) => tier.name === 'scale'),
  'the tier',
).requests;
const policy = present(minute, 'its policy');
/** What the count of a key's policy is kept under. */
const keptAs = (tenant: RigTenant): string => `${kidOf(tenant)}:${policy.name}:${policy.windowMs}`;
const kidOf = (tenant: RigTenant): string => {
  const parsed = parseApiKey(tenant.key);
  return parsed.ok ? parsed.value.kid : '';
};
/** The arrival time Redis keeps for a key's policy, in microseconds; null when it keeps none. */
const kept = async (redis: RedisConnection, tenant: RigTenant): Promise<number | null> => {
  const text = await redis.command(['GET', `lim:{${tenant.id}}:${keptAs(tenant)}`]);
  return text === null ? null : Number(text);
};

/** Uses a key's quota up in Redis, as far ahead as no wait of a test makes good. */
const useUp = (redis: RedisConnection, tenant: RigTenant) =>
  redis.command(['SET', `lim:{${tenant.id}}:${keptAs(tenant)}`, String((Date.now() + 3_600_000) * 1_000)]);

describe.skipIf(!hasRedisForTests())('Redis (needs REDIS_URL or redis-server in the PATH)', () => {
  let server: TestRedis;
  beforeAll(async () => {
    server = present(await redisForTests(), 'a Redis');
  });
  afterAll(() => server?.close());

  it('is one count for all gateways: what one admits the other sees, and a key that is used up is refused by both', async () => {
    const tenant = await rig.tenant('Two doors');
    const [one, two] = [await start({ REDIS_URL: server.url }), await start({ REDIS_URL: server.url })];
    const redis = await connectRedis({ url: server.url, log: silentLogger });
    const take = (cost: number) =>
      redisLimiter(redis).take(tenant.id, [
        { name: policy.name, key: keptAs(tenant), rate: policy.quota, periodMs: policy.windowMs, burst: policy.quota - 1, cost },
      ]);
    // Most of the quota is taken in one step, so that every request from here on adds exactly one emission to what Redis keeps.
    expect((await take(policy.quota - 1_000)).allowed).toBe(true);
    const emission = (policy.windowMs * 1_000) / policy.quota;
    for (const gateway of [one, two, one, two]) {
      const before = present(await kept(redis, tenant), 'a count');
      expect((await get(gateway, '/v1/tenant', tenant)).status).toBe(200);
      expect(await kept(redis, tenant)).toBe(before + emission);
    }
    await useUp(redis, tenant);
    for (const gateway of [one, two]) {
      const refused = await get(gateway, '/v1/tenant', tenant);
      expect([refused.status, refused.body.code, refused.body['violated-policies']]).toEqual([429, 'rate_limited', [policy.name]]);
    }
    await redis.close();
  });
});

describe.skipIf(!hasRedisServer())('a Redis (needs redis-server in the PATH)', () => {
  let server: OwnRedis;
  beforeAll(async () => {
    server = await ownRedis();
  });
  afterAll(() => server?.close());

  it('that is away delays no start: limits and streams work without it, and with it once it is there', async () => {
    const tenant = await rig.tenant('Without Redis');
    await server.stop();
    const gateway = await start({ REDIS_URL: server.url });
    const answer = await get(gateway, '/v1/tenant', tenant);
    expect([answer.status, answer.headers['ratelimit-policy']]).toEqual([200, expect.stringContaining(`q=${policy.quota}`)]);
    expect((await request(gateway.url).get('/health/ready')).status).toBe(200);
    const begin = await beginning(gateway.url, tenant.key);
    // Nothing can wake this gateway: what was written is found by its poll.
    const reading = readFrom(gateway.url, tenant.key, begin, 20);
    await append(rig, tenant, 0, 20);
    expect(await reading).toEqual(range(0, 20));

    await server.restart();
    const redis = await connectRedis({ url: server.url, log: silentLogger });
    await useUp(redis, tenant);
    await expect.poll(async () => (await get(gateway, '/v1/tenant', tenant)).status, PATIENCE).toBe(429);
    await expect.poll(() => redis.command(['PUBSUB', 'NUMSUB', 'wake:events', 'wake:keys']), PATIENCE).toEqual(['wake:events', 1, 'wake:keys', 1]);
    expect(await gateway.stop()).toBe(0);
    await redis.close();
  });

  it('that is still away does not keep a gateway from ending in order', async () => {
    const tenant = await rig.tenant('Ending without Redis');
    await server.stop();
    const gateway = await start({ REDIS_URL: server.url });
    const socket = open(gateway.url, tenant.key);
    await listen(socket, (frame) => frame.op === 'hello');
    const ended = closed(socket);
    expect(await gateway.stop()).toBe(0);
    expect(await ended).toBe(CLOSE_CODES.going_away.code);
    await server.restart();
  });

  it('that is killed midway leaves each class its share of the quota, counted by each gateway; what stops risk has all of it', async () => {
    const tier = await byClass('shared-out', 20);
    const tenant = await rig.tenant('Midway', tier);
    const gateway = await start({ REDIS_URL: server.url });
    const calls = callsOf(gateway, tenant);
    for (const call of Object.values(calls)) expect((await call()).status).toBeLessThan(300);
    await server.stop();
    for (const [name, passes] of [
      ['reads', 10],
      ['writes', 10],
      ['orders', 10],
      ['exports', 5],
    ] as const) {
      const answers = [];
      for (let no = 0; no < passes + 3; no += 1) answers.push(await calls[name]());
      expect([name, ...answers.map(({ status }) => (status === 429 ? 429 : 'let in'))]).toEqual([
        name,
        ...Array.from({ length: passes }, () => 'let in'),
        ...[429, 429, 429],
      ]);
      const refused = present(answers.at(-1), 'a refusal');
      expect([refused.body['violated-policies'], refused.headers['ratelimit-policy']]).toEqual([[name], expect.stringContaining(`"${name}";q=20`)]);
    }
    for (let no = 0; no < 30; no += 1) expect((await calls.stops()).status).toBe(200);
    await server.restart();
    // The server begins empty: the whole quota of all gateways is there again.
    await expect.poll(async () => (await calls.reads()).headers.ratelimit, PATIENCE).toMatch(/"reads";r=1\d;/);
    expect(await gateway.stop()).toBe(0);
  });

  it('that hangs midway holds up nobody for long: requests are let in by each gateway alone, and by all together once it goes on', async () => {
    const tenant = await rig.tenant('Hanging', await byClass('hanging', 20));
    const gateway = await start({ REDIS_URL: server.url });
    const { reads } = callsOf(gateway, tenant);
    expect((await reads()).headers.ratelimit).toMatch(/"reads";r=19;/);
    server.halt();
    const statuses = await Promise.all(Array.from({ length: 8 }, async () => (await reads()).status));
    expect(statuses).toEqual(Array.from({ length: 8 }, () => 200));
    server.goOn();
    // What was sent before it hung may have been counted too.
    await expect.poll(async () => (await reads()).headers.ratelimit, PATIENCE).toMatch(/"reads";r=1?\d;/);
    expect(await gateway.stop()).toBe(0);
  });

  it('that is flushed midway refuses nobody and fails nothing: counts begin anew, places in flight too', async () => {
    const tier = await byClass('flushed', 6);
    const tenant = await rig.tenant('Flushed', tier);
    const gateway = await start({ REDIS_URL: server.url });
    const redis = await connectRedis({ url: server.url, log: silentLogger });
    const { reads } = callsOf(gateway, tenant);
    const remaining: (string | undefined)[] = [];
    for (let no = 0; no < 12; no += 1) {
      if (no % 4 === 2) await redis.command([no === 2 ? 'FLUSHALL' : 'FLUSHDB']);
      if (no === 6) await redis.command(['SCRIPT', 'FLUSH']);
      const { status, headers } = await reads();
      expect(status).toBe(200);
      remaining.push(/"reads";r=(\d+);.*"concurrency";r=(\d+)/.exec(String(headers.ratelimit))?.slice(1).join(' '));
    }
    const [first, second, third, fourth] = ['5 24', '4 24', '3 24', '2 24'];
    expect(remaining).toEqual([first, second, first, second, third, fourth, first, second, third, fourth, first, second]);
    await redis.close();
  });

  it('that is flushed or away gives nobody who guesses keys further tries', async () => {
    const tenant = await rig.tenant('Guessed at');
    const gateway = await start({ REDIS_URL: server.url });
    const redis = await connectRedis({ url: server.url, log: silentLogger });
    const wrong = `${tenant.key.slice(0, -7)}${tenant.key.at(-7) === 'A' ? 'B' : 'A'}${tenant.key.slice(-6)}`;
    let tries = 0;
    const guess = async (): Promise<number> => {
      const { status } = await request(gateway.url).get('/v1/tenant').set('Authorization', `Bearer ${wrong}`).set('X-Forwarded-For', '203.0.113.77');
      if (status === 401) tries += 1;
      return status;
    };
    const from = Date.now();
    for (let no = 0; no < 12; no += 1) await guess();
    await redis.command(['FLUSHALL']);
    for (let no = 0; no < 6; no += 1) await guess();
    await server.stop();
    for (let no = 0; no < 12; no += 1) await guess();
    expect(await guess()).toBe(429);
    // One comes back every three seconds, whatever happens to Redis.
    expect(tries).toBeLessThanOrEqual(20 + Math.ceil((Date.now() - from) / 3_000));
    expect((await get(gateway, '/v1/tenant', tenant)).status).toBe(200);
    await redis.close();
    await server.restart();
  });
});

/** A tier with one policy per class, whose quota comes back in no test. */
async function byClass(name: string, quota: number): Promise<string> {
  const standard = limitsBody(fallbackTier(DEFAULT_TIER));
  const requests = TIER_CLASSES.map((each) => ({ name: each, per: 'tenant', classes: [each], quota, window_ms: 86_400_000 }));
  good(await rig.operator('post', '/v1/operator/tiers', { name, ...standard, requests, quotas: { ...standard.quotas, export_jobs: 1_000 } }));
  return name;
}

/** One request of each class. */
function callsOf(gateway: GatewayProcess, tenant: RigTenant) {
  const post = (path: string, body: object = {}) => request(gateway.url).post(path).set('Authorization', `Bearer ${tenant.key}`).send(body);
  const period = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' };
  return {
    reads: () => get(gateway, '/v1/tenant', tenant),
    writes: () => post('/v1/followers'),
    orders: () => post(`/v1/kill-switches/${tenant.id}/release`),
    exports: () => post('/v1/exports', { kind: 'fills', ...period }),
    stops: () => post(`/v1/kill-switches/${tenant.id}/engage`),
  };
}
