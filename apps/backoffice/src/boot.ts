import { must, present } from '@lockstep/kernel';
import {
  type Config,
  createHealth,
  createMetrics,
  type Lifecycle,
  type Logger,
  openCarriers,
  pause,
  systemClock,
  systemIds,
  systemRandom,
  systemTimers,
} from '@lockstep/platform';
import { openStorage, resolveRoleUrls } from '@lockstep/storage';
import type { BackofficeContext } from './context';
import { openHealthDoor } from './health-door';
import { BACKOFFICE_LIMITS } from './limits';
import { countersOf } from './observe';
import { worldControl } from './sandbox/world-control';
import { Sweep } from './sweep';

/** Connections of one back office: its jobs, its sweep and a spare. */
const SPARE_CONNECTIONS = 4;
/** A sweep over very many scopes is slow, not dead. */
const MAX_SILENCE_MS = 300_000;

/** Starts the back office and returns where its health is answered. What it opens, `lifecycle` closes. */
export async function boot(config: Config<'backoffice'>, log: Logger, lifecycle: Lifecycle): Promise<{ readonly healthPort: number }> {
  const url = databaseUrl(config);
  const storage = await openStorage({
    url,
    role: 'backoffice',
    clock: systemClock,
    poolMax: (BACKOFFICE_LIMITS.jobsMax + BACKOFFICE_LIMITS.worldJobsMax) * 2 + SPARE_CONNECTIONS,
  });
  lifecycle.onDrain('storage', () => storage.close());
  const { wakeups } = await openCarriers({ redisUrl: config.redisUrl, databaseUrl: url, log, lifecycle });
  const metrics = createMetrics('backoffice');
  const health = createHealth({ clock: systemClock });
  health.addCheck('database', () => storage.ping());
  const ids = systemIds(systemClock, systemRandom);
  const worlds = worldControl({
    controlUrl: config.simControlUrl,
    controlKey: config.simControlKey?.reveal() ?? null,
    venueUrl: config.simVenueUrl,
    timeoutMs: BACKOFFICE_LIMITS.worldAnswerTimeoutMs,
    ask: fetch,
  });
  const ctx: BackofficeContext = {
    clock: systemClock,
    ids,
    log,
    storage,
    wakeups,
    limits: BACKOFFICE_LIMITS,
    counters: countersOf(metrics),
    worlds,
    pause: (ms) => pause(systemTimers, ms),
  };
  const sweep = new Sweep(ctx, health.addPulse('sweep', MAX_SILENCE_MS));
  const door = await openHealthDoor({ host: config.healthHost, port: config.healthPort }, health, metrics);
  lifecycle.onDrain('health', () => door.close());
  await sweep.start();
  lifecycle.onDrain('sweep', () => sweep.stop());
  lifecycle.onDrain('readiness', async () => health.startDraining());
  return { healthPort: door.port };
}

function databaseUrl(config: Config<'backoffice'>): string {
  if (config.backofficeDatabaseUrl !== null) return config.backofficeDatabaseUrl.reveal();
  const owner = config.databaseUrl;
  must(owner !== null, 'the configuration names a database');
  return present(resolveRoleUrls(owner.reveal()).backoffice, 'the back office login').url;
}
