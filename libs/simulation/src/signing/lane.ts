import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type RecoverBatch, type RecoveredBatch, requestIn } from './batch';
import { createRecoverer } from './recoverer';

/** Where batches are recovered: a thread of its own, or inline for tests that run from sources. */
export interface RecoverLane {
  readonly curve: 'native' | 'wasm';
  send(batch: RecoverBatch): void;
  close(): Promise<void>;
}

type OnAnswer = (answer: RecoveredBatch) => void;

/** Recovers in the caller's thread, answering before `send` returns. */
export async function inlineLane(onAnswer: OnAnswer): Promise<RecoverLane> {
  const recoverer = await createRecoverer();
  return {
    curve: recoverer.curve,
    send: (batch) => {
      const signers = batch.texts.map((text, row) => {
        const request = requestIn(text, batch.forms[row] ?? 'body');
        const signer = request.ok ? recoverer.recover(request.value, batch.testnet[row] === true) : request;
        return signer.ok ? signer.value : null;
      });
      onAnswer({ id: batch.id, signers });
    },
    close: async () => {},
  };
}

/** Starts a recovering thread from the compiled output beside this file. `onFailure` is told when it dies while in use. */
export function threadLane(onAnswer: OnAnswer, onFailure: (error: Error) => void): Promise<RecoverLane> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(join(__dirname, 'worker.js'));
    let ready = false;
    worker.on('error', (error) => (ready ? onFailure(error) : reject(error)));
    worker.on('message', (message: { readonly curve: 'native' | 'wasm' } | RecoveredBatch) => {
      if ('signers' in message) return onAnswer(message);
      ready = true;
      resolve({
        curve: message.curve,
        send: (batch) => worker.postMessage(batch),
        close: async () => {
          await worker.terminate();
        },
      });
    });
  });
}
