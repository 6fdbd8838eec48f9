import { join } from 'node:path';
import { loadBroken } from './broken/break-engine';
import { brokenEngine } from './broken/broken-engines';
import { found, type SeedOutcome, type SeedWork } from './outcome';

/** Whoever asked is gone: nobody hears how it ends. */
process.once('disconnect', () => process.exit(1));

/** One process of `npm run sim`: loads the engine, a broken one where it is told to, and runs its seeds one after another. */
async function main(): Promise<void> {
  const work = await asked();
  const broken = work.broken === null ? null : brokenEngine(work.broken);
  // The compiled files lie as the sources do: four folders up is their root.
  const met = broken === null ? () => 0 : loadBroken(broken, join(__dirname, '../../../..'));
  // Only now: what is loaded before cannot be broken any more.
  const { runSeed } = await import('./run-seed.js');
  const { readRecordedMarkets } = await import('./recorded-markets.js');
  const recorded = work.recorded === null ? null : readRecordedMarkets(work.recorded);
  if (met() !== (broken?.edits.length ?? 0)) throw new Error(`broken engine ${broken?.name}: not all of its files were loaded`);
  for (const seed of work.seeds) {
    const { steps, store, serverUrl } = work;
    const outcome = await runSeed({ seed, steps, broken: work.broken, store, serverUrl, recorded });
    await tell(outcome);
    if (work.untilFound && found(outcome)) break;
  }
  await tell('done');
}

/** What the parent wants run. Not told on the command line, which others on the machine may read: it carries a password. */
const asked = (): Promise<SeedWork> => new Promise((resolve) => process.once('message', (work: SeedWork) => resolve(work)));

const tell = (message: SeedOutcome | 'done'): Promise<void> =>
  new Promise((resolve, reject) => {
    process.send?.(message, (failure: Error | null) => (failure === null ? resolve() : reject(failure)));
  });

main().then(
  () => process.exit(),
  (failure: unknown) => {
    process.stderr.write(`${failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)}\n`);
    process.exit(1);
  },
);
