import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { INTERRUPTED } from './interruption';

/** A compiled process to start: its entry file below `dist`, arguments and the whole environment it sees. */
export interface ChildPlan {
  readonly name: string;
  readonly entry: string;
  readonly args: readonly string[];
  /** Options of Node itself. */
  readonly nodeArgs?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Everything it prints is appended here. */
  readonly logFile: string;
  /** Told as soon as it runs, ready or not: for tests that end it while it starts. */
  readonly onSpawn?: (kill: (signal: NodeJS.Signals) => void) => void;
}

/** A process that ended before its ready line. `code` is null after a signal. */
export class EndedEarly extends Error {
  constructor(
    message: string,
    readonly code: number | null,
  ) {
    super(message);
  }
}

export interface RunningChild {
  readonly name: string;
  readonly pid: number;
  /** The fields of its one ready line. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** Resolves with the exit code, or null after a signal. */
  readonly exited: Promise<number | null>;
  onLine(listener: (record: Readonly<Record<string, unknown>>) => void): void;
  /** SIGTERM, then SIGKILL after `graceMs`. */
  stop(graceMs?: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** Children that have not ended. They lead groups of their own, so no signal to this process reaches them. */
const living = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});
// A signal's own effect ends a process without its 'exit' handlers. Where nobody else waits for one, it must still take the children along.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (process.listenerCount(signal) === 1) process.exit(INTERRUPTED);
  });

const READY_TIMEOUT_MS = 240_000;
const STOP_GRACE_MS = 15_000;

/** Starts a process and waits for its ready line; rejects with the last lines it printed when it ends or stays silent for 240 s. */
export async function startChild(plan: ChildPlan): Promise<RunningChild> {
  const log = createWriteStream(plan.logFile, { flags: 'a', mode: 0o600 });
  // A group of its own: Ctrl-C in a terminal reaches this process alone, which ends the others in their order.
  const child = spawn(process.execPath, [...(plan.nodeArgs ?? []), plan.entry, ...plan.args], {
    env: { ...plan.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  living.add(child);
  const exited = new Promise<number | null>((resolve) =>
    child.once('exit', (code) => {
      living.delete(child);
      resolve(code);
    }),
  );
  plan.onSpawn?.((signal) => void child.kill(signal));
  const listeners: ((record: Readonly<Record<string, unknown>>) => void)[] = [];
  const tail: string[] = [];
  const ready = await new Promise<Readonly<Record<string, unknown>>>((resolve, reject) => {
    const story = (why: string): string => `${plan.name} ${why}\n${tail.join('\n')}\n(all of it: ${plan.logFile})`;
    const fail = (why: string) => reject(new Error(story(why)));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`did not get ready within ${READY_TIMEOUT_MS / 1000} s`);
    }, READY_TIMEOUT_MS);
    child.once('error', (error) => {
      clearTimeout(timer);
      fail(`could not be started: ${error.message}`);
    });
    void exited.then((code) => {
      clearTimeout(timer);
      reject(new EndedEarly(story(`ended with ${code === null ? 'a signal' : `code ${code}`} before it was ready`), code));
    });
    readLines(child, log, tail, (record) => {
      if (record.ready === true) {
        clearTimeout(timer);
        resolve(record);
      }
      for (const listener of listeners) listener(record);
    });
  });
  return {
    name: plan.name,
    pid: child.pid ?? 0,
    ready,
    exited,
    onLine: (listener) => listeners.push(listener),
    stop: (graceMs = STOP_GRACE_MS) => stopChild(child, exited, log, graceMs),
    kill: (signal) => void child.kill(signal),
  };
}

function readLines(child: ChildProcess, log: WriteStream, tail: string[], onRecord: (record: Readonly<Record<string, unknown>>) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      tail.push(line);
      if (tail.length > 20) tail.shift();
      const record = parseRecord(line);
      if (record) onRecord(record);
    });
  }
}

function parseRecord(line: string): Readonly<Record<string, unknown>> | null {
  if (!line.startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

/** True for a plain JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function stopChild(child: ChildProcess, exited: Promise<number | null>, log: WriteStream, graceMs: number): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await exited;
    clearTimeout(timer);
  }
  await new Promise<void>((resolve) => log.end(resolve));
}
