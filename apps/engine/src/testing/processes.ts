import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { childEnvironment } from '@lockstep/platform';

/** A compiled process as a child, for tests: its ready line, what it logged, and ways to end it. */
export interface TestProcess {
  readonly ready: Readonly<Record<string, unknown>>;
  readonly pid: number;
  /** Lines it printed so far, parsed; at most the last 5,000. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  readonly errors: () => string;
  /** Resolves with the code, or null after a signal. */
  readonly exited: Promise<number | null>;
  /** SIGTERM and wait. */
  stop(): Promise<number | null>;
  /** SIGKILL and wait. */
  kill(): Promise<void>;
}

const READY_MAX_MS = 90_000;
const LINES_MAX = 5_000;

/** Starts `node [nodeArgs] dist/<entry>` with only the given environment and waits for its ready line. */
export async function startProcess(
  entry: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  nodeArgs: readonly string[] = [],
): Promise<TestProcess> {
  const child = spawn(process.execPath, [...nodeArgs, entry, ...args], { env: { ...childEnvironment(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: Record<string, unknown>[] = [];
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-20_000);
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const ready = await readyLine(child, lines, () => errors);
  return {
    ready,
    pid: child.pid ?? 0,
    lines,
    errors: () => errors,
    exited,
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function readyLine(child: ChildProcess, lines: Record<string, unknown>[], errors: () => string): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve, reject) => {
    const failed = (why: string): void => {
      clearTimeout(timer);
      reject(new Error(`${why}\n${errors()}\n${lines.map((line) => JSON.stringify(line)).join('\n')}`));
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      failed(`not ready within ${READY_MAX_MS} ms`);
    }, READY_MAX_MS);
    child.once('exit', (code) => failed(`ended with ${code} before it was ready`));
    if (child.stdout === null) return failed('no standard output');
    createInterface({ input: child.stdout }).on('line', (line) => {
      const record = parsed(line);
      if (record === null) return;
      lines.push(record);
      if (lines.length > LINES_MAX) lines.shift();
      if (record.ready !== true) return;
      clearTimeout(timer);
      resolve(record);
    });
  });
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}
