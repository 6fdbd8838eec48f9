import { parseMoney, unwrap } from '@lockstep/kernel';
import { systemClock, systemRandom } from '@lockstep/platform';
import { createHyperliquidFeed } from '@lockstep/venues/hyperliquid';
import type { VenueFeed } from '@lockstep/venues/port';
import { request } from 'undici';
import { z } from 'zod';
import { SimControl } from '../client/sim-control';
import type { Stack } from '../processes/stack';
import { LiveBridge } from './bridge';
import { say } from './cast';
import { Market } from './market';

const value = z.object({ marginSummary: z.object({ accountValue: z.string() }) });
/** Longest wait for the first state of the account. */
const PLACED_MAX_MS = 60_000;

export interface LiveFollow {
  readonly bridge: LiveBridge;
  readonly feed: VenueFeed;
  close(): Promise<void>;
}

/**
 * Watches `address` at the venue and plays it into the stack's simulated world; resolves once it stands there. Only dexes and instruments that both
 * venues list are followed. Throws when the venue cannot be read.
 */
export async function followLive(stack: Stack, address: string, venueUrl: string): Promise<LiveFollow> {
  const control = new SimControl(stack.simControlUrl);
  const market = new Market(stack.simUrl);
  await market.load();
  const dexes = await sharedDexes(venueUrl, market);
  const feed = openFeed(venueUrl);
  const world = {
    has: (coin: string) => market.has(coin),
    szDecimals: (coin: string) => market.szDecimals(coin),
    setUp: control.setUp.bind(control),
    credit: control.credit.bind(control),
    trade: control.trade.bind(control),
    movePrices: control.movePrices.bind(control),
    equityOf: (user: string) => equityOf(stack.simUrl, user, dexes),
  };
  const bridge = new LiveBridge(address.toLowerCase(), world, () => systemClock.now(), say);
  const markets = await feed.truth.markets(dexes);
  if (!markets.ok) throw new Error(`the venue at ${venueUrl} could not be read: ${markets.error.detail}`);
  const receivedAt = systemClock.now();
  bridge.takeMarks(markets.value.map(({ instrument, markPrice }) => ({ coin: instrument.coin, markPrice, receivedAt })));
  feed.watchMarks(dexes, (updates) => bridge.takeMarks(updates));
  if (feed.watchUsers(dexes, (event) => bridge.take(event)).watch(address) === 'seat_refused')
    throw new Error('the venue has no seat left for a user stream');
  await withinTime(bridge.placed, PLACED_MAX_MS, `the venue at ${venueUrl} told nothing of ${address}`);
  return {
    bridge,
    feed,
    close: async () => {
      await feed.close();
      await bridge.close();
    },
  };
}

const openFeed = (url: string): VenueFeed =>
  createHyperliquidFeed(
    { url, wsUrl: `${url.replace(/^http/, 'ws')}/ws`, network: 'mainnet', orderStreamsMax: 0 },
    {
      clock: systemClock,
      random: systemRandom,
      log: ({ level, event, fields }) => {
        if (level !== 'info') say(`  ${event} ${JSON.stringify(fields)}`);
      },
    },
  );

/** Dexes of the simulated world that the venue has too. */
async function sharedDexes(url: string, market: Market): Promise<readonly string[]> {
  const feed = openFeed(url);
  try {
    const listed = await feed.truth.markets();
    if (!listed.ok) throw new Error(`the venue at ${url} could not be read: ${listed.error.detail}`);
    const there = new Set(listed.value.map(({ instrument }) => instrument.dex));
    return market.dexes.map(({ dex }) => dex).filter((dex) => there.has(dex));
  } finally {
    await feed.close();
  }
}

async function equityOf(simUrl: string, user: string, dexes: readonly string[]): Promise<bigint> {
  let total = 0n;
  for (const dex of dexes) {
    const answer = await request(`${simUrl}/info`, {
      reset: true,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'clearinghouseState', user, dex }),
    });
    total += unwrap(parseMoney(value.parse(await answer.body.json()).marginSummary.accountValue), 'an account value');
  }
  return total;
}

async function withinTime(work: Promise<void>, maxMs: number, otherwise: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(otherwise)), maxMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
