import { randomBytes } from 'node:crypto';
import { formatPrice } from '@lockstep/kernel';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type { WatchEvent } from '../../port';
import { createHyperliquidFeed } from '../adapter';
import type { VenueLogEntry } from '../config';
import { systemClock, systemRandom } from '../testing/simulated-driver';
import { SimulatedVenue } from '../testing/simulated-venue';

const LEADERS = 13;
const CUTS = 5;
const COINS = ['BTC', 'ETH', 'SOL'];
const PATIENCE_MS = 120_000;

let venue: SimulatedVenue;
beforeAll(async () => {
  venue = await SimulatedVenue.start(['--limits', 'on']);
}, 60_000);
afterAll(() => venue?.stop());

const outcomes = z.object({ results: z.array(z.object({ tradeId: z.number(), time: z.number() })) });

/** Watches leaders through the real limits of one address; what it told is kept by leader. */
function watching(addresses: readonly string[]) {
  const logged: VenueLogEntry[] = [];
  const told = new Map(addresses.map((address) => [address, new Map<string, number>()]));
  const synced = new Set<string>();
  const repeated: string[] = [];
  const settings = { url: venue.url, wsUrl: venue.wsUrl, network: 'mainnet' as const, reconnectMinMs: 100, reconnectMaxMs: 2_000 };
  // As the engine opens it: no order streams.
  const bounds = { detectionWeightPerMinute: 1_100, detectionWeightBurst: 500, orderStreamsMax: 0 };
  const feed = createHyperliquidFeed({ ...settings, ...bounds }, { clock: systemClock, random: systemRandom, log: (entry) => logged.push(entry) });
  const sink = (event: WatchEvent): void => {
    if (event.kind === 'synced') synced.add(event.address);
    if (event.kind !== 'fills' && event.kind !== 'synced') return;
    const fills = told.get(event.address);
    for (const { coin, time, tradeId } of event.fills) {
      const key = `${coin} ${time} ${tradeId}`;
      if (event.kind === 'fills' && fills?.has(key)) repeated.push(key);
      fills?.set(key, (fills.get(key) ?? 0) + 1);
    }
  };
  return { feed, sink, logged, told, synced, repeated };
}

describe('a reconnect storm inside the limits of one address', () => {
  it('meets no refusal, and everything is told once in the end', { timeout: 240_000 }, async () => {
    const addresses = Array.from({ length: LEADERS }, () => `0x${randomBytes(20).toString('hex')}`);
    await venue.control('/worlds/main/accounts', { accounts: addresses.map((address) => ({ address, credits: { '': '100000' } })) });
    const { feed, sink, logged, told, synced, repeated } = watching(addresses);
    const markets = await feed.truth.markets(['']);
    const marks = new Map(markets.ok ? markets.value.map(({ instrument, markPrice }) => [instrument.coin, formatPrice(markPrice)]) : []);
    const watch = feed.watchUsers([''], sink);
    try {
      for (const address of addresses) expect(watch.watch(address)).toBe('watching');
      await vi.waitFor(() => expect(synced.size).toBe(LEADERS), { timeout: PATIENCE_MS, interval: 100 });
      expect(watch.seats?.standing()).toMatchObject({ seatsUsed: 8, streamed: 8, swept: LEADERS - 8, sweepCovers: true });

      const made = new Map(addresses.map((address) => [address, [] as string[]]));
      const trade = async (): Promise<void> => {
        const trades = addresses.map((address, index) => {
          const coin = COINS[index % COINS.length] ?? 'BTC';
          return { address, coin, side: index % 2 === 0 ? 'buy' : 'sell', price: marks.get(coin), size: '0.01' };
        });
        const { results } = outcomes.parse(await venue.control('/worlds/main/trades', { trades }));
        for (const [index, { tradeId, time }] of results.entries())
          made.get(addresses[index] ?? '')?.push(`${trades[index]?.coin} ${time} ${tradeId}`);
      };
      await trade();
      for (let cut = 0; cut < CUTS; cut += 1) {
        await venue.control('/worlds/main/disconnect', {});
        // In the dark, and again once something is connected.
        await trade();
        await vi.waitFor(() => expect(watch.seats?.standing().connections).toBeGreaterThan(0), { timeout: PATIENCE_MS, interval: 20 });
        await trade();
      }
      await vi.waitFor(() => expect(watch.seats?.standing()).toMatchObject({ connections: 3, sweepCovers: true, streamed: 8 }), {
        timeout: PATIENCE_MS,
        interval: 100,
      });
      // One more trade each shows what was missed before it, whoever it is.
      await trade();
      await vi.waitFor(
        () => {
          for (const [address, keys] of made) expect([...(told.get(address)?.keys() ?? [])].sort()).toEqual([...keys].sort());
        },
        { timeout: PATIENCE_MS, interval: 250 },
      );
      expect(repeated).toEqual([]);
      const words = logged.map((entry) => JSON.stringify(entry));
      expect(words.filter((word) => /429|rate_limited|refused|Too many|Cannot|venue_stream_error/.test(word))).toEqual([]);
      expect(watch.seats?.standing().connectionsOpened).toBeGreaterThan(CUTS);
    } finally {
      await watch.close();
      await feed.close();
    }
  });
});
