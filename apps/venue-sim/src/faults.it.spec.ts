import { connect } from 'node:net';
import type { FaultWish, VenueProcess } from '@lockstep/simulation';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { account, type Listener, limit, listen, postJson, signed, startServer } from './testing/clients';

const TRADER = account(601);
const USER = TRADER.address;

let venue: VenueProcess;
let nonce = Date.now();
beforeAll(async () => {
  venue = await startServer('--seed', '15', '--path', 'still', '--block-ms', '50');
  await venue.control.setUpAccounts('main', [{ address: USER, credits: { '': '100000' } }]);
});
afterAll(() => venue.stop());
afterEach(() => venue.control.clearFaults('main'));

const newOrder = () => {
  nonce += 1;
  return signed(TRADER, { type: 'order', orders: [limit('Gtc', true, '50000', '0.001')], grouping: 'na' }, nonce);
};
const info = async (request: object): Promise<unknown> => JSON.parse((await postJson(`${venue.httpUrl()}/info`, request)).text);
const openOrders = async (): Promise<number> => {
  const orders = await info({ type: 'openOrders', user: USER });
  return Array.isArray(orders) ? orders.length : Number.NaN;
};
const trade = async (isBuy: boolean): Promise<void> => {
  nonce += 1;
  const action = { type: 'order', orders: [limit('Ioc', isBuy, isBuy ? '70000' : '60000', '0.001')], grouping: 'na' };
  await postJson(`${venue.httpUrl()}/exchange`, await signed(TRADER, action, nonce));
};

/** What a client sees of a request: an answer, or that the connection ended. */
type Seen = { readonly status: number; readonly text: string } | 'cut';
const overHttp = (body: unknown): Promise<Seen> => postJson(`${venue.httpUrl()}/exchange`, body).catch((): Seen => 'cut');

/** The same over the socket; an error payload begins with its status. */
async function overSocket(payload: unknown): Promise<Seen> {
  const listener = await listen(venue.wsUrl());
  listener.say({ method: 'post', id: 1, request: { type: 'action', payload } });
  const answer = listener.hear(({ channel }) => channel === 'post').then(({ data }) => seenOf(data));
  const seen = await Promise.race([answer, listener.closed.then((): Seen => 'cut')]).catch((): Seen => 'cut');
  listener.close();
  return seen;
}
function seenOf(data: unknown): Seen {
  const { response } = data as { readonly response: { readonly type: string; readonly payload: unknown } };
  if (response.type === 'error') return { status: Number.parseInt(String(response.payload), 10), text: String(response.payload) };
  return { status: 200, text: JSON.stringify(response.payload) };
}

describe.each([
  ['http', overHttp],
  ['socket', overSocket],
] as const)('a fault of an action over %s', (transport, send) => {
  const PAGE = expect.stringContaining('502 Bad Gateway');
  const plain = expect.stringContaining('resting');
  it.each<[string, FaultWish, unknown, number]>([
    [
      '429, nothing landed',
      { effect: { kind: 'status', status: 429 } },
      { status: 429, text: transport === 'http' ? 'null' : '429 Too Many Requests' },
      0,
    ],
    ['502, nothing landed', { effect: { kind: 'status', status: 502 } }, { status: 502, text: PAGE }, 0],
    ['502, landed', { effect: { kind: 'status', status: 502 }, when: 'after' }, { status: 502, text: PAGE }, 1],
    ['cut, nothing landed', { effect: { kind: 'hang_up' } }, 'cut', 0],
    ['cut, landed', { effect: { kind: 'hang_up' }, when: 'after' }, 'cut', 1],
    [
      'refused with a text',
      { effect: { kind: 'refuse', text: 'Too many cumulative requests sent' } },
      { status: 200, text: '{"status":"err","response":"Too many cumulative requests sent"}' },
      0,
    ],
    ['late, landed', { effect: { kind: 'delay', delayMs: 60 }, when: 'after' }, { status: 200, text: plain }, 1],
    ['held up on its way', { effect: { kind: 'delay', delayMs: 60 } }, { status: 200, text: plain }, 1],
    ['of another type', { effect: { kind: 'hang_up' }, type: 'cancel' }, { status: 200, text: plain }, 1],
    ['of the other transport', { effect: { kind: 'hang_up' }, transport: transport === 'http' ? 'socket' : 'http' }, { status: 200, text: plain }, 1],
  ])('%s', async (_what, fault, seen, landed) => {
    const before = await openOrders();
    await venue.control.addFault('main', fault);
    expect(await send(await newOrder())).toEqual(seen);
    expect((await openOrders()) - before).toBe(landed);
  });
});

describe('faults of answers', () => {
  it('cut an answer off in its middle, landed', async () => {
    const before = await openOrders();
    await venue.control.addFault('main', { effect: { kind: 'truncate' } });
    const answer = await postJson(`${venue.httpUrl()}/exchange`, await newOrder());
    expect(answer.status).toBe(200);
    expect(() => JSON.parse(answer.text)).toThrow(SyntaxError);
    expect(await openOrders()).toBe(before + 1);
  });

  it('let the first ones pass, strike a number, and count', async () => {
    const fault = await venue.control.addFault('main', { target: 'info', type: 'meta', effect: { kind: 'status', status: 503 }, skip: 1, count: 2 });
    const statuses: number[] = [];
    for (let turn = 0; turn < 5; turn += 1) statuses.push((await postJson(`${venue.httpUrl()}/info`, { type: 'meta' })).status);
    expect(statuses).toEqual([200, 503, 503, 200, 200]);
    expect(await venue.control.struckBy('main', fault)).toBe(2);
  });

  it('send the pages of the front as pages', async () => {
    await venue.control.addFault('main', { target: 'info', effect: { kind: 'status', status: 502 } });
    const response = await fetch(`${venue.httpUrl()}/info`, { method: 'POST', body: '{"type":"meta"}' });
    expect([response.status, response.headers.get('content-type')]).toEqual([502, 'text/html']);
  });

  it.each<[string, FaultWish]>([
    ['two frames of a read', { target: 'info', effect: { kind: 'duplicate' } }],
    ['a status of a stream', { target: 'stream', effect: { kind: 'status', status: 502 } }],
    ['a refusal of a read', { target: 'info', effect: { kind: 'refuse', text: 'no' } }],
    ['half a handshake', { target: 'upgrade', effect: { kind: 'truncate' } }],
  ])('do not know %s', async (_what, fault) => {
    await expect(venue.control.addFault('main', fault)).rejects.toThrow('effect: no effect of this target');
  });
});

describe('faults of streams', () => {
  const subscribed = async (subscription: object): Promise<Listener> => {
    const listener = await listen(venue.wsUrl());
    listener.say({ method: 'subscribe', subscription });
    await listener.hear(({ channel }) => channel === 'subscriptionResponse');
    return listener;
  };
  const trades = async (count: number): Promise<void> => {
    for (let turn = 0; turn < count; turn += 1) await trade(turn % 2 === 0);
  };
  /** Times of the next fills frames, as they come. */
  const fillTimes = async (listener: Listener, count: number): Promise<number[]> => {
    const times: number[] = [];
    while (times.length < count) {
      const { data } = await listener.hear(({ channel }) => channel === 'userFills');
      const { fills, isSnapshot } = data as { readonly fills: readonly { readonly time: number }[]; readonly isSnapshot?: boolean };
      if (isSnapshot !== true) times.push(fills[0]?.time ?? 0);
    }
    return times;
  };
  const listening = async (fault: FaultWish): Promise<Listener> => {
    const listener = await subscribed({ type: 'userFills', user: USER });
    await listener.hear(({ channel }) => channel === 'userFills');
    await venue.control.addFault('main', { target: 'stream', type: 'userFills', ...fault });
    return listener;
  };
  const rising = (times: readonly number[]): number[] => [...times].sort((left, right) => left - right);

  it('bring frames late and in order', async () => {
    const listener = await listening({ effect: { kind: 'delay', delayMs: 300 } });
    await trades(3);
    const times = await fillTimes(listener, 3);
    expect(times).toEqual(rising(times));
    listener.close();
  });

  it('bring frames out of order', async () => {
    const listener = await listening({ effect: { kind: 'reorder' } });
    await trades(2);
    const [first = 0, second = 0] = await fillTimes(listener, 2);
    expect(first).toBeGreaterThan(second);
    listener.close();
  });

  it('bring frames twice', async () => {
    const listener = await listening({ effect: { kind: 'duplicate' } });
    await trades(2);
    const [first, again, second] = await fillTimes(listener, 3);
    expect(again).toBe(first);
    expect(second).not.toBe(first);
    listener.close();
  });

  it('lose frames', async () => {
    const listener = await listening({ effect: { kind: 'silence' }, skip: 1 });
    await trades(3);
    const [first = 0, third = 0] = await fillTimes(listener, 2);
    const times = rising(((await info({ type: 'userFills', user: USER })) as readonly { readonly time: number }[]).map(({ time }) => time)).slice(-3);
    expect([first, third]).toEqual([times[0], times[2]]);
    listener.close();
  });

  it('cut the connection', async () => {
    const listener = await listening({ effect: { kind: 'hang_up' } });
    await trades(1);
    await listener.closed;
  });
});

describe('faults of new connections', () => {
  it.each<[string, FaultWish['effect']]>([
    ['refused', { kind: 'status', status: 503 }],
    ['cut', { kind: 'hang_up' }],
  ])('are %s, and the next one is taken', async (_what, effect) => {
    await venue.control.addFault('main', { target: 'upgrade', effect });
    await expect(listen(venue.wsUrl())).rejects.toThrow('no connection');
    (await listen(venue.wsUrl())).close();
  });

  it('are late', async () => {
    await venue.control.addFault('main', { target: 'upgrade', effect: { kind: 'delay', delayMs: 50 } });
    (await listen(venue.wsUrl())).close();
  });

  it('are never answered, until the venue hangs up', async () => {
    await venue.control.addFault('main', { target: 'upgrade', effect: { kind: 'silence' } });
    const socket = connect(venue.port, '127.0.0.1');
    socket.on('error', () => socket.destroy());
    let heard = '';
    socket.on('data', (chunk) => {
      heard += String(chunk);
    });
    const handshake = ['GET /ws HTTP/1.1', 'host: venue', 'connection: Upgrade', 'upgrade: websocket', 'sec-websocket-version: 13'];
    socket.write(`${handshake.join('\r\n')}\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`);
    // Sockets of before may still be there: until ours is gone, it was not this one that was hung up.
    while (!socket.closed) await venue.control.disconnect('main');
    expect(heard).toBe('');
  });
});

describe('the venue itself', () => {
  const statuses = async (): Promise<unknown> => JSON.parse((await postJson(`${venue.httpUrl()}/exchange`, await newOrder())).text).response;

  it('halts trading of a coin and resumes it', async () => {
    await venue.control.setTrading('main', true, 'BTC');
    expect(await statuses()).toMatchObject({ data: { statuses: [{ error: 'Trading is halted. asset=0' }] } });
    await venue.control.setTrading('main', false, 'BTC');
    expect(await statuses()).toMatchObject({ data: { statuses: [{ resting: { oid: expect.any(Number) } }] } });
    await venue.control.setTrading('main', true);
    expect(await statuses()).toMatchObject({ data: { statuses: [{ error: 'Trading is halted. asset=0' }] } });
    await venue.control.setTrading('main', false);
    await expect(venue.control.setTrading('main', true, 'NOPE')).rejects.toThrow('coin: unknown NOPE');
  });

  it('delists a coin, and caps the open interest of another', async () => {
    const wanted = async (a: number, p: string, s: string): Promise<string> => {
      nonce += 1;
      const order = { ...limit('Ioc', true, p, s), a };
      return (await postJson(`${venue.httpUrl()}/exchange`, await signed(TRADER, { type: 'order', orders: [order], grouping: 'na' }, nonce))).text;
    };
    expect(await wanted(2, '90', '1')).toContain('filled');
    await venue.control.setOpenInterestCap('main', 'SOL', '1');
    expect(await wanted(2, '90', '1')).toContain('Order would increase open interest while open interest is capped');
    await venue.control.setOpenInterestCap('main', 'SOL', null);
    expect(await wanted(2, '90', '1')).toContain('filled');
    await venue.control.delist('main', 'SOL');
    expect(await info({ type: 'meta' })).toMatchObject({ universe: { 2: { name: 'SOL', isDelisted: true } } });
    expect(await info({ type: 'clearinghouseState', user: USER })).toMatchObject({
      assetPositions: expect.not.arrayContaining([expect.objectContaining({ position: expect.objectContaining({ coin: 'SOL' }) })]),
    });
    await expect(venue.control.delist('main', 'NOPE')).rejects.toThrow('coin: unknown NOPE');
  });

  it('takes post-only orders alone after an upgrade', async () => {
    await venue.control.setPostOnly('main', true);
    expect(await statuses()).toBe('Only post-only orders allowed immediately after a network upgrade');
    nonce += 1;
    const patient = await signed(TRADER, { type: 'order', orders: [limit('Alo', true, '50000', '0.001')], grouping: 'na' }, nonce);
    expect((await postJson(`${venue.httpUrl()}/exchange`, patient)).text).toContain('resting');
    await venue.control.setPostOnly('main', false);
    expect(await statuses()).toMatchObject({ type: 'order' });
  });

  it('runs ahead of the wall clock on demand, and an agent ends with its time', async () => {
    const agent = account(602);
    const { time } = (await info({ type: 'exchangeStatus' })) as { readonly time: number };
    await venue.control.setUpAccounts('main', [{ address: USER, agent: { address: agent.address, name: 'short', validUntil: time + 600_000 } }]);
    expect(await info({ type: 'extraAgents', user: USER })).toMatchObject([{ name: 'short', validUntil: time + 600_000 }]);
    expect(await venue.control.skip('main', 600_000)).toBeGreaterThanOrEqual(time + 600_000);
    expect(await info({ type: 'extraAgents', user: USER })).toEqual([]);
    await venue.control.openWorld({ name: 'by-hand', clock: 'manual' });
    await expect(venue.control.skip('by-hand', 1)).rejects.toThrow('advance it');
  });
});
