import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { SeedOutcome, SeedWork } from './outcome';

const ENTRY = join(__dirname, 'seed-process.js');
/** A process that says nothing for so long hangs, in ms: a seed takes seconds in memory, minutes on PostgreSQL. */
const SILENT_MAX_MS: Readonly<Record<SeedWork['store'], number>> = { memory: 300_000, postgres: 1_800_000 };
const HEAP_MB = 3_072;
/** Most of what a run makes is gone at once: a roomy nursery is swept seldom, and what lives long is not carried about in it. */
const NURSERY_MB = 32;

/**
 * Runs works side by side, each in a process of its own: a broken engine is loaded by nobody else, and what a seed left in memory goes with it.
 * `told` gets every outcome as it comes. A process that dies or hangs is the failure of the seed it was at.
 */
export async function runWorks(works: readonly SeedWork[], processes: number, told: (outcome: SeedOutcome) => void): Promise<void> {
  const queue = [...works];
  const lane = async (): Promise<void> => {
    for (let work = queue.shift(); work !== undefined; work = queue.shift()) await runWork(work, told);
  };
  await Promise.all(Array.from({ length: processes }, lane));
}

function runWork(work: SeedWork, told: (outcome: SeedOutcome) => void): Promise<void> {
  return new Promise((resolve) => {
    const child = fork(ENTRY, [], {
      execArgv: [`--max-old-space-size=${HEAP_MB}`, `--max-semi-space-size=${NURSERY_MB}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    // A process that is gone before it was asked is told of by its end.
    child.send(work, () => undefined);
    const left = [...work.seeds];
    let ended = false;
    let last = '';
    let watch: NodeJS.Timeout | null = null;
    const listen = (): void => {
      if (watch !== null) clearTimeout(watch);
      watch = setTimeout(() => child.kill('SIGKILL'), SILENT_MAX_MS[work.store]);
    };
    listen();
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      last = (last + text).slice(-4_000);
    });
    child.on('message', (message: SeedOutcome | 'done') => {
      listen();
      if (message === 'done') ended = true;
      else {
        left.shift();
        told(message);
      }
    });
    child.on('close', () => {
      if (watch !== null) clearTimeout(watch);
      const [seed] = left;
      if (!ended && seed !== undefined) told(failed(work, seed, last));
      resolve();
    });
  });
}

const failed = (work: SeedWork, seed: number, last: string): SeedOutcome => ({
  seed,
  broken: work.broken,
  store: work.store,
  steps: 0,
  decisions: 0,
  orders: 0,
  fills: 0,
  marks: 0,
  deaths: 0,
  copies: 0,
  kinds: {},
  digest: '',
  journal: '',
  violations: [],
  failure: `its process ended: ${last.trim() || 'without a word'}`,
  ms: 0,
});
