import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { sendOpenLoop } from './open-loop';

const planSchema = z.object({ url: z.string(), key: z.string(), perSecond: z.number(), seconds: z.number(), connections: z.number() });

/** A sender in a thread of its own, so that no other sender's answers wait in its event loop. */
void sendOpenLoop(planSchema.parse(workerData)).then((sent) => parentPort?.postMessage(sent));
