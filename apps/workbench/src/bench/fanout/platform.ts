import { mkdirSync, rmSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { type Config, childEnvironment, createLogger, gatewayKeys, openDatabase, systemClock } from '@lockstep/platform';
import { migrate, openStorage, type RoleUrls, resolveRoleUrls, type Storage } from '@lockstep/storage';
import { SimControl } from '../../client/sim-control';
import { type RunningChild, startChild } from '../../processes/child';
import { makeRunFolder } from '../../processes/run-folder';
import { givenUrls } from '../../processes/stack';
import type { FanoutOptions } from './options';

/** Database, simulated venue and storage of a bench; the engine is started once the rows it shall load are written. */
export interface FanoutPlatform {
  /** Storage as the gateway's role: it owns nothing and sees one scope at a time. */
  readonly storage: Storage;
  readonly control: SimControl;
  readonly sealingPublicKey: string;
  readonly simUrl: string;
  startEngine(): Promise<RunningChild>;
  /** Ends engine and venue, so that what is measured next has the machine for itself. */
  stopProcesses(): Promise<void>;
  /** Ends everything and deletes the data folder. */
  close(): Promise<void>;
}

const DIST = join(__dirname, '../../../../..');
const entryOf = (name: 'venue-sim' | 'engine'): string => join(DIST, 'apps', name, 'src/main.js');
/** The young generation of the venue: answers of a wave live until their block ends, and copying them again and again is the venue's time, not ours. */
const SIM_SEMI_SPACE_MIB = 64;
/** The venue stands for another machine: where processors are short it gives way to what is measured. Answers come the later for it. */
export const SIM_NICENESS = 10;

/** Starts PostgreSQL with fsync in the temporary directory (or uses `DATABASE_URL`), migrates it and starts the venue. */
export async function startPlatform(config: Config<'workbench'>, options: FanoutOptions): Promise<FanoutPlatform> {
  const dataDir = makeRunFolder('bench');
  const logs = join(dataDir, 'logs');
  mkdirSync(logs, { recursive: true });
  const closers: (() => Promise<void>)[] = [async () => rmSync(dataDir, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const roles = await openRoles(config, dataDir, closers);
    const storage = await openStorage({ url: roles.app.url, role: 'app', clock: systemClock, poolMax: 4 });
    closers.push(() => storage.close());
    const env = { ...childEnvironment(), LOG_LEVEL: config.logLevel, LOCKSTEP_DATA_DIR: dataDir, NODE_ENV: 'production' };
    const sim = await startChild({
      name: 'venue-sim',
      entry: entryOf('venue-sim'),
      nodeArgs: [`--max-semi-space-size=${SIM_SEMI_SPACE_MIB}`],
      args: ['--port', '0', '--control-port', '0', '--path', 'still', '--limits', 'off', '--block-ms', String(options.blockMs)],
      env,
      logFile: join(logs, 'venue-sim.log'),
    });
    closers.push(() => sim.stop());
    setPriority(sim.pid, SIM_NICENESS);
    const simUrl = `http://127.0.0.1:${Number(sim.ready.port)}`;
    const engines: RunningChild[] = [];
    const stopEngines = async (): Promise<void> => {
      for (const engine of engines.splice(0)) await engine.stop(ENGINE_STOP_GRACE_MS);
    };
    closers.push(stopEngines);
    return {
      storage,
      control: new SimControl(`http://127.0.0.1:${Number(sim.ready.controlPort)}`),
      sealingPublicKey: gatewayKeys({ dataDir, keyPepper: null, cursorSecret: null, sealingPublicKey: null, personalDataKeys: null })
        .sealingPublicKey,
      simUrl,
      startEngine: async () => {
        const engine = await startChild({
          name: 'engine',
          entry: entryOf('engine'),
          args: [],
          env: {
            ...env,
            ENGINE_DATABASE_URL: roles.engine.url,
            LOCKSTEP_SIM_VENUE_URL: simUrl,
            LOCKSTEP_SIGNING_WORKERS: String(options.workers),
            LOCKSTEP_SIM_SIGNER_CLAIMS: 'on',
            LOCKSTEP_ANSWER_TIMEOUT_MS: String(ANSWER_TIMEOUT_MS),
          },
          logFile: join(logs, 'engine.log'),
        });
        engines.push(engine);
        return engine;
      },
      stopProcesses: async () => {
        await stopEngines();
        await sim.stop();
      },
      close,
    };
  } catch (failure) {
    await close();
    throw failure;
  }
}

const ENGINE_STOP_GRACE_MS = 60_000;
/** Longer than the default, so that a loaded machine is measured and not given up. */
const ANSWER_TIMEOUT_MS = 60_000;

/** The database of a bench: the one `DATABASE_URL` names, or PostgreSQL with fsync in the data folder; migrated. */
export async function openRoles(config: Config<'workbench'>, dataDir: string, closers: (() => Promise<void>)[]): Promise<RoleUrls> {
  let ownerUrl = config.databaseUrl?.reveal() ?? null;
  if (ownerUrl === null) {
    const database = await openDatabase({ dataDir, log: createLogger({ process: 'workbench', level: 'warn' }) });
    closers.push(() => database.close());
    ownerUrl = database.ownerUrl;
  }
  const roles = resolveRoleUrls(ownerUrl, givenUrls(config));
  await migrate(ownerUrl, roles);
  return roles;
}
