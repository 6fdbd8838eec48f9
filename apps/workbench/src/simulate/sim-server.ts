import { rmSync } from 'node:fs';
import { createDatabase, createLogger, openDatabase } from '@lockstep/platform';
import { migrate, openStorage, resolveRoleUrls } from '@lockstep/storage';
import { interruption } from '../processes/interruption';
import { makeRunFolder } from '../processes/run-folder';
import { BEGIN_MS } from './play/begin';
import { SEED_TEMPLATE } from './play/postgres-store';

/** A PostgreSQL for the seeds of one run: it holds the migrated schema they are copied from. */
export interface SimServer {
  /** Address with the owner's password. */
  readonly ownerUrl: string;
  /** Stops it and removes everything of it. */
  close(): Promise<void>;
}

/** A run begins in one month and may end in the next. */
const MONTHS_AHEAD = 1;

/** Starts the embedded server in a folder of its own. Throws when this machine has none. */
export async function startSimServer(): Promise<SimServer> {
  const dataDir = makeRunFolder('sim');
  const log = createLogger({ process: 'workbench', level: 'warn' });
  const remove = (): void => rmSync(dataDir, { recursive: true, force: true });
  try {
    const database = await openDatabase({ dataDir, log, durable: false });
    const close = async (): Promise<void> => {
      await database.close();
      remove();
    };
    try {
      await prepareTemplate(database.ownerUrl);
    } catch (failure) {
      await close();
      throw failure;
    }
    return { ownerUrl: database.ownerUrl, close };
  } catch (failure) {
    remove();
    throw failure;
  }
}

/** Does something that plays seeds on such a server; null when a signal ended it. */
export async function besideServer<T>(work: (ownerUrl: string) => Promise<T>): Promise<T | null> {
  // From the first moment on: a signal during the start must end what has been started.
  const interrupted = interruption();
  try {
    const server = await startSimServer();
    try {
      return await Promise.race([work(server.ownerUrl), interrupted.promise.then(() => null)]);
    } finally {
      await server.close();
    }
  } finally {
    interrupted.release();
  }
}

/** Makes what every seed's database is a copy of, with partitions for the months the seeds play in. */
async function prepareTemplate(ownerUrl: string): Promise<void> {
  const url = await createDatabase(ownerUrl, SEED_TEMPLATE, 'template1');
  const roles = resolveRoleUrls(url);
  await migrate(url, roles);
  const clock = { now: () => BEGIN_MS, monotonic: () => 0 };
  const storage = await openStorage({ url: roles.backoffice.url, role: 'backoffice', clock, poolMax: 1 });
  try {
    await storage.platform((unit) => unit.makePartitions(MONTHS_AHEAD));
  } finally {
    await storage.close();
  }
}
