import { err, ok, type Result } from '@lockstep/kernel';

/** What `npm run sim` was asked to do. */
export interface SimOptions {
  /** Seeds of the sound engine: `first`, `first` + 1, … */
  readonly first: number;
  readonly seeds: number;
  /** Of these, how many run once more on PostgreSQL: an embedded one, whatever DATABASE_URL says. */
  readonly postgres: number;
  /** Steps of each seed's script at least. */
  readonly steps: number;
  /** Names of broken engines to run, or all of them; empty: none. */
  readonly broken: 'all' | readonly string[];
  /** Seeds a broken engine is given to be caught. */
  readonly brokenSeeds: number;
  /** Each of them in the one seed it is known to be caught in (`broken/caught-in.ts`), instead. */
  readonly brokenKnown: boolean;
  /** Processes at a time; null: one for each processor. */
  readonly processes: number | null;
  /** Folder of a recorded leader and of candles, whose worlds are played in place of drawn ones; a seed is the number of a world then. Null: none. */
  readonly recorded: string | null;
  /** One recorded world for each condition, each of another candle set, instead of all. */
  readonly sample: boolean;
  readonly json: boolean;
}

export const SIM_USAGE = `npm run sim -- [options]
  --seeds N          seeds of the sound engine (default 20)
  --seed S           this seed alone
  --from S           first of the seeds (default 1)
  --steps N          steps of a seed at least (default 2000)
  --postgres N       how many of the seeds run on the embedded PostgreSQL too, minutes each (default 0)
  --broken all|A,B   broken engines the auditor has to catch (default: none)
  --broken-seeds N   seeds in which each of them has to be caught (default 50)
  --broken-known     each of them in the one seed it is known to be caught in, instead
  --processes N      processes at a time (default: one for each processor)
  --recorded FOLDER  worlds of a recorded leader and of recorded candles under each market condition; seeds are their numbers (default all of them)
  --sample           of the recorded worlds one for each condition
  --json             progress to standard error; the last line is one JSON object
Ends with 0 when the sound engine broke no rule and every broken one was caught, 1 when not, 2 for a wrong command line.`;

export const DEFAULT_SIM: SimOptions = {
  first: 1,
  seeds: 20,
  postgres: 0,
  steps: 2_000,
  broken: [],
  brokenSeeds: 50,
  brokenKnown: false,
  processes: null,
  recorded: null,
  sample: false,
  json: false,
};

const MOST = 4_294_967_295;
const WHOLE = {
  '--seeds': { key: 'seeds', least: 0, most: 1_000_000 },
  '--from': { key: 'first', least: 0, most: MOST },
  '--steps': { key: 'steps', least: 1, most: 1_000_000 },
  '--postgres': { key: 'postgres', least: 0, most: 10_000 },
  '--broken-seeds': { key: 'brokenSeeds', least: 1, most: 10_000 },
  '--processes': { key: 'processes', least: 1, most: 64 },
} as const;

const FLAGS = { '--json': 'json', '--sample': 'sample', '--broken-known': 'brokenKnown' } as const;

const isFlagName = (name: string): name is keyof typeof FLAGS => Object.hasOwn(FLAGS, name);
const isWholeName = (name: string): name is keyof typeof WHOLE => Object.hasOwn(WHOLE, name);

/** Reads the command line. `known` are the names of the broken engines. The error is one sentence that names the option. */
export function parseSimOptions(args: readonly string[], known: readonly string[]): Result<SimOptions, string> {
  let options = DEFAULT_SIM;
  let counted = false;
  const rest = [...args];
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (isFlagName(name)) {
      options = { ...options, [FLAGS[name]]: true };
      continue;
    }
    const value = rest.shift() ?? '';
    if (name === '--recorded') {
      if (value === '') return err('--recorded takes a folder');
      options = { ...options, recorded: value };
      continue;
    }
    if (name === '--broken') {
      const names = value.split(',');
      const unknown = names.find((one) => one !== 'all' && !known.includes(one));
      if (unknown !== undefined) return err(`--broken takes all, or names of: ${known.join(', ')}`);
      options = { ...options, broken: names.includes('all') ? 'all' : names };
      continue;
    }
    if (name === '--seed') {
      if (!isWhole(value, 0, MOST)) return err(`--seed takes a whole number from 0 to ${MOST}`);
      options = { ...options, first: Number(value), seeds: 1 };
      counted = true;
      continue;
    }
    if (!isWholeName(name)) return err(`unknown option ${name}`);
    const { key, least, most } = WHOLE[name];
    if (!isWhole(value, least, most)) return err(`${name} takes a whole number from ${least} to ${most}`);
    options = { ...options, [key]: Number(value) };
    counted ||= key === 'seeds';
  }
  if (options.brokenKnown && options.recorded !== null) return err('--broken-known goes without --recorded');
  if (options.sample && options.recorded === null) return err('--sample goes with --recorded');
  return ok(options.recorded === null || counted ? options : { ...options, seeds: WHOLE['--seeds'].most });
}

const isWhole = (text: string, least: number, most: number): boolean => /^\d{1,10}$/.test(text) && Number(text) >= least && Number(text) <= most;
