import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { childEnvironment } from '../config/child-environment';
import { processEnvironment } from '../config/config';
import { silentLogger } from '../log/logger';
import { freePort, pollFor } from '../postgres/cluster';
import { connectRedis } from '../redis/client';

/** A Redis that tests may use. */
export interface TestRedis {
  readonly url: string;
  close(): Promise<void>;
}

/** A Redis of the test's own, which it may end. */
export interface OwnRedis extends TestRedis {
  /** Kills the server; `restart` brings it back. */
  stop(): Promise<void>;
  /** Kills the server at once where it runs, and starts it again, empty, on the same port. */
  restart(): Promise<void>;
  /** Halts the server: connections stay, and nothing is answered until it goes on. */
  halt(): void;
  goOn(): void;
}

const START_TIMEOUT_MS = 20_000;

/** True when `redisForTests` will give one: REDIS_URL is set or a redis-server stands in the PATH. For `describe.skipIf`. */
export function hasRedisForTests(): boolean {
  return givenUrl() !== null || hasRedisServer();
}

/** True when `ownRedis` can start one. For `describe.skipIf`. */
export function hasRedisServer(): boolean {
  return serverProgram() !== null;
}

/** REDIS_URL, or a redis-server found on this machine and started for the caller; null when there is neither, so that a test can say what it skips. */
export async function redisForTests(): Promise<TestRedis | null> {
  const url = givenUrl();
  if (url !== null) return { url, close: () => Promise.resolve() };
  return hasRedisServer() ? ownRedis() : null;
}

/** Starts the redis-server of this machine for the caller, whatever REDIS_URL says. Throws where there is none. */
export async function ownRedis(): Promise<OwnRedis> {
  const program = serverProgram();
  if (program === null) throw new Error('no redis-server in the PATH');
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-redis-'));
  const own = `redis://127.0.0.1:${port}`;
  let child = await startServer(program, port, folder, own);
  const end = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', end);
  return {
    url: own,
    stop: () => ended(child),
    restart: async () => {
      await ended(child);
      child = await startServer(program, port, folder, own);
    },
    halt: () => void child.kill('SIGSTOP'),
    goOn: () => void child.kill('SIGCONT'),
    close: async () => {
      process.off('exit', end);
      await ended(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function givenUrl(): string | null {
  const url = processEnvironment().REDIS_URL;
  return url === undefined || url === '' ? null : url;
}

function serverProgram(): string | null {
  const folders = (processEnvironment().PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, 'redis-server')).find((path) => existsSync(path)) ?? null;
}

async function startServer(program: string, port: number, folder: string, url: string): Promise<ChildProcess> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = spawn(program, args, { stdio: 'ignore', env: childEnvironment() });
  let failed: Error | null = null;
  child.once('error', (error) => {
    failed = error;
  });
  const ready = await pollFor(START_TIMEOUT_MS, async () => {
    if (failed !== null) throw failed;
    if (child.exitCode !== null) throw new Error(`redis-server ended with code ${child.exitCode}`);
    const connection = await connectRedis({ url, log: silentLogger }).catch(() => null);
    await connection?.close();
    return connection === null ? null : true;
  });
  if (ready === null) throw new Error('redis-server did not become ready');
  return child;
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
