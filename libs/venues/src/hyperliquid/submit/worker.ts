import { randomBytes } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '@lockstep/kernel';
import { L1Signer, loadSigningTools } from '../sign/l1-signer';
import { PresignaturePool } from '../sign/presignatures';
import { OrderWorker } from './order-worker';
import type { FromWorker, ToWorker, WorkerSeed } from './protocol';

/* Entry of a signing worker thread; started by WorkerPool from compiled output. */

const port = present(parentPort, 'parent port of a worker thread');

/** The main thread of this same build is the only sender: the seed and the messages are its own types. */
const seed: WorkerSeed = workerData;

async function start(): Promise<void> {
  const tools = await loadSigningTools();
  const tell = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  const pool = new PresignaturePool(tools.curve, (bytes) => randomBytes(bytes), tools.curve, seed.config.presignaturesPerWorker);
  const worker = new OrderWorker(seed, new L1Signer(tools, seed.config.network, pool), pool, (message, transfer) => {
    tell(message, transfer);
    if (message.kind === 'closed') port.close();
  });
  port.on('message', (message: ToWorker) => worker.handle(message));
  tell({ kind: 'ready', engine: tools.curve.engine });
}

void start();
