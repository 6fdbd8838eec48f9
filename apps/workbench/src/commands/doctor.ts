import { type Clock, err, ok, type Result } from '@lockstep/kernel';
import { type Config, systemClock } from '@lockstep/platform';
import { type CheckupPlan, checkHyperliquid, egressAddresses, hyperliquidConfig } from '@lockstep/venues/hyperliquid';
import { checkPerpsStudio, perpsStudioConfig } from '@lockstep/venues/perps-studio';
import type { Finding } from '@lockstep/venues/port';

interface DoctorOptions extends CheckupPlan {
  readonly api: 'hyperliquid' | 'perps-studio';
  /** Null: the configured one of the API. */
  readonly url: string | null;
  readonly network: 'mainnet' | 'testnet';
  readonly json: boolean;
}

const USAGE = `npm run doctor -- --venue [URL] [options]
Looks at a venue before real money does: reachability, clock, network, latency and, where they are named, account, agent and builder. It only reads.
  --venue [URL]         the venue (default: LOCKSTEP_HYPERLIQUID_URL, or LOCKSTEP_PERPS_STUDIO_URL with --api perps-studio)
  --api NAME            what it speaks: hyperliquid (default) or perps-studio, with the key of LOCKSTEP_PERPS_STUDIO_KEY
  --network NAME        mainnet or testnet, for which signatures are made (default: LOCKSTEP_HYPERLIQUID_NETWORK)
  --account ADDRESS     an account that is to follow: role, margin mode, collateral of each dex, address budget, agents
  --agent ADDRESS       the agent that is to sign for it
  --builder ADDRESS     the builder that is to receive the markup, and the account's approval of it
  --markup-bps N        the markup, for the approval (default 1)
  --followers N         the wave whose length is told (default 10000), from the addresses of LOCKSTEP_EGRESS
  --json                findings as JSON lines
Ends with 0 when nothing failed, 1 when something did, 2 for a wrong command line.`;

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const MARKS: Readonly<Record<Finding['verdict'], string>> = { good: '✓', told: '·', warn: '!', fail: '✗' };

/** Looks at a venue and says what would go wrong there. */
export async function runDoctor(config: Config<'workbench'>, args: readonly string[], clock: Clock = systemClock): Promise<number> {
  if (args.includes('--help') || args.length === 0) {
    process.stdout.write(`${USAGE}\n`);
    return args.length === 0 ? 2 : 0;
  }
  const parsed = parseDoctorOptions(args, { network: config.hyperliquidNetwork });
  if (!parsed.ok) {
    process.stderr.write(`doctor: ${parsed.error}\n\n${USAGE}\n`);
    return 2;
  }
  const options = parsed.value;
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  let failed = 0;
  await look(config, options, clock, (finding) => {
    if (finding.verdict === 'fail') failed += 1;
    if (options.json) say(JSON.stringify(finding));
    else for (const line of findingLines(finding)) say(line);
  });
  if (!options.json) say(failed === 0 ? '\nnothing failed' : `\n${failed} failed`);
  return failed === 0 ? 0 : 1;
}

async function look(config: Config<'workbench'>, options: DoctorOptions, clock: Clock, tell: (finding: Finding) => void): Promise<void> {
  const { network, account, followers } = options;
  if (options.api === 'perps-studio') {
    const url = options.url ?? config.perpsStudioUrl;
    const key = config.perpsStudioKey;
    const settings = perpsStudioConfig({ url, wsUrl: url.replace(/^http/, 'ws'), network, requestsPerMinute: config.perpsStudioPerMinute }, false);
    await checkPerpsStudio(settings, { apiKey: key === null ? null : () => key.reveal(), account, followers }, clock, tell);
    return;
  }
  const url = options.url ?? config.hyperliquidUrl;
  const rateLimits = { postsSpendWeight: config.postsSpendWeight === 'on', outsideWeight: config.outsideWeight };
  const egress = egressAddresses(config.egress.reveal());
  const settings = hyperliquidConfig({ url, wsUrl: `${url.replace(/^http/, 'ws')}/ws`, network, rateLimits, egress });
  await checkHyperliquid(settings, options, clock, tell);
}

const findingLines = ({ about, verdict, detail, fix }: Finding): string[] => [
  `${MARKS[verdict]} ${about}: ${detail}`,
  ...(fix === '' ? [] : [`    ${fix}`]),
];

/** Reads the command line; an error names the option and what to write. */
export function parseDoctorOptions(args: readonly string[], standard: Pick<DoctorOptions, 'network'>): Result<DoctorOptions, string> {
  let options: DoctorOptions = {
    ...standard,
    api: 'hyperliquid',
    url: null,
    account: null,
    agent: null,
    builder: null,
    markupTenthsBp: 10,
    followers: 10_000,
    json: false,
  };
  let named = false;
  const rest = [...args];
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    if (flag === '--json') {
      options = { ...options, json: true };
      continue;
    }
    if (flag === '--venue') {
      named = true;
      const url = rest[0]?.startsWith('--') ? undefined : rest.shift();
      if (url !== undefined && !/^https?:\/\/[^/]/.test(url)) return err('--venue takes an http(s) address');
      if (url !== undefined) options = { ...options, url: url.replace(/\/+$/, '') };
      continue;
    }
    const read = readValue(flag, rest.shift() ?? '');
    if (!read.ok) return read;
    options = { ...options, ...read.value };
  }
  if (!named) return err('say --venue, with an address or without one for the configured venue');
  if (options.agent !== null && options.account === null) return err('--agent goes with --account');
  return ok(options);
}

function readValue(flag: string, value: string): Result<Partial<DoctorOptions>, string> {
  switch (flag) {
    case '--account':
    case '--agent':
    case '--builder':
      return ADDRESS.test(value) ? ok({ [flag.slice(2)]: value.toLowerCase() }) : err(`${flag} takes an address: 0x and 40 hex digits`);
    case '--network':
      return value === 'mainnet' || value === 'testnet' ? ok({ network: value }) : err('--network takes mainnet or testnet');
    case '--api':
      return value === 'hyperliquid' || value === 'perps-studio' ? ok({ api: value }) : err('--api takes hyperliquid or perps-studio');
    case '--followers':
      return /^[1-9]\d{0,5}$/.test(value) ? ok({ followers: Number(value) }) : err('--followers takes a whole number from 1 to 999999');
    case '--markup-bps': {
      const tenths = Number(value) * 10;
      return Number.isInteger(tenths) && tenths >= 0 && tenths <= 100 ? ok({ markupTenthsBp: tenths }) : err('--markup-bps takes 0 to 10, in tenths');
    }
    default:
      return err(`unknown option ${flag}`);
  }
}
