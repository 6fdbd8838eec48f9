import { err, ok, type Result } from '@lockstep/kernel';
import { IP_WINDOWS, type IpWindow, parseVerifyMode, type VerifyMode } from '@lockstep/simulation';

/** How prices of a world move on their own. */
export type PathKind = 'still' | 'generated' | 'candles';

/** What the command line says. */
export interface Flags {
  /** Venue port; 0 picks a free one. */
  readonly port: number;
  readonly host: string;
  readonly controlPort: number;
  readonly controlHost: string;
  /** Required on every control request when set; must be set when the control port leaves loopback. */
  readonly controlKey: string | null;
  readonly seed: number;
  readonly blockMs: number;
  readonly path: PathKind;
  /** Folder of `{COIN}_1m.csv`; only with `--path candles`, which it implies. */
  readonly candles: string | null;
  readonly testnet: boolean;
  readonly limits: 'on' | 'off';
  readonly usersPerIp: 10 | 15;
  readonly ipWindow: IpWindow;
  readonly postsSpendWeight: 'on' | 'off';
  /** The lifetime budget of requests of an address, in the main world and in those that do not say otherwise. */
  readonly addressLimits: 'on' | 'off';
  readonly verify: VerifyMode;
  readonly verifyThreads: number;
  readonly silenceMs: number;
}

const LOOPBACK: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

export const USAGE = `venue-sim: the simulated venue as a server
  --port P             venue port, 0 picks a free one (default 8090)
  --host H             venue address (default 127.0.0.1)
  --control-port C     control port, 0 picks a free one (default 8091)
  --control-host H     control address (default 127.0.0.1; another one needs --control-key)
  --control-key K      key every control request must carry in x-control-key
  --seed S             seed of the main world, 0 to 4294967295 (default 1)
  --block-ms N         block time, 10 to 10000 (default 100)
  --path KIND          still, generated or candles: how prices move (default generated)
  --candles DIR        folder of {COIN}_1m.csv files; implies --path candles
  --testnet            the main world answers for the venue's test network
  --limits on|off      limits per remote IP (default off)
  --users-per-ip N     10 or 15 users over all user streams of an IP (default 10)
  --ip-window KIND     sliding60 or leaky: how an IP's minutes are counted (default sliding60)
  --posts-spend-weight on|off  whether a post over a socket spends REST weight too (default off)
  --address-limits on|off  the budget of requests of an address (default off)
  --verify MODE        all, sample:N or off: which signatures are recovered (default all)
  --verify-threads N   recovering threads, 1 to 16 (default 1)
  --silence-ms N       a connection sent nothing for so long is closed (default 60000)`;

type Reader = (value: string) => Result<Partial<Flags>, string>;

const whole =
  (name: keyof Flags, least: number, most: number): Reader =>
  (value) => {
    const number = Number(value);
    return /^\d+$/.test(value) && number >= least && number <= most
      ? ok({ [name]: number })
      : err(`takes a whole number from ${least} to ${most}, not "${value}"`);
  };
const choice =
  (name: keyof Flags, ...choices: readonly (string | number)[]): Reader =>
  (value) => {
    const chosen = choices.find((candidate) => String(candidate) === value);
    return chosen === undefined ? err(`takes ${choices.join(' or ')}, not "${value}"`) : ok({ [name]: chosen });
  };
const text =
  (name: keyof Flags): Reader =>
  (value) =>
    ok({ [name]: value });

const READERS: Readonly<Record<string, Reader>> = {
  '--port': whole('port', 0, 65_535),
  '--host': text('host'),
  '--control-port': whole('controlPort', 0, 65_535),
  '--control-host': text('controlHost'),
  '--control-key': (value) => (value.length >= 16 ? ok({ controlKey: value }) : err('takes at least 16 characters')),
  '--seed': whole('seed', 0, 4_294_967_295),
  '--block-ms': whole('blockMs', 10, 10_000),
  '--path': choice('path', 'still', 'generated', 'candles'),
  '--candles': (value) => ok({ candles: value, path: 'candles' }),
  '--limits': choice('limits', 'on', 'off'),
  '--users-per-ip': choice('usersPerIp', 10, 15),
  '--ip-window': choice('ipWindow', ...IP_WINDOWS),
  '--posts-spend-weight': choice('postsSpendWeight', 'on', 'off'),
  '--address-limits': choice('addressLimits', 'on', 'off'),
  '--verify': (value) => {
    const mode = parseVerifyMode(value);
    return mode.ok ? ok({ verify: mode.value }) : mode;
  },
  '--verify-threads': whole('verifyThreads', 1, 16),
  '--silence-ms': whole('silenceMs', 100, 600_000),
};

export const DEFAULT_FLAGS: Flags = {
  port: 0,
  host: '127.0.0.1',
  controlPort: 0,
  controlHost: '127.0.0.1',
  controlKey: null,
  seed: 1,
  blockMs: 100,
  path: 'generated',
  candles: null,
  testnet: false,
  limits: 'off',
  usersPerIp: 10,
  ipWindow: 'sliding60',
  postsSpendWeight: 'off',
  addressLimits: 'off',
  verify: { kind: 'all' },
  verifyThreads: 1,
  silenceMs: 60_000,
};

/** Reads `--flag value` and `--flag=value` over `standard`. The error is one sentence that names the flag. */
export function readFlags(argv: readonly string[], standard: Flags = DEFAULT_FLAGS): Result<Flags, string> {
  let flags = standard;
  for (let at = 0; at < argv.length; at += 1) {
    const [name = '', inline] = (argv[at] ?? '').split(/=(.*)/s, 2);
    if (name === '--testnet' && inline === undefined) {
      flags = { ...flags, testnet: true };
      continue;
    }
    const reader = READERS[name];
    if (reader === undefined) return err(`unknown flag "${name}"`);
    const value = inline ?? argv[at + 1];
    if (inline === undefined) at += 1;
    if (value === undefined || value === '') return err(`${name} needs a value`);
    const read = reader(value);
    if (!read.ok) return err(`${name} ${read.error}`);
    flags = { ...flags, ...read.value };
  }
  return consistent(flags);
}

function consistent(flags: Flags): Result<Flags, string> {
  if (flags.path === 'candles' && flags.candles === null) return err('--path candles needs --candles DIR');
  if (!LOOPBACK.includes(flags.controlHost) && flags.controlKey === null) {
    return err(`--control-host ${flags.controlHost} is not loopback, so --control-key is required`);
  }
  return ok(flags);
}
