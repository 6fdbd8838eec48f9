import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  connectRedis,
  createHealth,
  createLifecycle,
  createLogger,
  createMetrics,
  type Lifecycle,
  type Limiter,
  type Logger,
  localLimiter,
  postgresWakeups,
  redisLimiter,
  redisWakeups,
  systemIds,
  type Wakeups,
} from '@lockstep/platform';
import type { GatewayContext } from './app/context';
import { listenOperator, listenPublic } from './app/listeners';
import { type Opened, openContextStorage } from './app/open';
import { hmacDigest } from './auth/key-digest';
import { STREAM_LIMITS } from './stream/limits';

/** How long the gateway goes on serving after it said that it is no longer ready: load balancers look in between. At most a quarter of the drain. */
const DRAIN_NOTICE_MS = 2_000;

/** Starts the gateway: configuration, connections, two listeners; one JSON line when it serves. */
async function main(): Promise<void> {
  const opened = await openContextStorage();
  if (typeof opened === 'string') {
    process.stderr.write(`${opened}\n`);
    process.exit(2);
  }
  const { config, storage, keys, clock, random } = opened;
  const log = createLogger({ process: 'gateway', level: config.logLevel });
  const lifecycle = createLifecycle({ log, drainTimeoutMs: config.drainTimeoutMs });
  lifecycle.onDrain('storage', () => storage.close());
  const { limiter, wakeups } = await carriers(opened, log, lifecycle);
  const ids = systemIds(clock, random);
  const digest = hmacDigest(keys.keyPepper.reveal());
  const metrics = createMetrics('gateway');
  const health = createHealth({ clock });
  health.addCheck('database', () => storage.ping());
  const made = { config, storage, clock, ids, random, limiter, wakeups, keys, digest, metrics, log, health };
  const context: GatewayContext = { ...made, streamLimits: STREAM_LIMITS };
  const operator = await listenOperator(context);
  lifecycle.onDrain('operator listener', operator.close);
  const listener = await listenPublic(context);
  lifecycle.onDrain('public listener', listener.close);
  lifecycle.onDrain('notice', async () => {
    health.startDraining();
    await sleep(Math.min(DRAIN_NOTICE_MS, config.drainTimeoutMs / 4));
  });
  process.stdout.write(`${JSON.stringify({ ready: true, port: listener.port, operatorPort: operator.port, pid: process.pid })}\n`);
}

/**
 * Redis where there is one; else limits in this process and wake-ups through PostgreSQL. A Redis that is away delays no start: until it comes, this
 * gateway counts alone and looks for events by its poll.
 */
async function carriers(opened: Opened, log: Logger, lifecycle: Lifecycle): Promise<{ readonly limiter: Limiter; readonly wakeups: Wakeups }> {
  const { config, clock, databaseUrl } = opened;
  if (config.redisUrl === null) {
    const wakeups = await postgresWakeups({ url: databaseUrl, log });
    lifecycle.onDrain('wake-ups', () => wakeups.close());
    return { limiter: localLimiter(clock), wakeups };
  }
  const redis = await connectRedis({ url: config.redisUrl.reveal(), log, mayBeAway: true });
  const wakeups = await redisWakeups(redis, log);
  lifecycle.onDrain('redis', () => redis.close());
  lifecycle.onDrain('wake-ups', () => wakeups.close());
  return { limiter: redisLimiter(redis), wakeups };
}

main().catch((error: unknown) => {
  process.stderr.write(`gateway: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
