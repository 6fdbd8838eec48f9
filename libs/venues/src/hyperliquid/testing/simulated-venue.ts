import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const DIST = join(process.cwd(), 'dist');
/** The compiled signing worker: worker threads cannot load sources, so these tests need `npm run build` first. */
export const BUILT_WORKER = join(DIST, 'libs/venues/src/hyperliquid/submit/worker.js');
const BUILT_SIMULATOR = join(DIST, 'apps/venue-sim/src/main.js');

const readyLine = z.object({ ready: z.literal(true), port: z.number(), controlPort: z.number() });

/** The simulated venue in a process of its own, with its control port. */
export class SimulatedVenue {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
    private readonly controlPort: number,
  ) {}

  /** Starts the built server with still prices and a seed, and waits until it listens. */
  static async start(flags: readonly string[] = []): Promise<SimulatedVenue> {
    for (const file of [BUILT_WORKER, BUILT_SIMULATOR]) if (!existsSync(file)) throw new Error(`${file} is missing: run npm run build first`);
    const child = spawn(process.execPath, [BUILT_SIMULATOR, '--port', '0', '--control-port', '0', '--path', 'still', '--block-ms', '50', ...flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve);
      child.once('exit', (code) => reject(new Error(`the simulated venue ended with code ${code}`)));
    });
    const { port, controlPort } = readyLine.parse(JSON.parse(line));
    return new SimulatedVenue(child, port, controlPort);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }
  get wsUrl(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  /** Calls the control port; throws with its answer when it refuses. */
  async control(path: string, body: unknown, method: 'POST' | 'DELETE' = 'POST'): Promise<unknown> {
    const sent = method === 'DELETE' ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`http://127.0.0.1:${this.controlPort}${path}`, sent);
    const text = await response.text();
    if (!response.ok) throw new Error(`control ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await ended;
  }
}
