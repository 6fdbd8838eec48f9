import { err, ok, type Result } from '@lockstep/kernel';

/** What `npm run faults` was asked to do. */
export interface FaultOptions {
  /** Null: all. */
  readonly stage: string | null;
  /** Plays one cell of each stage, drawn from the seed. */
  readonly sample: boolean;
  readonly seed: number;
  readonly followers: number;
  readonly json: boolean;
}

export const FAULT_USAGE = `npm run faults -- [options]
  --stage NAME      only this stage of an order's life (default: all)
  --sample          one fault of each stage, which one is drawn by the seed
  --seed S          seed of leader, venue and sample (default: drawn, printed)
  --followers F     follower accounts over two brands, 2 to 100 (default 6)
  --json            progress to standard error; the last line is one JSON object
Ends with 0 when the venue's own books show no lost and no double order after every fault, 1 when they do, 2 for a wrong command line.`;

export const DEFAULT_FAULTS: FaultOptions = { stage: null, sample: false, seed: 1, followers: 6, json: false };

const WHOLE = {
  '--seed': { key: 'seed', least: 0, most: 4_294_967_295 },
  '--followers': { key: 'followers', least: 2, most: 100 },
} as const;

/** Reads the command line over `standard`. The error is one sentence that names the option. */
export function parseFaultOptions(args: readonly string[], stages: readonly string[], standard: FaultOptions): Result<FaultOptions, string> {
  let options = standard;
  const rest = [...args];
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '--json' || name === '--sample') {
      options = { ...options, [name.slice(2)]: true };
      continue;
    }
    const value = rest.shift() ?? '';
    if (name === '--stage') {
      if (!stages.includes(value)) return err(`--stage takes one of: ${stages.join(', ')}`);
      options = { ...options, stage: value };
      continue;
    }
    if (name !== '--seed' && name !== '--followers') return err(`unknown option ${name}`);
    const { key, least, most } = WHOLE[name];
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < least || number > most) return err(`${name} takes a whole number from ${least} to ${most}`);
    options = { ...options, [key]: number };
  }
  return ok(options);
}
