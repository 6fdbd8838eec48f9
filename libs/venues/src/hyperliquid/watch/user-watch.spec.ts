import type { AddressInfo } from 'node:net';
import { money, ok } from '@lockstep/kernel';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { AccountState, VenueFill, WatchEvent } from '../../port';
import { sampleFill } from '../../port/testing/sample-fill';
import { type HyperliquidSettings, hyperliquidConfig, type VenueLogEntry } from '../config';
import { isObject, parseJson } from '../parse/json';
import { systemClock, systemRandom } from '../testing/simulated-driver';
import type { StreamTruth } from './stream-truth';
import { HyperliquidUserWatch } from './user-watch';
import { watchBounds } from './watch-bounds';

const address = (no: number): string => `0x${no.toString(16).padStart(40, '0')}`;
const [FIRST, SECOND, NOBODY] = [address(1), address(2), address(3)];
const PATIENCE = { timeout: 10_000, interval: 20 };

const fill = (time: number, part: Readonly<Record<string, unknown>> = {}) => ({
  coin: 'BTC',
  px: '100',
  sz: '1',
  side: 'B',
  time,
  startPosition: '0',
  closedPnl: '0',
  oid: time,
  crossed: true,
  fee: '0',
  tid: time,
  ...part,
});
const trade = (time: number, buyer: string, part: Readonly<Record<string, unknown>> = {}) => ({
  coin: 'BTC',
  side: 'B',
  px: '100',
  sz: '1',
  time,
  hash: '0x0',
  tid: time,
  users: [buyer, NOBODY],
  ...part,
});

/** A working order as the stream lists it. */
const listed = (oid: number) => ({ coin: 'BTC', side: 'B', limitPx: '90', sz: '1', oid, timestamp: 1, origSz: '1', tif: 'Gtc' });

/**
 * A venue that answers subscriptions as a test says: `snapshot` is what a user's stream begins with, null for a stream that never begins, `cut` for a connection
 * that is closed instead. Subscriptions to working orders begin with the next of `lists`, or with an empty one.
 */
async function venueWith(snapshot: (user: string) => readonly unknown[] | 'cut' | null, lists: unknown[] = []) {
  const server = new WebSocketServer({ port: 0 });
  await new Promise((resolve) => server.once('listening', resolve));
  const sockets = new Set<WebSocket>();
  let connections = 0;
  let messages = 0;
  let pings = 0;
  const fillsOf = new Map<string, readonly VenueFill[]>();
  const subscribers = new Map<string, Set<WebSocket>>();
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('message', (raw) => {
      messages += 1;
      if (String(raw) === '{"method":"ping"}') pings += 1;
      const frame = parseJson(String(raw));
      if (!frame.ok || !isObject(frame.value) || !isObject(frame.value.subscription)) return;
      const { method, subscription } = frame.value;
      const { type, user, coin } = subscription;
      const topic = `${type} ${user ?? coin ?? ''}`;
      const topics = subscribers.get(topic) ?? new Set();
      subscribers.set(topic, topics);
      const begun = type === 'userFills' && method === 'subscribe' ? snapshot(String(user)) : [];
      if (begun === 'cut') socket.terminate();
      if (begun === null || begun === 'cut') return;
      if (method === 'subscribe') topics.add(socket);
      else topics.delete(socket);
      socket.send(JSON.stringify({ channel: 'subscriptionResponse', data: { method, subscription } }));
      if (type === 'userFills' && method === 'subscribe')
        socket.send(JSON.stringify({ channel: 'userFills', data: { user, fills: begun, isSnapshot: true } }));
      if (type === 'openOrders' && method === 'subscribe')
        socket.send(JSON.stringify({ channel: 'openOrders', data: { user, dex: '', orders: lists.shift() ?? [] } }));
    });
  });
  const push = (topic: string, channel: string, data: unknown): void => {
    for (const socket of subscribers.get(topic) ?? []) socket.send(JSON.stringify({ channel, data }));
  };
  const { port } = server.address() as AddressInfo;
  return {
    wsUrl: `ws://127.0.0.1:${port}`,
    connections: () => connections,
    messages: () => messages,
    pings: () => pings,
    subscribed: (topic: string) => (subscribers.get(topic)?.size ?? 0) > 0,
    orders: (user: string, orders: unknown) => push(`openOrders ${user}`, 'openOrders', { user, dex: '', orders }),
    cut: () => {
      for (const socket of sockets) socket.terminate();
    },
    fills: (user: string, fills: readonly unknown[]) => push(`userFills ${user}`, 'userFills', { user, fills }),
    trades: (...trades: readonly ReturnType<typeof trade>[]) => {
      for (const { time, users } of trades) fillsOf.set(users[0] ?? '', [...(fillsOf.get(users[0] ?? '') ?? []), sampleFill({ time })]);
      push('trades BTC', 'trades', trades);
    },
    fillsOf,
    close: async () => {
      for (const socket of sockets) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A watch over such a venue; the accounts hold nothing. */
async function watching(
  snapshot: (user: string) => readonly unknown[] | 'cut' | null,
  given: Partial<HyperliquidSettings> = {},
  lists: unknown[] = [],
) {
  const venue = await venueWith(snapshot, lists);
  ends.push(() => venue.close());
  const config = hyperliquidConfig({
    url: 'http://127.0.0.1:1',
    wsUrl: venue.wsUrl,
    network: 'mainnet',
    orderStreamsMax: 0,
    sweepConnectionsMax: 1,
    sweepWaitMaxMs: 100,
    seatWaitMs: 300,
    reconnectMinMs: 20,
    watchOpeningsPerMinute: 120,
    checkDelayMs: 100_000,
    streamPingMs: 50,
    ...given,
  });
  const state = (user: string, dex: string): AccountState => ({
    address: user,
    dex,
    accountValue: money(1n),
    pooled: false,
    withdrawable: money(1n),
    positions: [],
    time: 1,
  });
  const truth = {
    leaderAccount: async (user: string, dex: string) => ok(state(user, dex)),
    leaderPositions: async (user: string, dex: string) => ok(state(user, dex)),
    leaderPositionsWeight: () => 2,
    leaderMode: async () => ok('standard'),
    knowsMode: () => true,
    isKnownStandard: () => true,
    tradedCoins: () => ['BTC'],
    leaderFills: async (user: string) => ok(venue.fillsOf.get(user) ?? []),
  } as unknown as StreamTruth;
  const logged: VenueLogEntry[] = [];
  const deps = { clock: systemClock, random: systemRandom, log: (entry: VenueLogEntry) => void logged.push(entry) };
  const counted = { messages: 0 };
  const bounds = watchBounds(
    config,
    () => systemClock.monotonic(),
    undefined,
    (messages) => (counted.messages += messages),
  );
  const told: string[] = [];
  const watch = new HyperliquidUserWatch(config, deps, truth, bounds, [''], (event: WatchEvent) => {
    if (event.kind === 'synced') told.push(`synced ${event.address}`);
    if (event.kind === 'fills') told.push(...event.fills.map(({ time }) => `${event.address} ${time}`));
    if (event.kind === 'open_orders') told.push(`${event.address} works ${event.orders.map(({ orderId }) => orderId).join('+')}`);
    if (event.kind === 'orders_lost') told.push(`${event.address} works unseen`);
  });
  ends.push(async () => {
    await watch.close();
    bounds.close();
  });
  const seen = (user: string, source: string) => vi.waitFor(() => expect(watch.seats.sightOf(user)?.source).toBe(source), PATIENCE);
  return { venue, watch, told, logged, seen, counted };
}

describe('a seat the venue does not serve', () => {
  it('is given back when its stream does not begin: the leader is swept, and the API names the seats there are', async () => {
    const { venue, watch, told, seen } = await watching((user) => (user === FIRST ? [] : null));
    watch.watch(FIRST);
    await seen(FIRST, 'stream');
    watch.watch(SECOND);
    await seen(SECOND, 'sweep');
    venue.trades(trade(10, SECOND));
    await vi.waitFor(() => expect(told).toContain(`${SECOND} 10`), PATIENCE);
    expect(watch.seats.sightOf(FIRST)?.source).toBe('stream');
    expect(watch.seats.standing()).toMatchObject({ seatsTotal: 1, seatsUsed: 1, seatsReserved: 0 });
  });

  it('is no reason to trust the connection when no stream begins on it', async () => {
    const { venue, watch, seen } = await watching(() => null);
    watch.watch(FIRST);
    await seen(FIRST, 'sweep');
    // The users' one, the sweep's, and the users' one anew.
    await vi.waitFor(() => expect(venue.connections()).toBe(3), PATIENCE);
  });
});

describe('leaders whose connection does not stand', () => {
  it('are swept meanwhile, and keep their seats', async () => {
    let cut = true;
    const { venue, watch, told, seen } = await watching(() => (cut ? 'cut' : []));
    watch.watch(FIRST);
    await seen(FIRST, 'sweep');
    venue.trades(trade(10, FIRST));
    await vi.waitFor(() => expect(told).toContain(`${FIRST} 10`), PATIENCE);
    cut = false;
    await seen(FIRST, 'stream');
    expect(watch.seats.standing()).toMatchObject({ seatsTotal: 10, seatsUsed: 1 });
  });
});

describe('a connection that says nothing', () => {
  it('is replaced before an exit could be missed for long', async () => {
    const { venue, watch, seen } = await watching(() => [], { streamPingMs: 50, streamSilenceMs: 300, seatWaitMs: 100_000 });
    watch.watch(FIRST);
    await seen(FIRST, 'stream');
    // It answers no ping.
    await vi.waitFor(() => expect(venue.connections()).toBeGreaterThan(1), PATIENCE);
    await seen(FIRST, 'stream');
  });
});

describe('messages of a watch', () => {
  it('are all counted where the whole address is accounted for, pings too', async () => {
    const { venue, watch, seen, counted } = await watching((user) => (user === FIRST ? [] : null), { streamPingMs: 20 });
    for (const user of [FIRST, SECOND]) watch.watch(user);
    await Promise.all([seen(FIRST, 'stream'), seen(SECOND, 'sweep')]);
    await vi.waitFor(() => expect(venue.pings()).toBeGreaterThan(10), PATIENCE);
    expect(counted.messages).toBe(watch.seats.standing().messagesSent);
    await vi.waitFor(() => expect(venue.messages()).toBe(counted.messages), { timeout: 10_000, interval: 1 });
  });
});

describe('working orders of a leader who is followed', () => {
  const until = (told: readonly string[], expected: readonly string[]) => vi.waitFor(() => expect(told).toEqual(expected), PATIENCE);
  const [works, unseen] = [(orders: string) => `${FIRST} works ${orders}`, `${FIRST} works unseen`];
  const synced = `synced ${FIRST}`;

  it('are told to be out of sight with a lost connection, and told anew behind the state of the next', async () => {
    const { venue, watch, told } = await watching(() => [], {}, [[listed(1)], [listed(2)]]);
    watch.watch(FIRST);
    await until(told, [synced]);
    watch.seats.followOrders([FIRST]);
    await until(told, [synced, works('1')]);
    venue.cut();
    await until(told, [synced, works('1'), unseen, synced, works('2')]);
  });

  it('are told to be out of sight once their leader is named no more, or its seat went to another', async () => {
    const { watch, told, seen } = await watching(() => [], { userSeatsMax: 1, orderSeatsReserved: 1 }, [[listed(1)], [listed(2)]]);
    watch.watch(FIRST);
    watch.seats.followOrders([FIRST]);
    await until(told, [synced, works('1')]);
    watch.seats.followOrders([]);
    watch.seats.followOrders([FIRST]);
    await until(told, [synced, works('1'), unseen, works('2')]);
    watch.watch(SECOND);
    watch.seats.prefer([SECOND]);
    await seen(SECOND, 'stream');
    expect(told.filter((text) => text.startsWith(`${FIRST} works`))).toEqual([works('1'), unseen, works('2'), unseen]);
  });

  it('go on being told of who took the place of a leader whose stream was lost, also once that one is back', async () => {
    let unreadable = true;
    const begins = (user: string) => (user === FIRST && unreadable ? [fill(5, { sz: 'much' })] : []);
    const { watch, told, seen } = await watching(begins, { userSeatsMax: 3, orderSeatsReserved: 1, seatAgainMs: 300 }, [[], [listed(1)]]);
    for (const user of [FIRST, SECOND]) watch.watch(user);
    watch.seats.followOrders([FIRST, SECOND]);
    await vi.waitFor(() => expect(told).toContain(`${SECOND} works 1`), PATIENCE);
    unreadable = false;
    await seen(FIRST, 'stream');
    expect([watch.seats.sightOf(FIRST)?.orders, watch.seats.sightOf(SECOND)?.orders]).toEqual([false, true]);
    expect(told).not.toContain(`${SECOND} works unseen`);
  });

  it('are told to be out of sight with a list that cannot be read, and asked for anew, not without end', async () => {
    const { venue, watch, told } = await watching(() => [], {}, [[listed(1)], [listed(2)]]);
    watch.watch(FIRST);
    watch.seats.followOrders([FIRST]);
    await until(told, [synced, works('1')]);
    venue.orders(FIRST, [{ ...listed(1), sz: 'much' }]);
    await until(told, [synced, works('1'), unseen, works('2')]);
    venue.orders(FIRST, 'none');
    await until(told, [synced, works('1'), unseen, works('2'), unseen]);
    const before = venue.messages() - venue.pings();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect([venue.messages() - venue.pings(), told.length]).toEqual([before, 5]);
  });
});

describe('what cannot be read', () => {
  it('in the stream of one leader costs the others nothing: that one is swept', async () => {
    const { venue, watch, told, seen } = await watching((user) => (user === FIRST ? [fill(5, { sz: 'much' })] : []));
    for (const user of [FIRST, SECOND]) watch.watch(user);
    await Promise.all([seen(FIRST, 'sweep'), seen(SECOND, 'stream')]);
    venue.fills(SECOND, [fill(10)]);
    venue.trades(trade(11, FIRST));
    await vi.waitFor(() => expect(told).toEqual(expect.arrayContaining([`${SECOND} 10`, `${FIRST} 11`])), PATIENCE);
    expect(venue.connections()).toBe(2);
  });

  it('in a public trade costs the other trades nothing, and is counted as a loss', async () => {
    const { venue, watch, told, seen } = await watching(() => null);
    watch.watch(FIRST);
    await seen(FIRST, 'sweep');
    await vi.waitFor(() => expect(venue.connections()).toBe(3), PATIENCE);
    venue.trades(trade(10, NOBODY, { users: [NOBODY] }), trade(11, FIRST));
    venue.trades(trade(12, FIRST));
    await vi.waitFor(() => expect(told.slice(1)).toEqual([`${FIRST} 11`, `${FIRST} 12`]), PATIENCE);
    // The first trades of a coin, and the one that could not be read.
    expect([venue.connections(), watch.seats.standing().sweepLosses]).toEqual([3, 2]);
  });
});
