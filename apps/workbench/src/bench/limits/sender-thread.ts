import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { OpenLoop } from './open-loop';

const askedSchema = z.object({ url: z.string(), key: z.string(), connections: z.number() });
const planSchema = z.object({ perSecond: z.number(), seconds: z.number(), fromEpochMs: z.number() });

/** A sender in a thread of its own, so that no other sender's answers wait in its event loop. Sends one plan after another until it is ended. */
const loop = new OpenLoop(askedSchema.parse(workerData));
parentPort?.on('message', (plan: unknown) => {
  void loop.send(planSchema.parse(plan)).then((sent) => parentPort?.postMessage(sent));
});
