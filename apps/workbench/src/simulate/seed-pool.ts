import type { SeedOutcome, SeedWork } from './outcome';
import { SeedProcess } from './seed-child';

/** Seeds of the sound engine one process plays before a fresh one takes over: what is left in memory goes with it. */
const SEEDS_A_PROCESS_MAX = 100;

/** What the pool asks of a process. */
export type PlaysSeeds = Pick<SeedProcess, 'lives' | 'isBroken' | 'played' | 'run' | 'end'>;

/**
 * Runs works side by side, in as many processes. A process that ran a work of the sound engine takes the next one: it has loaded and compiled the engine. A
 * broken engine is loaded by nobody else. `told` gets every outcome as it comes. A process that dies or hangs is the failure of the seed it was at.
 */
export async function runWorks(
  works: readonly SeedWork[],
  processes: number,
  told: (outcome: SeedOutcome) => void,
  begin: (work: SeedWork) => PlaysSeeds = ({ broken }) => new SeedProcess(broken !== null),
): Promise<void> {
  const queue = [...works];
  await Promise.all(Array.from({ length: Math.min(processes, queue.length) }, () => lane(queue, told, begin)));
}

async function lane(queue: SeedWork[], told: (outcome: SeedOutcome) => void, begin: (work: SeedWork) => PlaysSeeds): Promise<void> {
  let kept: PlaysSeeds | null = null;
  for (let work = queue.shift(); work !== undefined; work = queue.shift()) {
    if (kept !== null && !mayTake(kept, work)) {
      kept.end();
      kept = null;
    }
    kept ??= begin(work);
    await kept.run(work, told);
  }
  kept?.end();
}

const mayTake = (child: PlaysSeeds, { broken, seeds }: SeedWork): boolean =>
  child.lives && !child.isBroken && broken === null && child.played + seeds.length <= SEEDS_A_PROCESS_MAX;
