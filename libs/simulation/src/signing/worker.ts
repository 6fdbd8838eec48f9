import { parentPort } from 'node:worker_threads';
import { must } from '@lockstep/kernel';
import { type RecoverBatch, type RecoveredBatch, requestIn } from './batch';
import { createRecoverer } from './recoverer';

/** Thread entry: recovers batches in the order they come. Messages arriving before the curve is loaded wait in the port. */
async function run(): Promise<void> {
  const port = parentPort;
  must(port !== null, 'the recovering thread is started as a worker');
  const recoverer = await createRecoverer();
  port.on('message', (batch: RecoverBatch) => {
    const signers = batch.texts.map((text, row) => {
      const request = requestIn(text, batch.forms[row] ?? 'body');
      if (!request.ok) return null;
      const signer = recoverer.recover(request.value, batch.testnet[row] === true);
      return signer.ok ? signer.value : null;
    });
    const answer: RecoveredBatch = { id: batch.id, signers };
    port.postMessage(answer);
  });
  port.postMessage({ curve: recoverer.curve });
}

void run();
