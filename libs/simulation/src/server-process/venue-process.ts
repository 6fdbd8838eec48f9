import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type ControlClient, createControlClient } from './control-client';

/** A simulated venue running as a process of its own. */
export interface VenueProcess {
  readonly pid: number;
  readonly port: number;
  readonly controlPort: number;
  /** Base of `/info` and `/exchange` of a world; no trailing slash. */
  httpUrl(world?: string): string;
  /** Address of the world's `/ws`. */
  wsUrl(world?: string): string;
  readonly control: ControlClient;
  /** Asks it to end and waits; kills it when it does not. */
  stop(): Promise<void>;
}

export interface VenueProcessOrder {
  /** The compiled entry: `dist/apps/venue-sim/src/main.js`. */
  readonly script: string;
  /** Flags beside the ports, e.g. `['--seed', '7']`. */
  readonly args?: readonly string[];
  readonly readyTimeoutMs?: number;
  readonly stopTimeoutMs?: number;
}

const MAIN = 'main';

/** Starts the venue on free ports and waits until it listens. Rejects with its error text when it does not. */
export function startVenueProcess({ script, args = [], readyTimeoutMs = 60_000, stopTimeoutMs = 10_000 }: VenueProcessOrder): Promise<VenueProcess> {
  const child = spawn(process.execPath, [script, '--port', '0', '--control-port', '0', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  return new Promise((resolve, reject) => {
    let complaints = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the venue did not listen within ${readyTimeoutMs} ms: ${complaints}`));
    }, readyTimeoutMs);
    child.stderr.on('data', (chunk: Buffer) => {
      complaints = `${complaints}${chunk.toString()}`.slice(-4_000);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`the venue ended with code ${code}: ${complaints}`));
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const ready = readReady(line);
      if (ready === null) return;
      clearTimeout(timer);
      resolve(describe(child, ready, stopTimeoutMs));
    });
  });
}

interface Ready {
  readonly port: number;
  readonly controlPort: number;
}

function readReady(line: string): Ready | null {
  if (!line.startsWith('{')) return null;
  const { ready, port, controlPort } = JSON.parse(line) as { readonly ready?: boolean; readonly port?: number; readonly controlPort?: number };
  return ready === true && port !== undefined && controlPort !== undefined ? { port, controlPort } : null;
}

function describe(child: ChildProcess, { port, controlPort }: Ready, stopTimeoutMs: number): VenueProcess {
  const pathOf = (world: string): string => (world === MAIN ? '' : `/w/${world}`);
  return {
    pid: child.pid ?? 0,
    port,
    controlPort,
    httpUrl: (world = MAIN) => `http://127.0.0.1:${port}${pathOf(world)}`,
    wsUrl: (world = MAIN) => `ws://127.0.0.1:${port}${pathOf(world)}/ws`,
    control: createControlClient(`http://127.0.0.1:${controlPort}`, null),
    stop: () => stop(child, stopTimeoutMs),
  };
}

function stop(child: ChildProcess, stopTimeoutMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
