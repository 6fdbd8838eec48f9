import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { childEnvironment } from '@lockstep/platform';
import { z } from 'zod';
import type { GatewayRig } from './rig';

/** A built gateway as a process of its own, beside a rig's. */
export interface GatewayProcess {
  readonly url: string;
  readonly operatorUrl: string;
  /** What it logged so far. */
  readonly lines: readonly string[];
  readonly exited: Promise<number | null>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<number | null>;
}

const READY_MAX_MS = 180_000;
const readyLine = z.object({ ready: z.literal(true), port: z.number(), operatorPort: z.number() });

/** Starts `dist`'s gateway on the rig's database, with its keys and `more` of the environment, and waits until it serves. */
export async function startGateway(rig: GatewayRig, more: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
  const env = { ...childEnvironment(), ...rig.environ, ...more };
  const child = spawn(process.execPath, ['dist/apps/gateway/src/main.js'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  child.stderr.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
  const { port, operatorPort } = await new Promise<z.output<typeof readyLine>>((resolve, reject) => {
    const failed = (why: string): void => reject(new Error(`${why}\n${lines.join('\n')}`));
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      failed('the gateway is not ready');
    }, READY_MAX_MS);
    void exited.then((code) => failed(`the gateway ended with ${code}`));
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      const ready = readyLine.safeParse(JSON.parse(line));
      if (!ready.success) return;
      clearTimeout(late);
      resolve(ready.data);
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    operatorUrl: `http://127.0.0.1:${operatorPort}`,
    lines,
    exited,
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
    kill: () => {
      child.kill('SIGKILL');
      return exited;
    },
  };
}
