import { createHash, randomBytes } from 'node:crypto';
import { chownSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { PostgresBinaries } from './binaries';
import { canReach, type ServerUser } from './server-user';

/** Where the server's programs and data really lie. */
export interface Places {
  readonly binaries: PostgresBinaries;
  /** Folder for the cluster; owned by the server's user. */
  readonly cluster: string;
  /** What was put elsewhere and why; empty when nothing was. */
  readonly notes: readonly string[];
}

/**
 * Gives the server places it can reach. When the data folder or the programs lie below a folder its user may not enter (a clone in root's home),
 * they are put into a folder of the system's temporary directory, bound to the data folder by a random number written there:
 * deleting the data folder and starting again gives an empty database, as it should.
 */
export function reachablePlaces(found: PostgresBinaries, dataFolder: string, user: ServerUser | null): Places {
  const notes: string[] = [];
  let binaries = found;
  if (found.root !== null && !canReach(user, found.postgres)) {
    binaries = stageBinaries(found, found.root);
    notes.push(`the server's user cannot reach ${found.root}: PostgreSQL's programs were copied to ${binaries.root}`);
  }
  let cluster = join(dataFolder, 'postgres');
  if (!canReach(user, join(cluster, 'data'))) {
    cluster = join(stagedData(dataFolder), 'postgres');
    notes.push(
      `the server's user cannot reach ${dataFolder}: the database lies in ${cluster}, which the system may clear; name another folder with LOCKSTEP_DATA_DIR to keep it`,
    );
  }
  mkdirSync(cluster, { recursive: true, mode: 0o700 });
  if (user !== null) chownSync(cluster, user.uid, user.gid);
  return { binaries, cluster, notes };
}

function stageBinaries(found: PostgresBinaries, root: string): PostgresBinaries {
  const stats = statSync(found.postgres);
  const folder = join(tmpdir(), `lockstep-postgres-${digest(`${root} ${stats.size} ${stats.mtimeMs}`)}`);
  if (!existsSync(folder)) {
    const draft = `${folder}.${process.pid}`;
    cpSync(root, draft, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(draft, folder);
    } catch {
      // Another start of ours was first; its copy is checked below like any other.
      rmSync(draft, { recursive: true, force: true });
    }
  }
  assertOurs(folder);
  const moved = (path: string): string => join(folder, path.slice(root.length));
  return { ...found, root: folder, initdb: moved(found.initdb), postgres: moved(found.postgres) };
}

function stagedData(dataFolder: string): string {
  const mark = join(dataFolder, 'staged-as');
  if (!existsSync(mark)) writeFileSync(mark, randomBytes(8).toString('hex'), { mode: 0o600, flag: 'wx' });
  const prefix = `lockstep-data-${digest(dataFolder)}-`;
  const folder = join(tmpdir(), `${prefix}${readFileSync(mark, 'utf8').trim()}`);
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  assertOurs(folder);
  clearAbandoned(prefix, folder);
  return folder;
}

/** Removes what a data folder deleted since has left behind, unless a server still runs on it. */
function clearAbandoned(prefix: string, current: string): void {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(prefix) || name === basename(current)) continue;
    const folder = join(tmpdir(), name);
    if (!existsSync(join(folder, 'postgres', 'data', 'postmaster.pid'))) rmSync(folder, { recursive: true, force: true });
  }
}

/** The temporary directory belongs to everybody: a folder of that name made by someone else is not used. */
function assertOurs(folder: string): void {
  const stats = lstatSync(folder);
  const uid = process.getuid?.();
  if (!stats.isDirectory() || (uid !== undefined && stats.uid !== uid) || (stats.mode & 0o022) !== 0) {
    throw new Error(`${folder} exists but is not a folder only we may write. Remove it, or set DATABASE_URL.`);
  }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);
