import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { hyperliquidConfig } from '../config';
import { isObject, parseJson } from '../parse/json';
import { systemClock, systemRandom } from '../testing/simulated-driver';
import { TradeSweep } from './trade-sweep';
import { watchBounds } from './watch-bounds';

const LEADER = '0x00000000000000000000000000000000000000aa';
const PATIENCE = { timeout: 10_000, interval: 5 };

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A sweep over two connections that carries each coin once; the venue begins subscriptions with nothing. */
async function sweeping(coins: readonly string[]) {
  const server = new WebSocketServer({ port: 0 });
  await new Promise((resolve) => server.once('listening', resolve));
  const subscribers = new Map<string, Set<WebSocket>>();
  server.on('connection', (socket) =>
    socket.on('message', (raw) => {
      const frame = parseJson(String(raw));
      if (!frame.ok || !isObject(frame.value) || !isObject(frame.value.subscription)) return;
      const { method, subscription } = frame.value;
      const coin = String(subscription.coin);
      const of = subscribers.get(coin) ?? new Set();
      subscribers.set(coin, of);
      if (method === 'subscribe') of.add(socket);
      else of.delete(socket);
      socket.send(JSON.stringify({ channel: 'subscriptionResponse', data: { method, subscription } }));
    }),
  );
  const { port } = server.address() as AddressInfo;
  const url = `ws://127.0.0.1:${port}`;
  const config = hyperliquidConfig({
    url: 'http://127.0.0.1:1',
    wsUrl: url,
    network: 'mainnet',
    sweepConnectionsMax: 2,
    sweepSubscriptionsMax: coins.length,
  });
  const bounds = watchBounds(config, () => systemClock.monotonic());
  const told: string[] = [];
  const lost: string[] = [];
  const sweep = new TradeSweep(
    config,
    { clock: systemClock, random: systemRandom, log: () => undefined },
    bounds.messages,
    (open) => open(),
    (one) => one === LEADER,
    {
      trades: (_address, trades) => told.push(...trades.map(({ coin, time }) => `${coin} ${time}`)),
      lost: (coin) => lost.push(coin),
      doubt: () => undefined,
      covering: () => undefined,
    },
  );
  ends.push(async () => {
    await sweep.close();
    bounds.close();
    for (const socket of server.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  const carrier = (coin: string): WebSocket | undefined => [...(subscribers.get(coin) ?? [])].at(-1);
  const trade = (coin: string, time: number): void => {
    const data = [{ coin, side: 'B', px: '1', sz: '1', time, hash: '0x0', tid: time, users: [LEADER, '0x0'] }];
    for (const socket of subscribers.get(coin) ?? []) socket.send(JSON.stringify({ channel: 'trades', data }));
  };
  sweep.setCoins(coins);
  await vi.waitFor(() => expect(sweep.covers).toBe(true), PATIENCE);
  return { sweep, told, lost, trade, carrier };
}

describe('a coin that moves to another connection', () => {
  it('is told by that one, and what may lie between is said to be lost', async () => {
    const { sweep, told, lost, trade, carrier } = await sweeping(['BTC', 'ETH']);
    trade('BTC', 10);
    await vi.waitFor(() => expect(told).toEqual(['BTC 10']), PATIENCE);
    const before = carrier('BTC');
    sweep.setCoins(['ETH', 'BTC']);
    await vi.waitFor(() => expect(carrier('BTC')).not.toBe(before), PATIENCE);
    trade('BTC', 20);
    await vi.waitFor(() => expect(told).toEqual(['BTC 10', 'BTC 20']), PATIENCE);
    expect(lost).toEqual(['BTC', 'BTC']);
  });
});
