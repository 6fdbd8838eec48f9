import { BROKEN_ENGINES } from './broken/broken-engines';
import { DEFAULT_SIM, type SimOptions } from './options';
import { found, type SeedOutcome, type SeedWork } from './outcome';
import { readRecordedMarkets, worldNumbers } from './recorded-markets';
import { runWorks } from './seed-pool';

/** What a broken engine came to. */
export interface BrokenOutcome {
  readonly name: string;
  readonly rule: string;
  /** The seed it was caught in; null: in none. */
  readonly caughtIn: number | null;
  readonly seeds: number;
  readonly first: string;
}

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
  const sound: SeedOutcome[] = [];
  const told = new Map<string, SeedOutcome[]>();
  await runWorks(worksOf(options, places, chosen), places.processes, (outcome) => {
    if (outcome.broken === null) {
      sound.push(outcome);
      if (found(outcome)) for (const line of foundLines(outcome, options.recorded, options.steps)) say(line);
      else if (sound.length % 20 === 0) say(`${sound.length} seeds`);
      return;
    }
    const outcomes = told.get(outcome.broken) ?? [];
    outcomes.push(outcome);
    told.set(outcome.broken, outcomes);
    if (found(outcome)) say(`caught: ${outcome.broken} in seed ${outcome.seed}: ${firstOf(outcome)}`);
  });
  sound.sort((a, b) => a.seed - b.seed || a.store.localeCompare(b.store));
  const broken = chosen.map(({ name, rule }) => brokenOutcome(name, rule, told.get(name) ?? []));
  return { options, sound, broken, ms: monotonic() - began };
}

/** What takes longest comes first and single seeds last, so that no processor is idle at the end for longer than a seed takes. */
function worksOf(options: SimOptions, { serverUrl }: SimPlaces, broken: readonly { readonly name: string }[]): SeedWork[] {
  const numbers = seedsOf(options);
  const sound = (store: SeedWork['store'], count: number): SeedWork[] =>
    numbers.slice(0, count).map((seed) => ({
      seeds: [seed],
      steps: options.steps,
      broken: null,
      store,
      serverUrl,
      recorded: options.recorded,
      untilFound: false,
    }));
  return [
    ...sound('postgres', Math.min(options.postgres, options.seeds)),
    ...broken.map(({ name }) => brokenWork(options, name)),
    ...sound('memory', numbers.length),
  ];
}

/** Seeds in order; of recorded worlds their numbers. */
function seedsOf({ first, seeds, recorded, sample }: SimOptions): readonly number[] {
  if (recorded === null) return Array.from({ length: seeds }, (_, nth) => first + nth);
  return worldNumbers(readRecordedMarkets(recorded), first, seeds, sample);
}

const brokenWork = (options: SimOptions, broken: string): SeedWork => ({
  seeds: Array.from({ length: options.brokenSeeds }, (_, index) => options.first + index),
  steps: options.steps,
  broken,
  store: 'memory',
  serverUrl: null,
  recorded: options.recorded,
  untilFound: true,
});

function brokenOutcome(name: string, rule: string, outcomes: readonly SeedOutcome[]): BrokenOutcome {
  // A simulation that could not go on has caught nothing by itself: only a rule the auditor names counts.
  const caught = outcomes.find(({ violations }) => violations.length > 0);
  const last = outcomes.at(-1);
  const first = caught === undefined ? (last?.failure ?? '') : firstOf(caught);
  return { name, rule, caughtIn: caught?.seed ?? null, seeds: outcomes.length, first };
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
