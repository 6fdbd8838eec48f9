import { join } from 'node:path';
import { loadBroken } from './broken/break-engine';
import { brokenEngine } from './broken/broken-engines';
import type { SeedOutcome, SeedWork } from './outcome';
import type { SeedOrder } from './run-seed';

type RunSeed = (order: SeedOrder) => Promise<SeedOutcome>;

/** Whoever asked is gone, or wants nothing more. */
process.once('disconnect', () => process.exit());

/** The engine of this process, loaded with its first work. */
let engine: { readonly broken: string | null; readonly recorded: NonNullable<SeedOrder['recorded']> | null; readonly runSeed: RunSeed } | null = null;
/** Processor time told of so far, in ms. */
let toldCpuMs = 0;

/** One process of `npm run sim`: loads the engine, a broken one where it is told to, and runs the seeds of each work one after another. */
async function play(work: SeedWork): Promise<void> {
  engine ??= { broken: work.broken, ...(await load(work)) };
  if (engine.broken !== work.broken) throw new Error(`this process has loaded ${engine.broken ?? 'the sound engine'}`);
  for (const seed of work.seeds) {
    const { steps, store, serverUrl, until } = work;
    const outcome = await engine.runSeed({ seed, steps, broken: work.broken, store, serverUrl, recorded: engine.recorded, until });
    await tell({ ...outcome, cpuMs: takeCpuMs() });
    if (outcome.violations.some(({ kind }) => until.includes(kind))) break;
  }
  await tell('done');
}

/** Loads the engine, and the recorded markets once: they are the same for every work of a run. */
async function load(work: SeedWork): Promise<{ readonly recorded: NonNullable<SeedOrder['recorded']> | null; readonly runSeed: RunSeed }> {
  const broken = work.broken === null ? null : brokenEngine(work.broken);
  // The compiled files lie as the sources do: four folders up is their root.
  const met = broken === null ? () => 0 : loadBroken(broken, join(__dirname, '../../../..'));
  // Only now: what is loaded before cannot be broken any more.
  const { runSeed } = await import('./run-seed.js');
  const { readRecordedMarkets } = await import('./recorded-markets.js');
  if (met() !== (broken?.edits.length ?? 0)) throw new Error(`broken engine ${broken?.name}: not all of its files were loaded`);
  return { runSeed, recorded: work.recorded === null ? null : readRecordedMarkets(work.recorded) };
}

/** Processor time of this process since it was asked last: loading and compiling the engine is part of what its first seed costs. */
function takeCpuMs(): number {
  const { user, system } = process.cpuUsage();
  const before = toldCpuMs;
  toldCpuMs = Math.round((user + system) / 1_000);
  return toldCpuMs - before;
}

const tell = (message: SeedOutcome | 'done'): Promise<void> =>
  new Promise((resolve, reject) => {
    process.send?.(message, (failure: Error | null) => (failure === null ? resolve() : reject(failure)));
  });

// What is wanted is not told on the command line, which others on the machine may read: it carries a password.
process.on('message', (work: SeedWork) => {
  play(work).catch((failure: unknown) => {
    process.stderr.write(`${failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)}\n`);
    process.exit(1);
  });
});
