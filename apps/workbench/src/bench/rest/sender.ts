import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { sendClosedLoop } from './closed-loop';

const planSchema = z.object({
  asked: z.array(z.object({ url: z.string(), body: z.string().optional() })),
  key: z.string(),
  connections: z.number(),
  seconds: z.number().nullable(),
});

const { asked, ...plan } = planSchema.parse(workerData);
const requests = asked.map(({ url, body }) => (body === undefined ? { url } : { url, body }));

/** The sender in a thread of its own, beside whatever the bench does. */
void sendClosedLoop({ ...plan, asked: requests }).then((answered) => parentPort?.postMessage(answered));
