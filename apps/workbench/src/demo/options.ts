import { err, ok, type Result } from '@lockstep/kernel';

/** What `npm run demo` was asked to do. */
export interface DemoOptions {
  readonly followers: number;
  readonly leaders: number;
  readonly rounds: number;
  readonly seed: number;
  readonly keep: boolean;
  /** A recorded leader's fills to play instead of the made-up leaders. */
  readonly fills: string | null;
  readonly candles: string | null;
  readonly first: number | null;
  readonly leaderEquity: string;
  /** Recorded leader moves played per second of real time. */
  readonly speed: number;
}

export const DEMO_USAGE = `npm run demo -- [options]
  --followers N         follower accounts over both brands (default 300; 100 with --fills)
  --leaders N           leaders (default 3)
  --rounds N            rounds of leader activity (default 8)
  --seed S              seed of the world and of the leaders' choices (default 7)
  --small               20 followers, 3 rounds: a quick look
  --fills FILE          play a recorded leader: CSV with t,coin,dir,px,sz,… or a saved userFills answer
  --candles DIR         candles {COIN}_1m.csv for the marks between the fills; else the leader's last price
  --first N             only the first N recorded fills
  --leader-equity USD   equity of the recorded leader (default 50000, printed)
  --speed N             recorded moves played per second at most (default 200)
  --keep                leave everything running afterwards, until Ctrl-C`;

type Values = { -readonly [K in keyof DemoOptions]: DemoOptions[K] };

const DEFAULTS: DemoOptions = {
  followers: 300,
  leaders: 3,
  rounds: 8,
  seed: 7,
  keep: false,
  fills: null,
  candles: null,
  first: null,
  leaderEquity: '50000',
  speed: 200,
};

const WHOLE: Readonly<Record<string, { readonly key: 'followers' | 'leaders' | 'rounds' | 'seed' | 'first' | 'speed'; readonly most: number }>> = {
  '--followers': { key: 'followers', most: 10_000 },
  '--leaders': { key: 'leaders', most: 10 },
  '--rounds': { key: 'rounds', most: 1_000 },
  '--seed': { key: 'seed', most: 4_294_967_295 },
  '--first': { key: 'first', most: 1_000_000 },
  '--speed': { key: 'speed', most: 10_000 },
};
const TEXT: Readonly<Record<string, 'fills' | 'candles' | 'leaderEquity'>> = {
  '--fills': 'fills',
  '--candles': 'candles',
  '--leader-equity': 'leaderEquity',
};

/** Reads the command line; an error names the option and what to write. */
export function parseDemoOptions(args: readonly string[]): Result<DemoOptions, string> {
  const values: Values = { ...DEFAULTS };
  if (args.includes('--fills')) values.followers = 100;
  for (let index = 0; index < args.length; index += 1) {
    const flag = args[index] ?? '';
    if (flag === '--keep') values.keep = true;
    else if (flag === '--small') Object.assign(values, { followers: 20, rounds: 3 });
    else {
      index += 1;
      const refused = readValue(values, flag, args[index]);
      if (refused !== null) return err(refused);
    }
  }
  if (values.candles !== null && values.fills === null) return err('--candles goes with --fills');
  if (!/^\d{1,12}(\.\d{1,6})?$/.test(values.leaderEquity)) return err('--leader-equity takes an amount such as 50000');
  return ok(values);
}

function readValue(values: Values, flag: string, value: string | undefined): string | null {
  const whole = WHOLE[flag];
  const text = TEXT[flag];
  if (!whole && !text) return `no option ${flag}`;
  if (value === undefined || value.startsWith('--')) return `${flag} takes a value`;
  if (text) {
    values[text] = value;
    return null;
  }
  const number = Number(value);
  if (!whole || !/^\d+$/.test(value) || number < (flag === '--seed' ? 0 : 1) || number > whole.most)
    return `${flag} takes a whole number from 1 to ${whole?.most}`;
  values[whole.key] = number;
  return null;
}
