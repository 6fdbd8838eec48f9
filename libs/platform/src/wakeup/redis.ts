import type { Logger } from '../log/logger';
import type { RedisConnection } from '../redis/client';
import { callAll, checkWakeup, type Wakeups } from './wakeups';

const PREFIX = 'wake:';

/** Wake-ups by Redis pub/sub. Closing them leaves the connection open: it belongs to the caller. */
export function redisWakeups(redis: RedisConnection, log: Logger): Wakeups {
  const undo = new Set<() => Promise<void> | void>();
  const failed = (error: unknown): void => log.error('wake-up listener failed', { error });
  return {
    publish: async (channel, payload) => {
      checkWakeup(channel, payload);
      await redis.publish(PREFIX + channel, payload);
    },
    subscribe: async (channel, listener) => {
      checkWakeup(channel, '');
      const stop = await redis.subscribe(PREFIX + channel, (payload) => callAll([() => listener(payload)], failed));
      undo.add(stop);
      return async () => {
        if (undo.delete(stop)) await stop();
      };
    },
    onReconnect: (listener) => {
      const stop = redis.onReconnect(() => callAll([listener], failed));
      undo.add(stop);
      return () => {
        undo.delete(stop);
        stop();
      };
    },
    close: async () => {
      // A connection that is already gone has nothing to take back.
      await Promise.allSettled([...undo].map((stop) => stop()));
      undo.clear();
    },
  };
}
