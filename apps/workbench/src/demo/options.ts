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
  /** Recorded leader moves played per second of real time at most. */
  readonly speed: number;
  /** A real account whose public feed is copied, and the venue it is read from. */
  readonly live: string | null;
  readonly venueUrl: string | null;
  /** Ends a live run after so long; null: at Ctrl-C. */
  readonly seconds: number | null;
  /** The arithmetic of the fees: leaders × followers × trades × $50 × 3 bp. */
  readonly workedExample: boolean;
  /** Share of the worked example's full size. */
  readonly scale: number;
  /** Where the copies trade: the main dex, dexes of builders alone, or perps.studio's Provider API. */
  readonly venue: DemoVenue;
  /** What the simulated API key of perps.studio may ask for. */
  readonly requestsPerMinute: number;
}

export const DEMO_VENUES = ['hyperliquid', 'hip3', 'perps-studio'] as const;
export type DemoVenue = (typeof DEMO_VENUES)[number];

export const DEMO_USAGE = `npm run demo -- [options]
  --followers N         follower accounts over both brands (default 300; 100 with --fills, 20 with --live)
  --leaders N           leaders (default 3)
  --rounds N            rounds of leader activity (default 8)
  --seed S              seed of the world and of the leaders' choices (default 7)
  --small               20 followers, 3 rounds: a quick look
  --venue V             hyperliquid (default), hip3: leaders trade on every builder-deployed dex, or perps-studio: everything goes through one
                        API key of the Provider API (then 10 followers, 1 leader and 5 rounds unless told otherwise)
  --requests-per-minute N  with --venue perps-studio: what the key may (default 100, the API's own; enterprise keys have more)
  --keep                leave everything running afterwards, until Ctrl-C

a recorded leader
  --fills FILE          CSV with the columns t,coin,dir,px,sz, or a saved userFills answer (JSON)
  --candles DIR         candles {COIN}_1m.csv for the marks between the fills; else the leader's last price
  --first N             only the first N recorded fills
  --leader-equity USD   equity of the recorded leader (default 50000, printed)
  --speed N             recorded moves played per second at most (default 200)

a real leader, copied to simulated followers
  --live ADDRESS        the account whose public fills, positions and equity are followed
  --venue-url URL       the venue it trades on, for example https://api.hyperliquid.xyz
  --seconds N           end after N seconds (default: at Ctrl-C)

the fees as arithmetic
  --worked-example      100 leaders × 200 followers × 10 trades × $50 × 3 bp = $3,000, from the running system
  --scale X             share of that size, 0.0001 to 1: leaders and followers shrink by its root each (default 0.01: 10 × 20, $30)`;

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
  live: null,
  venueUrl: null,
  seconds: null,
  workedExample: false,
  scale: 0.01,
  venue: 'hyperliquid',
  requestsPerMinute: 100,
};

type WholeKey = 'followers' | 'leaders' | 'rounds' | 'seed' | 'first' | 'speed' | 'seconds' | 'requestsPerMinute';
const WHOLE: Readonly<Record<string, { readonly key: WholeKey; readonly most: number }>> = {
  '--followers': { key: 'followers', most: 10_000 },
  '--leaders': { key: 'leaders', most: 10 },
  '--rounds': { key: 'rounds', most: 1_000 },
  '--seed': { key: 'seed', most: 4_294_967_295 },
  '--first': { key: 'first', most: 1_000_000 },
  '--speed': { key: 'speed', most: 10_000 },
  '--seconds': { key: 'seconds', most: 31_536_000 },
  '--requests-per-minute': { key: 'requestsPerMinute', most: 1_000_000 },
};
const TEXT: Readonly<Record<string, 'fills' | 'candles' | 'leaderEquity' | 'live' | 'venueUrl'>> = {
  '--fills': 'fills',
  '--candles': 'candles',
  '--leader-equity': 'leaderEquity',
  '--live': 'live',
  '--venue-url': 'venueUrl',
};
const SCALE_LEAST = 0.0001;
/** A cast that a hundred requests a minute can serve. */
const PERPS_STUDIO_CAST = { followers: 10, leaders: 1, rounds: 5 };
/** The first four followers each show something on the builder dexes, in the second round too. */
const TOUR_LEAST = { followers: 4, rounds: 2 };
/** Fewer would leave nothing for orders beside reading the markets. */
const REQUESTS_LEAST = 10;

/** Reads the command line; an error names the option and what to write. */
export function parseDemoOptions(args: readonly string[]): Result<DemoOptions, string> {
  const values: Values = { ...DEFAULTS };
  if (args.includes('--fills')) values.followers = 100;
  if (args.includes('--live')) values.followers = 20;
  if (args[args.indexOf('--venue') + 1] === 'perps-studio') Object.assign(values, PERPS_STUDIO_CAST);
  for (let index = 0; index < args.length; index += 1) {
    const flag = args[index] ?? '';
    if (flag === '--keep') values.keep = true;
    else if (flag === '--worked-example') values.workedExample = true;
    else if (flag === '--small') Object.assign(values, { followers: 20, rounds: 3 });
    else {
      index += 1;
      const refused = readValue(values, flag, args[index]);
      if (refused !== null) return err(refused);
    }
  }
  return consistent(values);
}

function consistent(values: DemoOptions): Result<DemoOptions, string> {
  if (values.candles !== null && values.fills === null) return err('--candles goes with --fills');
  if (!/^\d{1,12}(\.\d{1,6})?$/.test(values.leaderEquity)) return err('--leader-equity takes an amount such as 50000');
  if ((values.live === null) !== (values.venueUrl === null)) return err('--live ADDRESS and --venue-url URL go together');
  if (values.live !== null && !/^0x[0-9a-fA-F]{40}$/.test(values.live)) return err('--live takes an address: 0x and 40 hex digits');
  if (values.venueUrl !== null && !/^https?:\/\/[^/]/.test(values.venueUrl)) return err('--venue-url takes an http(s) address');
  if (values.seconds !== null && values.live === null) return err('--seconds goes with --live');
  if (values.requestsPerMinute !== DEFAULTS.requestsPerMinute && values.venue !== 'perps-studio')
    return err('--requests-per-minute goes with --venue perps-studio');
  if (values.requestsPerMinute < REQUESTS_LEAST) return err(`--requests-per-minute takes ${REQUESTS_LEAST} or more`);
  if (values.venue === 'hip3' && (values.followers < TOUR_LEAST.followers || values.rounds < TOUR_LEAST.rounds))
    return err(`--venue hip3 takes ${TOUR_LEAST.followers} followers and ${TOUR_LEAST.rounds} rounds or more`);
  const ways = [values.fills !== null, values.live !== null, values.workedExample].filter(Boolean).length;
  if (ways > 1) return err('--fills, --live and --worked-example exclude each other');
  if (ways > 0 && values.venue !== 'hyperliquid') return err('--fills, --live and --worked-example are played on --venue hyperliquid');
  return ok(values);
}

function readValue(values: Values, flag: string, value: string | undefined): string | null {
  const whole = WHOLE[flag];
  const text = TEXT[flag];
  if (!whole && !text && flag !== '--scale' && flag !== '--venue') return `no option ${flag}`;
  if (value === undefined || value.startsWith('--')) return `${flag} takes a value`;
  if (flag === '--venue') return readVenue(values, value);
  const number = Number(value);
  if (text) values[text] = flag === '--venue-url' ? value.replace(/\/+$/, '') : value;
  else if (whole) {
    if (!/^\d+$/.test(value) || number < (flag === '--seed' ? 0 : 1) || number > whole.most)
      return `${flag} takes a whole number from 1 to ${whole.most}`;
    values[whole.key] = number;
  } else if (number >= SCALE_LEAST && number <= 1) values.scale = number;
  else return `--scale takes a share from ${SCALE_LEAST} to 1`;
  return null;
}

function readVenue(values: Values, value: string): string | null {
  const venue = DEMO_VENUES.find((each) => each === value);
  if (venue === undefined) return `--venue takes ${DEMO_VENUES.join(', ')}`;
  values.venue = venue;
  return null;
}
