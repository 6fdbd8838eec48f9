import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../log/logger';
import { connectRedis, type RedisConnection } from '../redis/client';
import { limiterContract } from '../testing/limiter-contract';
import { hasRedisForTests, hasRedisServer, ownRedis, redisForTests, type TestRedis } from '../testing/redis-for-tests';
import { redisLimiter } from './redis';

describe.skipIf(!hasRedisForTests())('shared limiter (needs REDIS_URL or redis-server in the PATH)', () => {
  let server: TestRedis | null = null;
  let redis: RedisConnection;
  beforeAll(async () => {
    server = await redisForTests();
    redis = await connectRedis({ url: server?.url ?? '', log: silentLogger });
  });
  afterAll(async () => {
    await redis.close();
    await server?.close();
  });

  // Redis decides on its own clock, so this one place lets real time pass.
  limiterContract('Redis', () => ({ limiter: redisLimiter(redis), advance: (ms) => sleep(ms), slackMs: 15_000 }));

  it('keeps nothing longer than it needs to', async () => {
    const limiter = redisLimiter(redis);
    await limiter.take('ttl', [{ name: 'p', key: 'k', rate: 1, periodMs: 60_000, burst: 5, cost: 2 }]);
    const leftMs = Number(await redis.command(['PTTL', 'lim:{ttl}:k']));
    expect(leftMs).toBeGreaterThan(60_000);
    expect(leftMs).toBeLessThanOrEqual(120_000);
  });

  it('stores microseconds to the last digit', async () => {
    const limiter = redisLimiter(redis);
    await limiter.take('digits', [{ name: 'p', key: 'k', rate: 1, periodMs: 1_000_003, burst: 5, cost: 1 }]);
    expect(await redis.command(['GET', 'lim:{digits}:k'])).toMatch(/^\d{16}$/);
  });
});

describe.skipIf(!hasRedisServer())('shared limiter whose server ends (needs redis-server in the PATH)', () => {
  it('fails instead of admitting while it is away, and goes on after its return', async () => {
    const server = await ownRedis();
    const redis = await connectRedis({ url: server.url, log: silentLogger });
    const limiter = redisLimiter(redis);
    const one = { name: 'p', key: 'again', rate: 1, periodMs: 60_000, burst: 0, cost: 1 };
    await limiter.take('g', [one]);
    await server.stop();
    await expect(limiter.take('g', [one])).rejects.toThrow();
    await server.restart();
    await expect.poll(() => redis.isReady(), { timeout: 20_000 }).toBe(true);
    // The restarted server is empty and has forgotten the script.
    expect((await limiter.take('g', [one])).allowed).toBe(true);
    await redis.close();
    await server.close();
  });
});
