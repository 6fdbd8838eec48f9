import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Logger } from '../log/logger';
import { findBinaries } from './binaries';
import { type Cluster, dataOf, initialise, OWNER, pollFor, start, stop } from './cluster';
import { lockFolder } from './folder-lock';
import { isServer, readPostmaster } from './postmaster';
import { serverUser } from './server-user';
import { reachablePlaces } from './staging';

/** A database that Lockstep brought itself. */
export interface EmbeddedDatabase {
  /** Address with the owner's password: a secret. */
  readonly ownerUrl: string;
  /** True when a server left behind by a killed process was found running and is used on. */
  readonly adopted: boolean;
  /** Process number of the server. */
  readonly serverPid: number;
  /** Stops the server and gives the folder free. Connections must be closed before. */
  close(): Promise<void>;
}

export interface OpenDatabaseOptions {
  /** Folder for data, password and lock; made when missing. Deleting it (while nothing runs) deletes the database. */
  readonly dataDir: string;
  readonly log: Logger;
  /** False only for data that is thrown away: no fsync. */
  readonly durable?: boolean;
}

/** Another Lockstep process uses the data folder. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
}

const DATABASE = 'lockstep';
const ADOPT_TIMEOUT_MS = 60_000;

/**
 * Starts PostgreSQL on a folder, or adopts the server that a killed process left running there.
 * Survives restarts, listens on loopback only, with a password kept in the folder (mode 0600).
 * Throws `FolderInUse` while another process holds the folder, and an error naming DATABASE_URL when this machine has no PostgreSQL to start.
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<EmbeddedDatabase> {
  mkdirSync(options.dataDir, { recursive: true });
  const dataDir = realpathSync(options.dataDir);
  const lock = lockFolder(dataDir, Date.now());
  if (!lock.ok) {
    const { pid, since } = lock.error;
    throw new FolderInUse(
      `Lockstep already runs on ${dataDir} (process ${pid}, since ${since}). Stop it, or name another folder with LOCKSTEP_DATA_DIR.`,
    );
  }
  try {
    const cluster = prepare(dataDir, options);
    const adopted = await adopt(cluster);
    if (!adopted) await initialise(cluster);
    const server = adopted ?? (await start(cluster));
    await ensureDatabase(urlOf(cluster, server.port, 'postgres'));
    // A process that exits without closing takes its server along; only one that is killed leaves it behind.
    const endWithProcess = (): void => {
      if (isServer(server.pid, dataOf(cluster))) process.kill(server.pid, 'SIGINT');
    };
    process.once('exit', endWithProcess);
    options.log.info(adopted ? 'database adopted' : 'database started', { folder: cluster.folder, port: server.port, serverPid: server.pid });
    return {
      ownerUrl: urlOf(cluster, server.port, DATABASE),
      adopted: adopted !== null,
      serverPid: server.pid,
      close: async () => {
        await stop(cluster);
        process.removeListener('exit', endWithProcess);
        lock.value.release();
        options.log.info('database stopped', { folder: cluster.folder });
      },
    };
  } catch (error) {
    lock.value.release();
    throw error;
  }
}

function prepare(dataDir: string, options: OpenDatabaseOptions): Cluster {
  const found = findBinaries();
  if (found === null) {
    throw new Error(
      `No PostgreSQL for ${process.platform}-${process.arch} came with npm and none is installed. Set DATABASE_URL to a PostgreSQL server (15.14 or later).`,
    );
  }
  const user = serverUser();
  const places = reachablePlaces(found, dataDir, user);
  for (const note of places.notes) options.log.warn(note);
  return { binaries: places.binaries, folder: places.cluster, user, password: passwordOf(dataDir), durable: options.durable ?? true };
}

function passwordOf(dataDir: string): string {
  const path = join(dataDir, 'postgres-password');
  if (!existsSync(path)) writeFileSync(path, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' });
  return readFileSync(path, 'utf8').trim();
}

const urlOf = (cluster: Cluster, port: number, database: string): string => `postgres://${OWNER}:${cluster.password}@127.0.0.1:${port}/${database}`;

/** A server still running on this cluster, once it answers; null when there is none. A dead server's postmaster.pid is removed. */
async function adopt(cluster: Cluster): Promise<{ readonly pid: number; readonly port: number } | null> {
  const data = dataOf(cluster);
  const left = readPostmaster(data);
  if (left === null) return null;
  const found = await pollFor(ADOPT_TIMEOUT_MS, async () => {
    if (!isServer(left.pid, data)) return 'dead' as const;
    const now = readPostmaster(data);
    return now !== null && now.status === 'ready' && (await answers(urlOf(cluster, now.port, 'postgres'), data)) ? now : null;
  });
  if (found === null) throw new Error(`A PostgreSQL server (process ${left.pid}) runs on ${data} but does not answer. End it, then start again.`);
  if (found !== 'dead') return found;
  rmSync(join(data, 'postmaster.pid'), { force: true });
  return null;
}

/** True when the server at this address is the one of this cluster and takes our password. */
async function answers(url: string, data: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ setting: string }>("select setting from pg_settings where name = 'data_directory'");
    return rows[0]?.setting === data;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}
