import {
  createHealth,
  createLifecycle,
  createLogger,
  createMetrics,
  describeProblems,
  enginePrivateKeys,
  holdLock,
  inlineDeeply,
  loadConfig,
  openCarriers,
  opener,
  openTraces,
  systemClock,
  systemIds,
  systemRandom,
  systemTimers,
} from '@lockstep/platform';
import { openStorage, resolveRoleUrls } from '@lockstep/storage';
import { egressAddresses } from '@lockstep/venues/hyperliquid';
import { openAdmin } from './admin-server';
import { alarming, countAlarms } from './alarms';
import { bootEngine, type Engine } from './boot';
import { CRASH_POINTS, crashPoints, parseCrashPlan } from './crash-points';
import { assertKeysHeld } from './held-keys';
import { ENGINE_LIMITS } from './limits';
import { observeDetection } from './observe-detection';
import { observeWave } from './observe-wave';
import type { NetworkAddress } from './state/network-address';
import { perpsStudioNetworks } from './state/perps-studio-networks';
import { traceCommand } from './trace-command';
import { traceWave } from './trace-wave';

const DATABASE_CONNECTIONS_MAX = 12;
/** The venue accounts are not divided: an engine loads and trades all of them. The journal's rows are numbered by shard for a later day. */
const SHARD = 0;

/** The engine process: configuration, storage as the engine's role, one engine, one JSON line when it is ready. `--crash-points` prints their names. */
async function main(): Promise<void> {
  if (process.argv[2] === '--crash-points') {
    process.stdout.write(`${JSON.stringify(CRASH_POINTS)}\n`);
    return;
  }
  inlineDeeply();
  const loaded = loadConfig('engine');
  if (!loaded.ok) {
    process.stderr.write(`${describeProblems('engine', loaded.error)}\n`);
    process.exitCode = 1;
    return;
  }
  const config = loaded.value;
  const log = createLogger({ process: 'engine', level: config.logLevel });
  const lifecycle = createLifecycle({ log, drainTimeoutMs: config.drainTimeoutMs });
  const url = config.engineDatabaseUrl?.reveal() ?? (config.databaseUrl === null ? null : resolveRoleUrls(config.databaseUrl.reveal()).engine.url);
  if (url === null) {
    process.stderr.write('The engine needs ENGINE_DATABASE_URL or DATABASE_URL.\n');
    process.exitCode = 1;
    return;
  }
  const crash = config.crashAt === null ? null : parseCrashPlan(config.crashAt);
  if (config.crashAt !== null && crash === null) throw new Error(`LOCKSTEP_CRASH_AT names no crash point: ${config.crashAt}`);
  const clock = systemClock;
  const random = systemRandom;
  const metrics = createMetrics('engine');
  const health = createHealth({ clock });
  const traces = await openTraces({ url: config.tracesUrl, authorization: config.tracesAuthorization, share: 1, process: 'engine', random, log });
  lifecycle.onDrain('traces', () => traces.close());
  let engine: Engine | null = null;
  const admin = await openAdmin(config.healthHost, config.healthPort, health, metrics, () => engine);
  lifecycle.onDrain('admin', () => admin.close());
  const storage = await openStorage({
    url,
    role: 'engine',
    clock,
    poolMax: DATABASE_CONNECTIONS_MAX,
    onHookFailure: (failure) => log.error('a step after a commit failed', { error: failure }),
  });
  lifecycle.onDrain('storage', () => storage.close());
  health.addCheck('database', () => storage.ping());
  const keys = opener(enginePrivateKeys(config));
  // Before it waits for its turn: a key that is missing is to be known while the engine before this one still works.
  await assertKeysHeld(storage, keys.keyIds, config.sealingLostKeys ?? []);
  // Not drained: what it still has on its way is the next one's to settle, and is safe wherever this one stops.
  const standDown = (why: string): void => {
    log.fatal('another engine may have taken over: this one ends at once', { why });
    process.exit(1);
  };
  const lock = await holdLock({ url, name: 'lockstep.engine', log, onLost: () => standDown('its lock was lost') });
  if (lock === null) throw new Error('another engine works on this database, and one trades all accounts: stop it before you start this one');
  lifecycle.onDrain('lock', () => lock.release());
  const { wakeups } = await openCarriers({ redisUrl: config.redisUrl, databaseUrl: url, log, lifecycle });
  const egress = egressAddresses(config.egress.reveal());
  const assumed = { postsSpendWeight: config.postsSpendWeight === 'on', outsideWeight: config.outsideWeight };
  const simulated = { venue: 'hyperliquid', network: 'sim', environment: 'test', url: config.simVenueUrl } as const;
  const live = { venue: 'hyperliquid', network: config.hyperliquidNetwork, environment: 'live', url: config.hyperliquidUrl } as const;
  const networks: readonly NetworkAddress[] = [simulated, live, ...perpsStudioNetworks(config, { simulated, live })];
  await storage.platform(async (unit) => {
    for (const { venue, network, environment, url } of networks) await unit.markets.putNetwork({ venue, network, environment, url });
  });
  engine = await bootEngine({
    clock,
    timers: systemTimers,
    ids: systemIds(clock, random),
    random,
    log: alarming(log, countAlarms(metrics)),
    storage,
    wakeups,
    opener: keys,
    limits: {
      ...ENGINE_LIMITS,
      reconcileIntervalMs: config.reconcileIntervalMs,
      fundingPeriodMs: config.fundingPeriodMs,
      agentExpiringMs: config.agentRenewalDays * 86_400_000,
      dollarCollaterals: config.dollarCollaterals,
    },
    shard: SHARD,
    pass: crashPoints(crash),
    networks,
    tuning: {
      liveChain: config.hyperliquidNetwork,
      workers: config.signingWorkers,
      presignaturesPerWorker: config.presignatures,
      simulated: {
        claimSigner: config.simSignerClaims === 'on',
        ...(config.simUserSeats !== null && { userSeatsMax: config.simUserSeats }),
        ...(config.simRateLimits === 'on' && { egress, rateLimits: assumed }),
      },
      chunk: config.ordersPerChunk,
      answerTimeoutMs: config.answerTimeoutMs,
      egress: egress.filter(({ kind }) => kind !== 'claimed'),
      rateLimits: config.rateLimits === 'on' ? assumed : null,
    },
    onWave: (record) => {
      observeWave(metrics, record);
      traceWave(traces, record);
      log.info('wave', { ...record });
    },
    onCommand: (command) => traceCommand(traces, command),
    onDetected: (detection) => observeDetection(metrics, detection),
    broken: (why) => void lifecycle.drain(why, 1),
    lead: { holds: () => lock.isCertain(), end: standDown },
  });
  const running = engine;
  lifecycle.onDrain('engine', () => running.close());
  process.stdout.write(`${JSON.stringify({ ready: true, process: 'engine', instance: engine.instance, port: admin.port, ...engine.standing() })}\n`);
}

main().catch((failure: unknown) => {
  process.stderr.write(`The engine could not start: ${failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)}\n`);
  process.exit(1);
});
