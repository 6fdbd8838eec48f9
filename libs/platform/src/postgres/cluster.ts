import { spawn } from 'node:child_process';
import { chownSync, closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childEnvironment } from '../config/child-environment';
import type { PostgresBinaries } from './binaries';
import { isServer, type Postmaster, readPostmaster } from './postmaster';
import { processStamp } from './process-stamp';
import type { ServerUser } from './server-user';

/** The superuser of an embedded cluster, owner of Lockstep's tables. */
export const OWNER = 'lockstep';

/** One PostgreSQL cluster on disk. `folder` holds the data, the server's log and nothing else. */
export interface Cluster {
  readonly binaries: PostgresBinaries;
  readonly folder: string;
  readonly user: ServerUser | null;
  readonly password: string;
  /** Off only where the data is thrown away anyway. */
  readonly durable: boolean;
}

const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 30_000;
const POLL_MS = 15;
const PORT_ATTEMPTS = 3;
const LOG_LIMIT_BYTES = 10_000_000;
const LOG_TAIL_CHARS = 1_500;

export const dataOf = (cluster: Cluster): string => join(cluster.folder, 'data');
const logOf = (cluster: Cluster): string => join(cluster.folder, 'server.log');

/** Makes the cluster when there is none yet. It appears under its name only when complete, so a killed start leaves nothing half made. */
export async function initialise(cluster: Cluster): Promise<void> {
  if (existsSync(join(dataOf(cluster), 'PG_VERSION'))) return;
  const draft = join(cluster.folder, 'data.new');
  rmSync(draft, { recursive: true, force: true });
  const passwordFile = join(cluster.folder, 'password.new');
  writeFileSync(passwordFile, `${cluster.password}\n`, { mode: 0o600 });
  if (cluster.user !== null) chownSync(passwordFile, cluster.user.uid, cluster.user.gid);
  try {
    const auth = ['--auth=scram-sha-256', `--username=${OWNER}`, `--pwfile=${passwordFile}`];
    await run(cluster, cluster.binaries.initdb, [
      `--pgdata=${draft}`,
      ...auth,
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
      ...(cluster.durable ? [] : ['--no-sync']),
    ]);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(draft, dataOf(cluster));
}

async function run(cluster: Cluster, program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { ...cluster.user, cwd: cluster.folder, env: childEnvironment(), stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-LOG_TAIL_CHARS);
  });
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`PostgreSQL's data folder could not be made (code ${code}): ${said.trim()}`);
}

/** Starts the server on a free loopback port and waits until it takes connections. It outlives this process unless stopped. */
export async function start(cluster: Cluster): Promise<Postmaster> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const failure = await tryStart(cluster, port);
    if (typeof failure !== 'string') return failure;
    // Between our look and the server's bind somebody else may have taken the port.
    if (attempt === PORT_ATTEMPTS || !failure.includes('could not bind'))
      throw new Error(`PostgreSQL did not start. Its last words: ${failure.trim()}`);
  }
}

async function tryStart(cluster: Cluster, port: number): Promise<Postmaster | string> {
  const log = openLog(cluster);
  const from = statSync(logOf(cluster)).size;
  const settings = Object.entries(settingsOf(cluster, port)).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // Its own process group: Ctrl-C in a terminal must reach us first, so that we can finish our transactions.
  const options = { ...cluster.user, cwd: cluster.folder, env: childEnvironment(), detached: true };
  const child = spawn(cluster.binaries.postgres, ['-D', dataOf(cluster), ...settings], { ...options, stdio: ['ignore', log, log] });
  closeSync(log);
  child.unref();
  let failure: string | null = null;
  const ended = (): void => {
    failure ??= readFileSync(logOf(cluster), 'utf8').slice(from).slice(-LOG_TAIL_CHARS);
  };
  child.once('error', (error) => {
    failure = error.message;
  });
  child.once('exit', ended);
  const found = await pollFor(START_TIMEOUT_MS, () => {
    if (failure !== null) return failure;
    const postmaster = readPostmaster(dataOf(cluster));
    return postmaster !== null && postmaster.pid === child.pid && postmaster.status === 'ready' ? postmaster : null;
  });
  child.off('exit', ended);
  if (found === null) throw new Error(`PostgreSQL did not become ready within ${START_TIMEOUT_MS} ms; see ${logOf(cluster)}`);
  return found;
}

/** Ends the server after its running transactions were rolled back and its data is on disk. */
export async function stop(cluster: Cluster): Promise<void> {
  const running = readPostmaster(dataOf(cluster));
  if (running === null || !isServer(running.pid, dataOf(cluster))) return;
  const stamp = processStamp(running.pid);
  if (stamp === null) return;
  // SIGINT is the server's fast shutdown.
  process.kill(running.pid, 'SIGINT');
  // By its stamp and not by its command line: an ending process loses that a moment before its files and ports are free.
  const gone = await pollFor(STOP_TIMEOUT_MS, () => (processStamp(running.pid) === stamp ? null : true));
  if (gone === null) throw new Error(`PostgreSQL did not stop within ${STOP_TIMEOUT_MS} ms; see ${logOf(cluster)}`);
}

/** Asks until there is an answer or the time is over. */
export async function pollFor<T>(timeoutMs: number, ask: () => T | null | Promise<T | null>): Promise<T | null> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > deadline) return null;
    await sleep(POLL_MS);
  }
}

function settingsOf(cluster: Cluster, port: number): Record<string, string> {
  const sync = cluster.durable ? 'on' : 'off';
  return {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    // Several gateways keep 16 each, beside engine and back office.
    max_connections: '250',
    shared_buffers: cluster.durable ? '128MB' : '64MB',
    fsync: sync,
    synchronous_commit: sync,
    full_page_writes: sync,
    // Nobody copies this server's log elsewhere, so the short form will do.
    wal_level: 'minimal',
    max_wal_senders: '0',
    // A wave touches many monthly partitions in one transaction.
    max_locks_per_transaction: '256',
    // Compiling a plan costs more than any of our statements.
    jit: 'off',
    password_encryption: 'scram-sha-256',
    timezone: 'UTC',
    log_min_messages: 'warning',
    // Statements may carry what must not be logged.
    log_min_error_statement: 'panic',
  };
}

function openLog(cluster: Cluster): number {
  const path = logOf(cluster);
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return openSync(path, size > LOG_LIMIT_BYTES ? 'w' : 'a', 0o600);
}

/** A TCP port on loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no free port'))));
    });
  });
}
