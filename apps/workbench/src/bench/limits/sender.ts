import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import type { Asked, SendPlan, Sent } from './open-loop';

const sentSchema = z.object({ ms: z.array(z.number()), statuses: z.record(z.coerce.number(), z.number()) });

/** A sender in a thread of its own that stays for the whole bench: its start, its compiling and its first connections are in nobody's figures. */
export class Sender {
  private readonly worker: Worker;

  constructor(asked: Asked) {
    this.worker = new Worker(join(__dirname, 'sender-thread.js'), { workerData: asked });
  }

  /** Sends one plan; one at a time. Rejects where the thread fails. */
  async send(plan: SendPlan): Promise<Sent> {
    const answered = once(this.worker, 'message');
    this.worker.postMessage(plan);
    const [message] = await answered;
    return sentSchema.parse(message);
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
