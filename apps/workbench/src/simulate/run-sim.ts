import { BROKEN_ENGINES } from './broken/broken-engines';
import { CAUGHT_IN } from './broken/caught-in';
import { BrokenHunt, type BrokenOutcome } from './broken-hunt';
import { DEFAULT_SIM, type SimOptions } from './options';
import { found, type SeedOutcome, type SeedWork } from './outcome';
import { readRecordedMarkets, worldNumbers } from './recorded-markets';
import { runWorks } from './seed-pool';

export interface SimReport {
  readonly options: SimOptions;
  readonly sound: readonly SeedOutcome[];
  readonly broken: readonly BrokenOutcome[];
  readonly ms: number;
}

/** Where a run takes place. */
export interface SimPlaces {
  /** Processes at a time. */
  readonly processes: number;
  /** Owner's address of the server for seeds on PostgreSQL; null: there are none. */
  readonly serverUrl: string | null;
}

/** Runs the sound engine over its seeds, and every broken one until it is caught. `say` is told how it goes. */
export async function runSim(options: SimOptions, places: SimPlaces, monotonic: () => number, say: (text: string) => void): Promise<SimReport> {
  const began = monotonic();
  const chosen = BROKEN_ENGINES.filter(({ name }) => options.broken === 'all' || options.broken.includes(name));
  const hunt = new BrokenHunt(chosen, (name) => seedsOfBroken(options, name), options);
  const sound: SeedOutcome[] = [];
  await runWorks(worksOf(options, places, hunt.next()), places.processes, (outcome) => {
    if (outcome.store === 'memory') hunt.told(outcome);
    if (outcome.broken !== null) {
      tellBroken(outcome, say);
      return;
    }
    sound.push(outcome);
    if (found(outcome)) for (const line of foundLines(outcome, options.recorded, options.steps)) say(line);
    else if (sound.length % 20 === 0) say(`${sound.length} seeds`);
  });
  for (let works = hunt.next(); works.length > 0; works = hunt.next())
    await runWorks(works, places.processes, (outcome) => {
      hunt.told(outcome);
      if (outcome.broken !== null) tellBroken(outcome, say);
      else if (found(outcome)) say(`the sound engine in seed ${outcome.seed}: ${firstOf(outcome)}`);
    });
  sound.sort((a, b) => a.seed - b.seed || a.store.localeCompare(b.store));
  return { options, sound, broken: hunt.outcomes(), ms: monotonic() - began };
}

function tellBroken(outcome: SeedOutcome, say: (text: string) => void): void {
  if (found(outcome))
    say(`${outcome.broken} in seed ${outcome.seed}: ${[...new Set(outcome.violations.map(({ kind }) => kind))].join(', ')} ${outcome.failure ?? ''}`);
}

/** What takes longest comes first and single seeds last, so that no processor is idle at the end for longer than a seed takes. */
function worksOf(options: SimOptions, { serverUrl }: SimPlaces, broken: readonly SeedWork[]): SeedWork[] {
  const { steps, recorded } = options;
  const numbers = seedsOf(options);
  const sound = (store: SeedWork['store'], count: number): SeedWork[] =>
    numbers.slice(0, count).map((seed) => ({ seeds: [seed], steps, broken: null, store, serverUrl, recorded, until: [] }));
  return [...sound('postgres', Math.min(options.postgres, options.seeds)), ...broken, ...sound('memory', numbers.length)];
}

/** Seeds in order; of recorded worlds their numbers. */
function seedsOf({ first, seeds, recorded, sample }: SimOptions): readonly number[] {
  if (recorded === null) return Array.from({ length: seeds }, (_, nth) => first + nth);
  return worldNumbers(readRecordedMarkets(recorded), first, seeds, sample);
}

/** Where a broken engine is looked for: in the seed it is known to be caught in alone, or in all it is given. */
function seedsOfBroken({ brokenKnown, first, brokenSeeds }: SimOptions, name: string): readonly number[] {
  const known = CAUGHT_IN[name];
  if (brokenKnown) return known === undefined ? [] : [known];
  return Array.from({ length: brokenSeeds }, (_, index) => first + index);
}

const firstOf = ({ violations, failure }: SeedOutcome): string => {
  const [violation] = violations;
  return violation === undefined ? (failure ?? '') : `${violation.kind}: ${violation.text}`;
};

const moreOf = (store: SeedOutcome['store'], recorded: string | null, steps: number): string =>
  [
    steps === DEFAULT_SIM.steps ? '' : ` --steps ${steps}`,
    store === 'postgres' ? ' --postgres' : '',
    recorded === null ? '' : ` --recorded ${recorded}`,
  ].join('');

/** Everything that was found in a seed, and how to see it again. */
export function foundLines(outcome: SeedOutcome, recorded: string | null = null, steps: number = DEFAULT_SIM.steps): string[] {
  const { seed, store, violations, failure } = outcome;
  return [
    ...violations.map(({ kind, text, step, at }) => `✗ seed ${seed}, step ${step}, ${new Date(at).toISOString()} (${store}): ${kind}: ${text}`),
    ...(failure === null ? [] : [`✗ seed ${seed} (${store}) could not go on: ${failure}`]),
    ...(violations.length === 0 ? [] : [`  npm run replay -- --seed ${seed}${moreOf(store, recorded, steps)}`]),
  ];
}
