import type { Clock } from '@lockstep/kernel';
import type { Address } from '../../port';
import { type Finding, fail, good, told, warn } from '../../port/finding';
import type { HyperliquidConfig } from '../config';
import { exchangeStatusAnswer, exchangeStatusRequest } from '../wire/exchange-status';
import { metaAndAssetCtxsAnswer, metaAndAssetCtxsRequest } from '../wire/meta-and-asset-ctxs';
import { perpDexsAnswer, perpDexsRequest } from '../wire/perp-dexs';
import { checkAccount } from './check-account';
import { checkBuilder, checkBuilderApproval } from './check-builder';
import { checkEgress } from './check-egress';
import { type ClockSample, clockOffset } from './clock-offset';
import { inWords, Questions } from './questions';
import { socketLatency } from './socket-latency';

/** What is looked at besides the venue itself; every one may be left out. */
export interface CheckupPlan {
  /** A follower's account. */
  readonly account: Address | null;
  /** The agent that is to sign for it. */
  readonly agent: Address | null;
  /** The builder that is to receive the markup. */
  readonly builder: Address | null;
  /** The markup, in tenths of a basis point. */
  readonly markupTenthsBp: number;
  /** Size of the wave whose length is told. */
  readonly followers: number;
}

const CLOCK_SAMPLES = 9;
const PINGS = 9;
/** The venue tells the time of its latest block, which may be so old. */
const BLOCK_MS = 200;
/** Entries expire after two seconds by default: an offset beyond a quarter of that eats into them, one beyond all of it kills them. */
const OFFSET_WARN_MS = 500;
const OFFSET_FAIL_MS = 2_000;
/** BTC's place in the main dex tells the networks apart (facts §3). */
const BTC_INDEX = { mainnet: 0, testnet: 3 } as const;

/**
 * Looks at a venue that speaks Hyperliquid's protocol. Only reads: nothing is signed. Tells each finding as it is made and stops at a venue that does not
 * answer; some forty questions, weight below 700 with ten dexes, so that it can run beside a working engine once a minute.
 */
export async function checkHyperliquid(config: HyperliquidConfig, plan: CheckupPlan, clock: Clock, tell: (finding: Finding) => void): Promise<void> {
  const questions = new Questions(config);
  const { account, agent, builder } = plan;
  const tellAll = (findings: readonly Finding[]): void => {
    for (const finding of findings) tell(finding);
  };
  try {
    if (!(await checkVenue(questions, config.url, clock, tell))) return;
    tell(await checkSocket(config));
    tellAll(await checkMarkets(questions, config.network));
    tellAll(await checkEgress(config, plan.followers, clock));
    if (account !== null) tellAll(await checkAccount(questions, account, agent, clock));
    if (builder !== null) tellAll(await checkBuilder(questions, builder));
    if (account !== null && builder !== null) tell(await checkBuilderApproval(questions, account, builder, plan.markupTenthsBp));
  } finally {
    await questions.close();
  }
}

/** Reachability, its latency and the clock; false when there is no use in going on. */
async function checkVenue(questions: Questions, url: string, clock: Clock, tell: (finding: Finding) => void): Promise<boolean> {
  const samples: ClockSample[] = [];
  // The first question makes the connection and is not counted.
  for (let sample = 0; sample <= CLOCK_SAMPLES; sample += 1) {
    const sentAt = clock.now();
    const started = clock.monotonic();
    const status = await questions.ask(exchangeStatusRequest(), exchangeStatusAnswer);
    if (!status.ok) {
      tell(
        fail(
          'venue',
          `${url}: ${inWords(status.error)}`,
          'check the address and the way out of this machine, and that a Hyperliquid API stands there',
        ),
      );
      return false;
    }
    if (sample > 0) samples.push({ sentAt, venueTime: status.value.time, receivedAt: sentAt + clock.monotonic() - started });
  }
  const ways = samples.map(({ sentAt, receivedAt }) => receivedAt - sentAt);
  tell(good('venue', `${url} answers`));
  tell(told('latency of a question', inMs(ways)));
  tell(clockFinding(samples));
  return true;
}

function clockFinding(samples: readonly ClockSample[]): Finding {
  const offset = clockOffset(samples, BLOCK_MS);
  if (offset === null) return fail('clock', 'the venue told no time', 'ask again');
  const words = `the venue's clock stands ${offset.offsetMs.toFixed(0)} ms before ours, give or take ${offset.errorMs.toFixed(0)} ms`;
  const surelyOff = Math.max(0, Math.abs(offset.offsetMs) - offset.errorMs);
  const fix = 'set the clock of this machine by NTP: nonces and expiries are times';
  if (surelyOff > OFFSET_FAIL_MS) return fail('clock', words, fix);
  return surelyOff > OFFSET_WARN_MS ? warn('clock', words, fix) : good('clock', words);
}

async function checkSocket({ wsUrl, connectTimeoutMs }: HyperliquidConfig): Promise<Finding> {
  const latency = await socketLatency(wsUrl, PINGS, connectTimeoutMs);
  if ('error' in latency)
    return fail('socket', `${wsUrl}: ${latency.error}`, 'let WebSockets through to the venue: orders and leaders travel on them');
  return good('socket', `opens in ${latency.openMs.toFixed(0)} ms; ping to pong ${inMs(latency.pongMs)}`);
}

/** Which network it is, and which dexes it lists. */
async function checkMarkets(questions: Questions, network: HyperliquidConfig['network']): Promise<readonly Finding[]> {
  const dexes = await questions.ask(perpDexsRequest(), perpDexsAnswer);
  const main = await questions.ask(metaAndAssetCtxsRequest(''), metaAndAssetCtxsAnswer);
  if (!dexes.ok) return [fail('markets', inWords(dexes.error), 'the venue must list its dexes before anything can be copied')];
  if (!main.ok) return [fail('markets', inWords(main.error), 'the venue must list its markets before anything can be copied')];
  const [, ...named] = dexes.value;
  return [
    networkFinding(
      main.value[0].universe.findIndex(({ name }) => name === 'BTC'),
      network,
    ),
    told('builder-deployed dexes', named.length === 0 ? 'none' : `${named.length}: ${named.join(', ')}`),
  ];
}

function networkFinding(index: number, network: HyperliquidConfig['network']): Finding {
  const other = network === 'mainnet' ? 'testnet' : 'mainnet';
  if (index !== BTC_INDEX[other]) return good('network', `${network}; BTC is asset ${index}`);
  return fail(
    'network',
    `BTC is asset ${index}, as on ${other}, but signatures are made for ${network}`,
    `name the other network (LOCKSTEP_HYPERLIQUID_NETWORK=${other}) or the other address`,
  );
}

function inMs(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  return `${(sorted[Math.floor(sorted.length / 2)] ?? 0).toFixed(1)} ms at the median, ${(sorted.at(-1) ?? 0).toFixed(1)} ms at worst, of ${sorted.length}`;
}
