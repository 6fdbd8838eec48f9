import type { Lifecycle } from '../lifecycle/lifecycle';
import type { Logger } from '../log/logger';
import type { Secret } from '../log/secret';
import { connectRedis, type RedisConnection } from '../redis/client';
import { postgresWakeups } from './postgres';
import { redisWakeups } from './redis';
import type { Wakeups } from './wakeups';

/** What carries wake-ups between processes, and the Redis behind it where there is one. */
export interface Carriers {
  readonly redis: RedisConnection | null;
  readonly wakeups: Wakeups;
}

/**
 * Opens wake-ups through Redis where `redisUrl` names one, else through PostgreSQL; `lifecycle` closes them. A Redis that is away delays no start:
 * until it comes nothing wakes this process, and it finds its work by its polls.
 */
export async function openCarriers(options: {
  readonly redisUrl: Secret<string> | null;
  readonly databaseUrl: string;
  readonly log: Logger;
  readonly lifecycle: Lifecycle;
}): Promise<Carriers> {
  const { redisUrl, databaseUrl, log, lifecycle } = options;
  const redis = redisUrl === null ? null : await connectRedis({ url: redisUrl.reveal(), log, mayBeAway: true });
  if (redis !== null) lifecycle.onDrain('redis', () => redis.close());
  const wakeups = redis === null ? await postgresWakeups({ url: databaseUrl, log }) : redisWakeups(redis, log);
  lifecycle.onDrain('wake-ups', () => wakeups.close());
  return { redis, wakeups };
}
