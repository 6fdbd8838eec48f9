import type { Clock } from '@lockstep/kernel';
import { EgressScheduler, evenly, forecast, ipsNeeded } from '../../egress';
import { type Finding, fail, good, told } from '../../port/finding';
import type { HyperliquidConfig } from '../config';
import { HYPERLIQUID_ADDRESS_LIMITS, hyperliquidIpLimits, socketCost } from '../egress-limits';
import type { EgressAddress } from '../transport/egress-address';
import { exchangeStatusAnswer, exchangeStatusRequest } from '../wire/exchange-status';
import { inWords, Questions } from './questions';

/** How long a wave may take, for which the number of addresses is told. */
const TARGETS_MS = [60_000, 10_000] as const;

/** Whether each egress address reaches the venue and how fast, and how long a wave of so many followers takes from all of them while nothing else leaves. */
export async function checkEgress(config: HyperliquidConfig, followers: number, clock: Clock): Promise<readonly Finding[]> {
  const ways = await Promise.all(config.egress.map((egress) => checkWay(config, egress, clock)));
  return [...ways, ...waveFindings(config, followers)];
}

async function checkWay(config: HyperliquidConfig, egress: EgressAddress, clock: Clock): Promise<Finding> {
  const about = `egress ${egress.label}`;
  const questions = new Questions(config, egress);
  try {
    // The first question makes the connection and is not counted.
    const first = await questions.ask(exchangeStatusRequest(), exchangeStatusAnswer);
    if (!first.ok) return fail(about, inWords(first.error), 'check the address or proxy and its way to the venue, or take it out of LOCKSTEP_EGRESS');
    const started = clock.monotonic();
    await questions.ask(exchangeStatusRequest(), exchangeStatusAnswer);
    return good(about, `reaches the venue, an answer takes ${(clock.monotonic() - started).toFixed(0)} ms`);
  } finally {
    await questions.close();
  }
}

function waveFindings({ egress, rateLimits, maxInFlight }: HyperliquidConfig, followers: number): readonly Finding[] {
  const about = 'rate budget';
  if (rateLimits === null) return [told(about, 'no limits are kept to')];
  const scheduler = new EgressScheduler({
    ips: egress.length,
    limits: hyperliquidIpLimits({ ...rateLimits, inFlightMax: maxInFlight }),
    accounts: HYPERLIQUID_ADDRESS_LIMITS,
    actionCost: socketCost(rateLimits),
  });
  const mix = { entry: followers };
  const { endsInMs, limitedBy } = forecast(scheduler, evenly(mix, egress.length), 0);
  const waits = limitedBy === null ? '' : `, waiting for ${limitedBy}`;
  const needed = TARGETS_MS.map((target) => `${target / 1_000} s need ${ipsNeeded(scheduler, mix, target) ?? 'more than any number of'} addresses`);
  return [told(about, `a wave of ${followers} entries takes ${(endsInMs / 1_000).toFixed(1)} s from ${egress.length}${waits}; ${needed.join(', ')}`)];
}
