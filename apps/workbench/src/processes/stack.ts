import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Config,
  childEnvironment,
  createLogger,
  describeMissing,
  enginePrivateKeys,
  missingKeys,
  openDatabase,
  opener,
  systemClock,
} from '@lockstep/platform';
import { migrate, openStorage, type RoleUrls, resolveRoleUrls, sealCounts } from '@lockstep/storage';
import { SimControl } from '../client/sim-control';
import { type ChildPlan, type RunningChild, startChild } from './child';
import { takenPorts } from './taken-ports';

/** Everything a deployment on one machine consists of, running. */
export interface Stack {
  readonly gatewayUrl: string;
  readonly operatorUrl: string;
  readonly simUrl: string;
  readonly simControlUrl: string;
  readonly engineHealthUrl: string;
  readonly dataDir: string;
  readonly children: Readonly<Record<ChildName, RunningChild>>;
  /** Environment of the gateway, for its operator command. */
  readonly gatewayEnv: Readonly<Record<string, string>>;
  readonly roles: RoleUrls;
  /** Ends one process by `signal` and starts it again with the same settings plus `extra`. Throws `EndedEarly` when it ends before it is ready. */
  restart(name: ChildName, signal: NodeJS.Signals, extra?: Readonly<Record<string, string>>, onSpawn?: ChildPlan['onSpawn']): Promise<RunningChild>;
  stop(): Promise<void>;
}

export type ChildName = 'venue-sim' | 'gateway' | 'engine' | 'backoffice';

export interface StackPlan {
  readonly config: Config<'workbench'>;
  readonly dataDir: string;
  readonly simArgs: readonly string[];
  /** 0: a free port each, so that several stacks stand side by side. */
  readonly fixedPorts: boolean;
  /** A key of the simulated Provider API is made for the engine, with so many requests a minute; absent: perps.studio is not offered. */
  readonly perpsStudioPerMinute?: number;
  /** Further settings of one process. */
  readonly extra?: Partial<Record<ChildName, Readonly<Record<string, string>>>>;
  readonly onStep: (text: string) => void;
}

/** Processes start from the built tree, also when this file runs as source, as it does under the tests. */
const DIST = join(__dirname, '../../../..', __filename.endsWith('.ts') ? 'dist' : '');
const entryOf = (name: ChildName): string => join(DIST, 'apps', name, 'src/main.js');

/**
 * Starts PostgreSQL (unless `DATABASE_URL` names one), migrates, then the simulated venue, engine, back office and gateway.
 * Throws with what went wrong and what the process printed; whatever was started is stopped again.
 */
export async function startStack(plan: StackPlan): Promise<Stack> {
  const { config, dataDir, onStep } = plan;
  const logs = join(dataDir, 'logs');
  mkdirSync(logs, { recursive: true });
  const closers: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const ownerUrl = await database(plan, closers);
    // Asked behind the database, which tells a second start on the same data folder by its name.
    const taken = plan.fixedPorts ? await takenPorts(config) : [];
    if (taken.length > 0) throw new Error(`${taken.join('\n')}\n(docs/configuration.md)`);
    const roles = resolveRoleUrls(ownerUrl, givenUrls(config));
    const { applied } = await migrate(ownerUrl, roles);
    onStep(applied.length === 0 ? 'database is up to date' : `database migrated (${applied.length} migrations)`);
    const environments = settings(plan, roles);
    const children = new Map<ChildName, RunningChild>();
    const launch = async (
      name: ChildName,
      args: readonly string[],
      extra: Readonly<Record<string, string>>,
      onSpawn?: ChildPlan['onSpawn'],
    ): Promise<RunningChild> => {
      const child = await startChild({
        name,
        entry: entryOf(name),
        args,
        env: { ...environments(name), ...extra },
        logFile: join(logs, `${name}.log`),
        ...(onSpawn === undefined ? {} : { onSpawn }),
      });
      children.set(name, child);
      onStep(`${name} is ready`);
      return child;
    };
    const running = (name: ChildName): RunningChild => {
      const child = children.get(name);
      if (!child) throw new Error(`${name} was never started`);
      return child;
    };
    closers.push(async () => {
      for (const name of ['gateway', 'backoffice', 'engine', 'venue-sim'] as const) await children.get(name)?.stop();
    });
    const sim = await launch('venue-sim', simArguments(plan), {});
    const simUrl = `http://127.0.0.1:${Number(sim.ready.port)}`;
    const controlUrl = `http://127.0.0.1:${Number(sim.ready.controlPort)}`;
    const venue: Partial<Record<ChildName, Readonly<Record<string, string>>>> = {
      engine: { LOCKSTEP_SIM_VENUE_URL: simUrl, ...(await perpsStudioKey(plan, controlUrl)) },
      backoffice: { LOCKSTEP_SIM_VENUE_URL: simUrl, LOCKSTEP_SIM_CONTROL_URL: controlUrl },
    };
    await assertSealsOpen(plan, roles);
    await launch('engine', [], venue.engine ?? {});
    await Promise.all([launch('backoffice', [], venue.backoffice ?? {}), launch('gateway', [], {})]);
    return {
      gatewayUrl: `http://127.0.0.1:${Number(running('gateway').ready.port)}`,
      operatorUrl: `http://127.0.0.1:${Number(running('gateway').ready.operatorPort)}`,
      simUrl,
      simControlUrl: controlUrl,
      get engineHealthUrl() {
        return `http://127.0.0.1:${Number(running('engine').ready.port)}`;
      },
      dataDir,
      get children() {
        return { 'venue-sim': running('venue-sim'), gateway: running('gateway'), engine: running('engine'), backoffice: running('backoffice') };
      },
      gatewayEnv: environments('gateway'),
      roles,
      restart: async (name, signal, extra = {}, onSpawn) => {
        const old = running(name);
        old.kill(signal);
        await old.exited;
        return launch(name, name === 'venue-sim' ? simArguments(plan) : [], { ...venue[name], ...extra }, onSpawn);
      },
      stop: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Throws where an agent key in use is sealed for a key that the engine will not have: it would refuse to start, and says so here before anything else waits for it. */
async function assertSealsOpen({ config, dataDir, extra }: StackPlan, roles: RoleUrls): Promise<void> {
  // An engine of this stack reads the keys of the data folder, unless it is given its own.
  if (extra?.engine?.LOCKSTEP_SEALING_PRIVATE_KEYS !== undefined) return;
  const storage = await openStorage({ url: roles.engine.url, role: 'engine', clock: systemClock, poolMax: 1 });
  try {
    const held = opener(enginePrivateKeys({ dataDir, sealingPrivateKeys: null })).keyIds;
    const missing = missingKeys(await sealCounts(storage), held, config.sealingLostKeys ?? []);
    if (missing.length > 0) throw new Error(describeMissing(missing, held));
  } finally {
    await storage.close();
  }
}

async function database(plan: StackPlan, closers: (() => Promise<void>)[]): Promise<string> {
  if (plan.config.databaseUrl) {
    plan.onStep('using the database of DATABASE_URL');
    return plan.config.databaseUrl.reveal();
  }
  const log = createLogger({ process: 'workbench', level: 'warn' });
  const embedded = await openDatabase({ dataDir: plan.dataDir, log });
  closers.push(() => embedded.close());
  plan.onStep(embedded.adopted ? 'adopted the PostgreSQL that an earlier run left behind' : 'embedded PostgreSQL is ready');
  return embedded.ownerUrl;
}

/** Login addresses the deployment gave; the others are derived from the owner's. */
export function givenUrls(config: Config<'workbench'>): { app?: string; engine?: string; backoffice?: string } {
  return {
    ...(config.appDatabaseUrl ? { app: config.appDatabaseUrl.reveal() } : {}),
    ...(config.engineDatabaseUrl ? { engine: config.engineDatabaseUrl.reveal() } : {}),
    ...(config.backofficeDatabaseUrl ? { backoffice: config.backofficeDatabaseUrl.reveal() } : {}),
  };
}

/** The engine's access to the simulated Provider API. */
async function perpsStudioKey({ perpsStudioPerMinute }: StackPlan, simControlUrl: string): Promise<Readonly<Record<string, string>>> {
  if (perpsStudioPerMinute === undefined) return {};
  const key = await new SimControl(simControlUrl).providerKey(perpsStudioPerMinute);
  return { LOCKSTEP_SIM_PERPS_STUDIO_KEY: key, LOCKSTEP_PERPS_STUDIO_PER_MINUTE: String(perpsStudioPerMinute) };
}

function simArguments(plan: StackPlan): readonly string[] {
  const { config, fixedPorts } = plan;
  const ports = fixedPorts ? [String(config.simPort), String(config.simControlPort)] : ['0', '0'];
  return ['--port', ports[0] ?? '0', '--control-port', ports[1] ?? '0', '--seed', String(config.simSeed), ...plan.simArgs];
}

function settings(plan: StackPlan, roles: RoleUrls): (name: ChildName) => Record<string, string> {
  const { config, fixedPorts } = plan;
  const base = { ...childEnvironment(), LOG_LEVEL: config.logLevel, LOCKSTEP_DATA_DIR: plan.dataDir, NODE_ENV: 'production' };
  const redis: Record<string, string> = config.redisUrl ? { REDIS_URL: config.redisUrl.reveal() } : {};
  const own: Readonly<Record<ChildName, Readonly<Record<string, string>>>> = {
    'venue-sim': {},
    gateway: {
      ...redis,
      APP_DATABASE_URL: roles.app.url,
      LOCKSTEP_GATEWAY_HOST: config.gatewayHost,
      LOCKSTEP_GATEWAY_PORT: fixedPorts ? String(config.gatewayPort) : '0',
      LOCKSTEP_OPERATOR_HOST: config.operatorHost,
      LOCKSTEP_OPERATOR_PORT: fixedPorts ? String(config.operatorPort) : '0',
      ...(config.keyPepper ? { LOCKSTEP_KEY_PEPPER: config.keyPepper.reveal() } : {}),
    },
    engine: {
      ...redis,
      ENGINE_DATABASE_URL: roles.engine.url,
      LOCKSTEP_SIGNING_WORKERS: String(config.signingWorkers),
      LOCKSTEP_HYPERLIQUID_URL: config.hyperliquidUrl,
      LOCKSTEP_HYPERLIQUID_NETWORK: config.hyperliquidNetwork,
      ...(config.sealingLostKeys === null ? {} : { LOCKSTEP_SEALING_LOST_KEYS: config.sealingLostKeys.join(',') }),
    },
    backoffice: { ...redis, BACKOFFICE_DATABASE_URL: roles.backoffice.url },
  };
  return (name) => ({ ...base, ...own[name], ...plan.extra?.[name] });
}
