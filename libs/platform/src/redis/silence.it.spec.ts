import { present } from '@lockstep/kernel';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../log/logger';
import { hasRedisServer, type OwnRedis, ownRedis } from '../testing/redis-for-tests';
import { silentLine } from '../testing/silent-line';
import { connectRedis, type RedisConnection } from './client';

const PATIENCE = { timeout: 120_000, interval: 50 };
const SILENT = /gave no answer within 300 ms/;

describe.skipIf(!hasRedisServer())('a Redis that says nothing (needs redis-server in the PATH)', () => {
  const opened: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
  });
  const keep = <T extends { close(): unknown }>(made: T): T => {
    opened.push(made);
    return made;
  };
  const start = async (): Promise<OwnRedis> => keep(await ownRedis());
  const open = async (url: string, more: { readonly mayBeAway?: boolean } = {}): Promise<RedisConnection> =>
    keep(await connectRedis({ url, log: silentLogger, commandTimeoutMs: 300, ...more }));
  /** Listens, and gives what was heard. */
  const listen = async (redis: RedisConnection): Promise<string[]> => {
    const heard: string[] = [];
    await redis.subscribe('news', (text) => heard.push(text));
    return heard;
  };

  it('because the way to it swallows everything: what was asked fails in time, and other connections take the place of those there are', async () => {
    const server = await start();
    const way = keep(await silentLine(server.url));
    const redis = await open(way.url);
    const heard = await listen(redis);
    let gaps = 0;
    redis.onReconnect(() => {
      gaps += 1;
    });
    // The connections there are stay silent; new ones are passed on.
    way.silence();
    way.restore();
    const asked = await Promise.allSettled([redis.command(['PING']), redis.command(['PING']), redis.publish('news', 'lost')]);
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await expect.poll(() => redis.command(['PING']).catch(() => null), PATIENCE).toBe('PONG');
    // The connection that listens is asked for a sign by itself.
    await expect.poll(() => gaps, PATIENCE).toBe(1);
    await redis.publish('news', 'again');
    await expect.poll(() => heard, PATIENCE).toEqual(['again']);
  });

  it('because it hangs: what was asked fails in time, nobody waits meanwhile, and all is well once it goes on', async () => {
    const server = await start();
    const redis = await open(server.url);
    const heard = await listen(redis);
    server.halt();
    await expect(redis.command(['PING'])).rejects.toThrow(SILENT);
    expect(redis.isReady()).toBe(false);
    await expect(redis.command(['PING'])).rejects.not.toThrow(SILENT);
    server.goOn();
    await expect.poll(() => redis.isReady(), PATIENCE).toBe(true);
    expect(await redis.command(['PING'])).toBe('PONG');
    await redis.publish('news', 'again');
    await expect.poll(() => heard, PATIENCE).toEqual(['again']);
  });

  it('is waited for no longer than a first connection may take, and connected to later where it may be away', async () => {
    const server = await start();
    server.halt();
    const patient = { url: server.url, log: silentLogger, connectTimeoutMs: 300 };
    await expect(connectRedis(patient)).rejects.toThrow(SILENT);
    const redis = keep(await connectRedis({ ...patient, mayBeAway: true }));
    const heard = await listen(redis);
    expect(redis.isReady()).toBe(false);
    server.goOn();
    await expect.poll(() => redis.isReady(), PATIENCE).toBe(true);
    await expect
      .poll(async () => {
        await redis.publish('news', 'first');
        return present(heard.at(-1) ?? 'nothing yet', 'what was heard');
      }, PATIENCE)
      .toBe('first');
  });
});
