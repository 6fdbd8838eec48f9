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

  /** A limiter, and how many steps it asked for: what is asked once more with the script's text is the same step. */
  const counted = () => {
    let steps = 0;
    const command = (args: readonly string[]): Promise<unknown> => {
      if (args[0] === 'EVALSHA') steps += 1;
      return redis.command(args);
    };
    return { limiter: redisLimiter({ ...redis, command }), steps: () => steps };
  };

  // Redis decides on its own clock, so this one place lets real time pass.
  limiterContract('Redis', () => ({ limiter: redisLimiter(redis), advance: (ms) => sleep(ms), slackMs: 15_000 }));

  it('keeps nothing longer than it needs to', async () => {
    const limiter = redisLimiter(redis);
    await limiter.take('ttl', [{ name: 'p', key: 'k', rate: 1, periodMs: 60_000, burst: 5, cost: 2 }]);
    const leftMs = Number(await redis.command(['PTTL', 'lim:{ttl}:k']));
    expect(leftMs).toBeGreaterThan(60_000);
    expect(leftMs).toBeLessThanOrEqual(120_000);
  });

  it('asks once for all that come in one turn, and tells each what it would have been told alone', async () => {
    const { limiter, steps } = counted();
    const policy = { name: 'p', key: 'turn', rate: 1, periodMs: 3_600_000, burst: 4, cost: 1 };
    const take = (holder: string) => limiter.take('turn', [policy], { key: 'turn:places', limit: 3, holder, leaseMs: 60_000 });
    const decisions = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(take));
    expect(decisions.map(({ allowed, policies, slots }) => [allowed, policies[0]?.remaining, slots?.remaining])).toEqual([
      [true, 4, 2],
      [true, 3, 1],
      [true, 2, 0],
      [false, 2, 0],
      [false, 2, 0],
    ]);
    expect(steps()).toBe(1);
  });

  it('counts what was given back before a request came, also where both leave together', async () => {
    const limiter = redisLimiter(redis);
    const policy = { name: 'p', key: 'back', rate: 1, periodMs: 3_600_000, burst: 9, cost: 1 };
    const claim = (holder: string) => ({ key: 'back:places', limit: 1, holder, leaseMs: 60_000 });
    expect((await limiter.take('back', [policy], claim('a'))).allowed).toBe(true);
    const given = limiter.release('back', claim('a'));
    expect((await limiter.take('back', [policy], claim('b'))).allowed).toBe(true);
    await given;
  });

  it.each([
    ['of requests whose answer was lost', 'EVALSHA'],
    ['that were given back and whose answer was lost', 'ZREM'],
  ])('holds no places %s beyond what is asked next', async (_, lost) => {
    const policy = { name: 'p', key: `lost:${lost}`, rate: 1, periodMs: 3_600_000, burst: 99, cost: 1 };
    const claim = (holder: string) => ({ key: `lost:${lost}:places`, limit: 3, holder, leaseMs: 60_000 });
    const take = (holder: string) => limiter.take('lost', [policy], claim(holder));
    let isLosing = false;
    // What is carried out but not answered, and what is never carried out: the sender cannot tell them apart.
    const command = async (args: readonly string[]): Promise<unknown> => {
      const isLost = isLosing && args[0] === lost;
      const answer = isLost && lost === 'ZREM' ? null : await redis.command(args);
      if (isLost) throw new Error('no answer');
      return answer;
    };
    const limiter = redisLimiter({ ...redis, command });
    // Redis knows the script.
    await limiter.take('lost', [policy]);
    if (lost === 'ZREM') await Promise.all(['a', 'b', 'c'].map(take));
    isLosing = true;
    const asked = ['a', 'b', 'c'].map((holder) => (lost === 'ZREM' ? limiter.release('lost', claim(holder)) : take(holder)));
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await redis.command(['ZCARD', `lim:{lost}:lost:${lost}:places`])).toBe(3);
    isLosing = false;
    expect((await take('d')).slots).toMatchObject({ remaining: 2 });
    expect(await redis.command(['ZRANGE', `lim:{lost}:lost:${lost}:places`, '0', '-1'])).toEqual(['d']);
  });

  it('keeps apart what differs in anything but its holder, and splits what is too much for one step', async () => {
    const { limiter, steps } = counted();
    const policy = { name: 'p', key: 'many', rate: 1, periodMs: 3_600_000, burst: 249, cost: 1 };
    const dear = { ...policy, cost: 2 };
    const decisions = await Promise.all([...Array.from({ length: 250 }, () => limiter.take('many', [policy])), limiter.take('many', [dear])]);
    expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(250);
    expect(steps()).toBe(4);
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
