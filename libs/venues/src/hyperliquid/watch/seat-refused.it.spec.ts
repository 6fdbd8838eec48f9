import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { formatPrice, present } from '@lockstep/kernel';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { WatchEvent } from '../../port';
import { createHyperliquidFeed } from '../adapter';
import { systemClock, systemRandom } from '../testing/simulated-driver';
import { SimulatedVenue } from '../testing/simulated-venue';
import { userFillsSubscription } from '../wire/user-fills';

const USERS_OF_AN_ADDRESS = 10;
const PATIENCE = { timeout: 60_000, interval: 50 };

let venue: SimulatedVenue;
beforeAll(async () => {
  venue = await SimulatedVenue.start(['--limits', 'on', '--users-per-ip', String(USERS_OF_AN_ADDRESS)]);
}, 60_000);
afterAll(() => venue?.stop());

const anAddress = (): string => `0x${randomBytes(20).toString('hex')}`;

/** Takes all users the venue tracks for this address, as a process that was just replaced may still do. */
async function takeAllUsers(): Promise<WebSocket> {
  const socket = new WebSocket(venue.wsUrl);
  await once(socket, 'open');
  for (let user = 0; user < USERS_OF_AN_ADDRESS; user += 1)
    socket.send(JSON.stringify({ method: 'subscribe', subscription: userFillsSubscription(anAddress()) }));
  await once(socket, 'message');
  return socket;
}

describe('leaders whose seats the venue refuses', () => {
  it('are seen without one, and get it once the venue has room', { timeout: 180_000 }, async () => {
    const addresses = [anAddress(), anAddress()];
    await venue.control('/worlds/main/accounts', { accounts: addresses.map((address) => ({ address, credits: { '': '100000' } })) });
    const taken = await takeAllUsers();
    const told: string[] = [];
    const synced = new Set<string>();
    const sink = (event: WatchEvent): void => {
      if (event.kind === 'synced') synced.add(event.address);
      if (event.kind === 'fills') told.push(...event.fills.map(({ coin, side }) => `${event.address} ${coin} ${side}`));
    };
    const settings = {
      url: venue.url,
      wsUrl: venue.wsUrl,
      network: 'mainnet' as const,
      orderStreamsMax: 0,
      seatWaitMs: 1_000,
      seatAgainMs: 2_000,
      roundGapMs: 1_000,
    };
    const feed = createHyperliquidFeed(settings, { clock: systemClock, random: systemRandom, log: () => undefined });
    const markets = await feed.truth.markets(['']);
    const mark = markets.ok ? markets.value.find(({ instrument }) => instrument.coin === 'BTC')?.markPrice : undefined;
    const trade = (side: 'buy' | 'sell') => {
      const trades = addresses.map((address) => ({ address, coin: 'BTC', side, price: formatPrice(present(mark, 'the mark of BTC')), size: '0.01' }));
      return venue.control('/worlds/main/trades', { trades });
    };
    const watch = feed.watchUsers([''], sink);
    try {
      for (const address of addresses) watch.watch(address);
      await vi.waitFor(() => expect([...synced].sort()).toEqual([...addresses].sort()), PATIENCE);
      await vi.waitFor(() => expect(addresses.map((address) => watch.seats?.sightOf(address)?.source)).toEqual(['sweep', 'sweep']), PATIENCE);
      await trade('buy');
      await vi.waitFor(() => expect([...told].sort()).toEqual(addresses.map((address) => `${address} BTC buy`).sort()), PATIENCE);

      taken.close();
      await vi.waitFor(() => expect(addresses.map((address) => watch.seats?.sightOf(address)?.source)).toEqual(['stream', 'stream']), PATIENCE);
      await trade('sell');
      await vi.waitFor(() => expect(told.filter((word) => word.endsWith('sell'))).toHaveLength(2), PATIENCE);
      expect(told).toHaveLength(4);
    } finally {
      taken.close();
      await watch.close();
      await feed.close();
    }
  });
});
