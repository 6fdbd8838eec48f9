import { err, ok, type Result } from '@lockstep/kernel';

/** What `npm run crash` was asked to do. */
export interface CrashOptions {
  /** Named points to die at, in the order driven; empty: none. `all` stands for the whole plan, `each` for one point of every stage. */
  readonly points: readonly string[] | 'all' | 'each';
  /** Kills at random moments. */
  readonly random: number;
  readonly seed: number;
  readonly followers: number;
  /** Open journal rows to leave behind before the restart is timed; 0: it is not. */
  readonly openRows: number;
  readonly json: boolean;
}

export const CRASH_USAGE = `npm run crash -- [options]
  --point NAME          die at this point; repeatable
  --point all           at every one, with second crashes in between (default)
  --point each          at one of every stage, which one is drawn by the seed
  --point none          at none
  --random N            then N kills at seeded random moments (default 10)
  --seed S              seed of leader, moments and venue (default: drawn, printed)
  --followers F         follower accounts over two brands (default 6)
  --open-rows N         finally leave N journal rows open, kill, and time the restart (default 0)
  --json                only the report, as one line
Ends with 0 when the venue's own books show no lost and no double order, 1 when they do, 2 for a wrong command line.`;

export const DEFAULT_CRASH: CrashOptions = { points: 'all', random: 10, seed: 1, followers: 6, openRows: 0, json: false };

const WHOLE: Readonly<Record<string, { readonly key: 'random' | 'seed' | 'followers' | 'openRows'; readonly least: number; readonly most: number }>> =
  {
    '--random': { key: 'random', least: 0, most: 100_000 },
    '--seed': { key: 'seed', least: 0, most: 4_294_967_295 },
    '--followers': { key: 'followers', least: 2, most: 10_000 },
    '--open-rows': { key: 'openRows', least: 0, most: 1_000 },
  };

/** Reads the command line over `standard`. `known` are the engine's points. The error is one sentence that names the option. */
export function parseCrashOptions(args: readonly string[], known: readonly string[], standard: CrashOptions): Result<CrashOptions, string> {
  let options = standard;
  const points: string[] = [];
  const rest = [...args];
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '--json') {
      options = { ...options, json: true };
      continue;
    }
    const value = rest.shift() ?? '';
    if (name === '--point') {
      if (value === 'all' || value === 'each') options = { ...options, points: value };
      else if (value === 'none') options = { ...options, points: [] };
      else if (!known.includes(value)) return err(`--point names no crash point: ${value}`);
      else points.push(value);
      continue;
    }
    const whole = WHOLE[name];
    if (whole === undefined) return err(`unknown option ${name}`);
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < whole.least || number > whole.most)
      return err(`${name} takes a whole number from ${whole.least} to ${whole.most}`);
    options = { ...options, [whole.key]: number };
  }
  return ok(points.length === 0 ? options : { ...options, points });
}
