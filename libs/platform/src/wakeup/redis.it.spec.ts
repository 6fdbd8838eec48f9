import { afterAll, beforeAll, describe } from 'vitest';
import { silentLogger } from '../log/logger';
import { connectRedis } from '../redis/client';
import { hasRedisForTests, redisForTests, type TestRedis } from '../testing/redis-for-tests';
import { wakeupContract } from '../testing/wakeup-contract';
import { redisWakeups } from './redis';

describe.skipIf(!hasRedisForTests())('wake-ups through Redis (needs REDIS_URL or redis-server in the PATH)', () => {
  let server: TestRedis | null = null;
  beforeAll(async () => {
    server = await redisForTests();
  });
  afterAll(() => server?.close());

  wakeupContract('Redis', async () => {
    const [a, b] = await Promise.all([1, 2].map(() => connectRedis({ url: server?.url ?? '', log: silentLogger })));
    if (a === undefined || b === undefined) throw new Error('no connection');
    const [here, there] = [redisWakeups(a, silentLogger), redisWakeups(b, silentLogger)];
    const close = async (): Promise<void> => {
      await Promise.all([here.close(), there.close()]);
      await Promise.all([a.close(), b.close()]);
    };
    const interrupt = async (): Promise<void> => {
      await a.command(['CLIENT', 'KILL', 'TYPE', 'pubsub']);
    };
    return { here, there, interrupt, close };
  });
});
