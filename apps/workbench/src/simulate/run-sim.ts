import { BROKEN_ENGINES } from './broken/broken-engines';
import type { SimOptions } from './options';
import { found, type SeedOutcome, type SeedWork } from './outcome';
import { readRecordedMarkets, worldNumbers } from './recorded-markets';
import { runWorks } from './seed-pool';

/** Seeds of the sound engine one process runs at most before another takes over: what is left in memory goes with it. */
const SEEDS_A_PROCESS_MAX = 20;
/** Each lane takes so many works at least, so that none is idle while another has many seeds left. */
const WORKS_A_LANE = 2;

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

/** Runs the sound engine over its seeds, then every broken one until it is caught. `say` is told how it goes. */
export async function runSim(options: SimOptions, places: SimPlaces, monotonic: () => number, say: (text: string) => void): Promise<SimReport> {
  const { processes } = places;
  const began = monotonic();
  const sound: SeedOutcome[] = [];
  await runWorks(soundWorks(options, places), processes, (outcome) => {
    sound.push(outcome);
    if (found(outcome)) for (const line of foundLines(outcome, options.recorded)) say(line);
    else if (sound.length % 20 === 0) say(`${sound.length} seeds`);
  });
  sound.sort((a, b) => a.seed - b.seed || a.store.localeCompare(b.store));
  const chosen = BROKEN_ENGINES.filter(({ name }) => options.broken === 'all' || options.broken.includes(name));
  const told = new Map<string, SeedOutcome[]>();
  await runWorks(
    chosen.map(({ name }) => brokenWork(options, name)),
    processes,
    (outcome) => {
      const outcomes = told.get(outcome.broken ?? '') ?? [];
      outcomes.push(outcome);
      told.set(outcome.broken ?? '', outcomes);
      if (found(outcome)) say(`caught: ${outcome.broken} in seed ${outcome.seed}: ${firstOf(outcome)}`);
    },
  );
  const broken = chosen.map(({ name, rule }) => brokenOutcome(name, rule, told.get(name) ?? []));
  return { options, sound, broken, ms: monotonic() - began };
}

/** A process that runs many seeds loads and compiles the engine once for them. */
function soundWorks(options: SimOptions, { processes, serverUrl }: SimPlaces): SeedWork[] {
  const works: SeedWork[] = [];
  const numbers = seedsOf(options);
  const add = (store: SeedWork['store'], count: number): void => {
    const share = Math.min(SEEDS_A_PROCESS_MAX, Math.ceil(count / (processes * WORKS_A_LANE)));
    for (let at = 0; at < count; at += share) {
      const seeds = numbers.slice(at, Math.min(at + share, count));
      works.push({ seeds, steps: options.steps, broken: null, store, serverUrl, recorded: options.recorded, untilFound: false });
    }
  };
  add('memory', numbers.length);
  add('postgres', Math.min(options.postgres, numbers.length));
  return works;
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

/** Everything that was found in a seed, and how to see it again. */
export function foundLines(outcome: SeedOutcome, recorded: string | null = null): string[] {
  const { seed, store, violations, failure } = outcome;
  return [
    ...violations.map(({ kind, text, step, at }) => `✗ seed ${seed}, step ${step}, ${new Date(at).toISOString()} (${store}): ${kind}: ${text}`),
    ...(failure === null ? [] : [`✗ seed ${seed} (${store}) could not go on: ${failure}`]),
    ...(violations.length === 0
      ? []
      : [`  npm run replay -- --seed ${seed}${store === 'postgres' ? ' --postgres' : ''}${recorded === null ? '' : ` --recorded ${recorded}`}`]),
  ];
}
