import { err, ok, type Result } from '@lockstep/kernel';

/** What `npm run replay` was asked to do. */
export interface ReplayOptions {
  readonly seed: number;
  /** Last step of the script that is played; null: all. */
  readonly step: number | null;
  /** Decisions of this copy are shown instead of those behind violations. */
  readonly copyId: string | null;
  /** Only decisions in this coin. */
  readonly coin: string | null;
  /** Name of the broken engine that plays; null: the sound one. */
  readonly broken: string | null;
  /** Whether the seed is played on an embedded PostgreSQL instead of in memory. */
  readonly postgres: boolean;
  /** Folder of the recordings of which the world of that number is made; null: it is drawn. */
  readonly recorded: string | null;
  readonly json: boolean;
}

export const REPLAY_USAGE = `npm run replay -- --seed S [options]
  --seed S      the seed to play, as a run of sim names it
  --step N      no further than this step of its script
  --copy ID     every decision about this copy, not those behind violations
  --coin C      decisions in this coin alone
  --broken A    played by this broken engine
  --postgres    played on the embedded PostgreSQL, where a run of sim found it there; minutes
  --recorded F  the seed is the number of a recorded world: made of the recordings in this folder
  --json        progress to standard error; the last line is one JSON object
Plays the seed twice, compares both runs to the byte, and makes each decision it shows once more from its journal bytes.
Ends with 0 when both runs are equal and no decision differs from what its journaled inputs give, 1 when not, 2 for a wrong command line.`;

const SEED_MOST = 4_294_967_295;
const STEP_MOST = 1_000_000;
const COPY_ID = /^cpy_[0-9a-z]{1,40}$/;
const COIN = /^[A-Za-z0-9]{1,20}(:[A-Za-z0-9]{1,20})?$/;

/** Reads the command line. `known` are the names of the broken engines. The error is one sentence that names the option. */
export function parseReplayOptions(args: readonly string[], known: readonly string[]): Result<ReplayOptions, string> {
  let seed: number | null = null;
  let options: Omit<ReplayOptions, 'seed'> = { step: null, copyId: null, coin: null, broken: null, postgres: false, recorded: null, json: false };
  const rest = [...args];
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '--json' || name === '--postgres') {
      options = { ...options, [name === '--json' ? 'json' : 'postgres']: true };
      continue;
    }
    const value = rest.shift() ?? '';
    switch (name) {
      case '--seed':
        if (!isWhole(value, 0, SEED_MOST)) return err(`--seed takes a whole number from 0 to ${SEED_MOST}`);
        seed = Number(value);
        break;
      case '--step':
        if (!isWhole(value, 1, STEP_MOST)) return err(`--step takes a whole number from 1 to ${STEP_MOST}`);
        options = { ...options, step: Number(value) };
        break;
      case '--copy':
        if (!COPY_ID.test(value)) return err('--copy takes the id of a copy: cpy_…');
        options = { ...options, copyId: value };
        break;
      case '--coin':
        if (!COIN.test(value)) return err('--coin takes the name of a coin: BTC, or flx:GOLD of a builder dex');
        options = { ...options, coin: value };
        break;
      case '--recorded':
        if (value === '') return err('--recorded takes a folder');
        options = { ...options, recorded: value };
        break;
      case '--broken':
        if (!known.includes(value)) return err(`--broken takes one of: ${known.join(', ')}`);
        options = { ...options, broken: value };
        break;
      default:
        return err(`unknown option ${name}`);
    }
  }
  return seed === null ? err('--seed is needed') : ok({ ...options, seed });
}

const isWhole = (text: string, least: number, most: number): boolean => /^\d{1,10}$/.test(text) && Number(text) >= least && Number(text) <= most;
