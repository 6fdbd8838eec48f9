import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { API_CALENDAR } from '@lockstep/delivery';
import {
  beginYoung,
  createHealth,
  createLifecycle,
  createLogger,
  createMetrics,
  localLimiter,
  openCarriers,
  openTraces,
  redisLimiter,
  systemIds,
  systemTimers,
  watchLoop,
} from '@lockstep/platform';
import type { GatewayContext } from './app/context';
import { gatewayCrashPoints } from './app/crash-points';
import { listenOperator, listenPublic } from './app/listeners';
import { openContextStorage } from './app/open';
import { digestOf } from './auth/key-digest';
import { gatewaySeals, missingKeys } from './personal/held-keys';
import { sealNamesOfBefore, sealUntilQuiet } from './personal/seal-before';
import { STREAM_LIMITS } from './stream/limits';

/** How long the gateway goes on serving after it said that it is no longer ready: load balancers look in between. At most a quarter of the drain. */
const DRAIN_NOTICE_MS = 2_000;

/** Starts the gateway: configuration, connections, two listeners; one JSON line when it serves. */
async function main(): Promise<void> {
  beginYoung();
  const opened = await openContextStorage();
  if (typeof opened === 'string') {
    process.stderr.write(`${opened}\n`);
    process.exit(2);
  }
  const { config, storage, keys, clock, random } = opened;
  const log = createLogger({ process: 'gateway', level: config.logLevel, together: true });
  const lifecycle = createLifecycle({ log, drainTimeoutMs: config.drainTimeoutMs });
  lifecycle.onDrain('storage', () => storage.close());
  const { redis, wakeups } = await openCarriers({ redisUrl: config.redisUrl, databaseUrl: opened.databaseUrl, log, lifecycle });
  // Without a Redis each gateway counts alone.
  const limiter = redis === null ? localLimiter(clock) : redisLimiter(redis);
  const ids = systemIds(clock, random);
  const digest = digestOf(keys);
  const metrics = createMetrics('gateway');
  const health = createHealth({ clock });
  const share = config.tracedRequestsPercent / 100;
  const traces = await openTraces({ url: config.tracesUrl, authorization: config.tracesAuthorization, share, process: 'gateway', random, log });
  lifecycle.onDrain('traces', () => traces.close());
  health.addCheck('database', () => storage.ping());
  const load = watchLoop(clock, systemTimers);
  lifecycle.onDrain('load', async () => load.close());
  const made = { config, storage, clock, ids, random, limiter, wakeups, redis, keys, digest, metrics, traces, log, health, load };
  const passCrashPoint = gatewayCrashPoints(config.crashAt);
  const context: GatewayContext = { ...made, streamLimits: STREAM_LIMITS, apiCalendar: API_CALENDAR, passCrashPoint };
  const missing = missingKeys(await gatewaySeals(storage), keys);
  if (missing !== null) throw new Error(missing);
  const operator = await listenOperator(context);
  lifecycle.onDrain('operator listener', operator.close);
  const listener = await listenPublic(context);
  lifecycle.onDrain('public listener', listener.close);
  lifecycle.onDrain('notice', async () => {
    health.startDraining();
    for (const each of [listener, operator]) each.startDraining();
    await sleep(Math.min(DRAIN_NOTICE_MS, config.drainTimeoutMs / 4));
  });
  const sealing = new AbortController();
  lifecycle.onDrain('sealing of names', async () => sealing.abort());
  void sealUntilQuiet(() => sealNamesOfBefore(context), sealing.signal);
  process.stdout.write(`${JSON.stringify({ ready: true, port: listener.port, operatorPort: operator.port, pid: process.pid })}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`gateway: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
