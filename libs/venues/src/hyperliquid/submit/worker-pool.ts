import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { HyperliquidConfig, VenueLog } from '../config';
import type { FromWorker, ToWorker, WorkerSeed } from './protocol';

/** What the pool tells about a worker. */
export interface PoolEvents {
  onMessage(worker: number, message: FromWorker): void;
  /** The worker ended unasked: its keys are gone, what it had in hand is lost. */
  onDeath(worker: number, reason: string): void;
}

/** The signing threads. They start with the first use and are not replaced: a dead worker took its keys with it. */
export class WorkerPool {
  private readonly workers: { readonly thread: Worker; alive: boolean; readonly closed: Promise<void> }[] = [];
  private readonly ready: Promise<void>[] = [];
  private closing = false;

  constructor(
    private readonly config: HyperliquidConfig,
    workerFile: string | undefined,
    private readonly log: VenueLog,
    private readonly events: PoolEvents,
  ) {
    const file = workerFile ?? join(__dirname, 'worker.js');
    for (let index = 0; index < config.workers; index += 1) this.start(index, file);
  }

  /** Resolves once every worker can sign. */
  async whenReady(): Promise<void> {
    await Promise.all(this.ready);
  }

  isAlive(worker: number): boolean {
    return this.workers[worker]?.alive === true;
  }

  tell(worker: number, message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.workers[worker]?.thread.postMessage(message, transfer);
  }

  /** Lets every worker close its sockets and wipe its keys, then ends the threads. */
  async close(): Promise<void> {
    this.closing = true;
    for (const { thread, alive } of this.workers) if (alive) thread.postMessage({ kind: 'close' } satisfies ToWorker);
    await Promise.all(this.workers.map(({ closed }) => closed));
  }

  private start(index: number, file: string): void {
    const { workers, maxInFlight, rateLimits, egress } = this.config;
    const inFlightMax = rateLimits === null ? Math.max(1, Math.floor(maxInFlight / workers)) : maxInFlight * egress.length;
    const seed: WorkerSeed = { config: this.config, index, inFlightMax };
    const thread = new Worker(file, { workerData: seed });
    const closed = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
    const entry = { thread, alive: true, closed };
    this.workers.push(entry);
    const died = (reason: string): void => {
      if (!entry.alive) return;
      entry.alive = false;
      if (this.closing) return;
      this.log({ level: 'error', event: 'venue_worker_died', fields: { worker: index, reason } });
      this.events.onDeath(index, reason);
    };
    this.ready.push(
      new Promise<void>((resolve, reject) => {
        thread.on('message', (message: FromWorker) => {
          if (message.kind === 'ready') {
            this.log({ level: 'info', event: 'venue_worker_ready', fields: { worker: index, engine: message.engine } });
            resolve();
          } else this.events.onMessage(index, message);
        });
        thread.once('error', (error: Error) => {
          died(error.message);
          reject(error);
        });
        thread.once('exit', (code) => {
          died(`exit code ${code}`);
          reject(new Error(`signing worker ${index} ended with code ${code}`));
        });
      }),
    );
    // A failed start is reported to whoever waits for readiness; nobody waiting is no reason to end the process.
    this.ready.at(-1)?.catch(() => undefined);
  }
}
