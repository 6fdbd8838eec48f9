import type { VenueProcess } from '@lockstep/simulation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { account, type Listener, limit, listen, lower, postJson, signed, startServer } from './testing/clients';

const TRADER = account(201);
const USER = TRADER.address;

let venue: VenueProcess;
let nonce = Date.now();
const nextNonce = (): number => (nonce += 1);

beforeAll(async () => {
  venue = await startServer('--seed', '12', '--path', 'still', '--block-ms', '50', '--silence-ms', '4000');
  await venue.control.setUpAccounts('main', [{ address: USER, credits: { '': '100000' } }]);
});
afterAll(() => venue.stop());

const subscription = (channelData: unknown): { readonly method: string; readonly subscription: Readonly<Record<string, unknown>> } =>
  channelData as { readonly method: string; readonly subscription: Readonly<Record<string, unknown>> };

async function subscribe(listener: Listener, wanted: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> {
  listener.say({ method: 'subscribe', subscription: wanted });
  const { data } = await listener.hear((frame) => frame.channel === 'subscriptionResponse');
  expect(subscription(data).method).toBe('subscribe');
  return subscription(data).subscription;
}

const errorOf = async (listener: Listener): Promise<unknown> => (await listener.hear((frame) => frame.channel === 'error')).data;

async function trade(isBuy: boolean): Promise<string> {
  const action = { type: 'order', orders: [limit('Ioc', isBuy, isBuy ? '70000' : '60000', '0.001')], grouping: 'na' };
  return (await postJson(`${venue.httpUrl()}/exchange`, await signed(TRADER, action, nextNonce()))).text;
}

describe('subscriptions', () => {
  it.each<Readonly<Record<string, unknown>>>([
    { type: 'userFills', user: USER },
    { type: 'userFills', user: USER, aggregateByTime: true },
    { type: 'orderUpdates', user: USER },
    { type: 'userEvents', user: USER },
    { type: 'clearinghouseState', user: USER, dex: '' },
    { type: 'openOrders', user: USER, dex: 'xyz' },
    { type: 'userFundings', user: USER },
    { type: 'trades', coin: 'BTC' },
    { type: 'bbo', coin: 'ETH' },
    { type: 'l2Book', coin: 'BTC', nSigFigs: 4, mantissa: null },
    { type: 'l2Book', coin: 'SOL' },
    { type: 'allMids' },
    { type: 'allMids', dex: 'xyz' },
    { type: 'assetCtxs', dex: 'xyz' },
    { type: 'activeAssetCtx', coin: 'xyz:TSLA' },
    { type: 'activeAssetCtx', coin: '@107' },
    { type: 'candle', coin: 'BTC', interval: '1M' },
    { type: 'allDexsAssetCtxs' },
    { type: 'fastAssetCtxs' },
    { type: 'spotAssetCtxs' },
    { type: 'l2Book', coin: 'BTC', nSigFigs: 5, mantissa: 5, fast: true },
    { type: 'allDexsClearinghouseState', user: USER },
    { type: 'spotState', user: USER },
    { type: 'twapStates', user: USER, dex: '' },
    { type: 'userTwapHistory', user: USER },
    { type: 'userTwapSliceFills', user: USER },
    { type: 'userNonFundingLedgerUpdates', user: USER },
    { type: 'userHistoricalOrders', user: USER },
    { type: 'webData2', user: USER },
    { type: 'webData3', user: USER },
    { type: 'notification', user: USER },
    { type: 'activeAssetData', user: USER, coin: 'ETH' },
  ])('are acknowledged with every key sent: %j', async (wanted) => {
    const listener = await listen(venue.wsUrl());
    const echo = await subscribe(listener, wanted);
    const lowered = Object.fromEntries(Object.entries(wanted).map(([key, value]) => [key, key === 'user' ? lower(TRADER) : value]));
    expect(echo).toMatchObject(lowered);
    listener.close();
  });

  it('start userFills with a snapshot, then send each trade once', async () => {
    await trade(true);
    const listener = await listen(venue.wsUrl());
    await subscribe(listener, { type: 'userFills', user: USER });
    const snapshot = await listener.hear((frame) => frame.channel === 'userFills');
    expect(snapshot.data).toMatchObject({ isSnapshot: true, user: lower(TRADER) });
    await trade(false);
    const update = await listener.hear((frame) => frame.channel === 'userFills');
    expect(update.data).toMatchObject({ user: lower(TRADER), fills: [{ coin: 'BTC', side: 'A', sz: '0.001' }] });
    expect(update.data).not.toHaveProperty('isSnapshot', true);
    listener.close();
  });

  it('show both addresses of a public trade', async () => {
    const listener = await listen(venue.wsUrl());
    await subscribe(listener, { type: 'trades', coin: 'BTC' });
    await trade(true);
    const isMine = (data: unknown): boolean => JSON.stringify(data).includes(lower(TRADER));
    const frame = await listener.hear(({ channel, data }) => channel === 'trades' && isMine(data));
    expect((frame.data as readonly { readonly users: readonly string[] }[])[0]?.users).toHaveLength(2);
    listener.close();
  });

  it('send the answer of a post before the frames of its block', async () => {
    const listener = await listen(venue.wsUrl());
    await subscribe(listener, { type: 'orderUpdates', user: USER });
    const action = { type: 'order', orders: [limit('Ioc', false, '60000', '0.001')], grouping: 'na' };
    const payload = await signed(TRADER, action, nextNonce());
    listener.say({ method: 'post', id: 7, request: { type: 'action', payload } });
    const first = await listener.hear(({ channel }) => channel === 'post' || channel === 'orderUpdates');
    expect(first).toMatchObject({ channel: 'post', data: { id: 7, response: { type: 'action', payload: { status: 'ok' } } } });
    await listener.hear(({ channel }) => channel === 'orderUpdates');
    listener.close();
  });
});

describe('refusals on the socket', () => {
  it('use the texts of the venue', async () => {
    const listener = await listen(venue.wsUrl());
    const echo = await subscribe(listener, { type: 'bbo', coin: 'BTC' });
    listener.say({ method: 'subscribe', subscription: { type: 'bbo', coin: 'BTC' } });
    expect(await errorOf(listener)).toBe(`Already subscribed: ${JSON.stringify(echo)}`);
    listener.say({ method: 'unsubscribe', subscription: { type: 'bbo', coin: 'BTC' } });
    expect((await listener.hear((frame) => frame.channel === 'subscriptionResponse')).data).toMatchObject({ method: 'unsubscribe' });
    listener.say({ method: 'unsubscribe', subscription: { type: 'bbo', coin: 'BTC' } });
    expect(await errorOf(listener)).toBe(`Already unsubscribed: ${JSON.stringify(echo)}`);
    listener.say({ method: 'subscribe', subscription: { type: 'bbo', coin: 'NOPE' } });
    expect(await errorOf(listener)).toBe('Invalid subscription {"type":"bbo","coin":"NOPE"}');
    listener.say({ method: 'subscribe', xsubscription: { type: 'bbo', coin: 'SOL' } });
    expect(await errorOf(listener)).toBe(
      'Error parsing JSON into valid websocket request: {"method":"subscribe","xsubscription":{"type":"bbo","coin":"SOL"}}',
    );
    listener.say('no json');
    expect(await errorOf(listener)).toBe('Error parsing JSON into valid websocket request: no json');
    listener.close();
  });

  it('answer a post that cannot be read with an error of its id', async () => {
    const listener = await listen(venue.wsUrl());
    listener.say({ method: 'post', id: 3, request: { type: 'info', payload: { type: 'nonsense' } } });
    const { data } = await listener.hear((frame) => frame.channel === 'post');
    expect(data).toMatchObject({ id: 3, response: { type: 'error', payload: expect.stringContaining('422') } });
    listener.close();
  });

  it('answer ping with pong, and close a connection that was sent nothing', async () => {
    const listener = await listen(venue.wsUrl());
    listener.say({ method: 'ping' });
    await listener.hear((frame) => frame.channel === 'pong');
    await listener.closed;
  });
});

describe('faults', () => {
  const order = async (): Promise<{ readonly action: object; readonly nonce: number; readonly signature: object }> =>
    signed(TRADER, { type: 'order', orders: [limit('Gtc', true, '50000', '0.001', { c: cloid(nonce) })], grouping: 'na' }, nextNonce());
  const cloid = (number: number): `0x${string}` => `0xfa${number.toString(16).padStart(30, '0')}`;
  const send = async (body: unknown): Promise<{ readonly status: number; readonly text: string } | string> =>
    postJson(`${venue.httpUrl()}/exchange`, body).catch((error: Error) => error.message);
  const openOrders = async (): Promise<number> =>
    JSON.parse((await postJson(`${venue.httpUrl()}/info`, { type: 'openOrders', user: USER })).text).length;

  it('answer 429 with null and 502 with a page, without landing', async () => {
    const before = await openOrders();
    await venue.control.addFault('main', { effect: { kind: 'status', status: 429 } });
    expect(await send(await order())).toEqual({ status: 429, text: 'null' });
    await venue.control.addFault('main', { effect: { kind: 'status', status: 502 } });
    expect(await send(await order())).toMatchObject({ status: 502, text: expect.stringContaining('502 Bad Gateway') });
    expect(await openOrders()).toBe(before);
  });

  it('lose the answer after the action landed, or land nothing before', async () => {
    const before = await openOrders();
    await venue.control.addFault('main', { effect: { kind: 'hang_up' }, when: 'after' });
    expect(await send(await order())).toBeTypeOf('string');
    expect(await openOrders()).toBe(before + 1);
    await venue.control.addFault('main', { effect: { kind: 'hang_up' }, when: 'before' });
    expect(await send(await order())).toBeTypeOf('string');
    expect(await openOrders()).toBe(before + 1);
  });

  it('keep silent on the socket after landing, and the same bytes again are a duplicate nonce', async () => {
    const before = await openOrders();
    const listener = await listen(venue.wsUrl());
    const payload = await order();
    await venue.control.addFault('main', { effect: { kind: 'silence' }, when: 'after', type: 'order' });
    listener.say({ method: 'post', id: 1, request: { type: 'action', payload } });
    // A socket that is sent nothing would be closed meanwhile.
    while ((await openOrders()) === before) listener.say({ method: 'ping' });
    listener.say({ method: 'post', id: 2, request: { type: 'action', payload } });
    const { data } = await listener.hear((frame) => frame.channel === 'post');
    expect(data).toMatchObject({ id: 2, response: { payload: { status: 'err', response: `Invalid nonce: duplicate nonce ${payload.nonce}` } } });
    listener.close();
  });

  it('duplicate a frame of a stream, and hang up every socket on demand', async () => {
    const listener = await listen(venue.wsUrl());
    await subscribe(listener, { type: 'orderUpdates', user: USER });
    await venue.control.addFault('main', { target: 'stream', effect: { kind: 'duplicate' }, type: 'orderUpdates' });
    await send(await order());
    const first = await listener.hear((frame) => frame.channel === 'orderUpdates');
    expect(await listener.hear((frame) => frame.channel === 'orderUpdates')).toEqual(first);
    await venue.control.disconnect('main');
    await listener.closed;
  });

  it('strike a share drawn from a seed: the same share again for the same seed', async () => {
    const draws: string[] = [];
    for (let run = 0; run < 2; run += 1) {
      await venue.control.addFault('main', {
        target: 'info',
        effect: { kind: 'status', status: 500 },
        probability: 0.4,
        seed: 77,
        count: null,
        type: 'exchangeStatus',
      });
      const statuses: number[] = [];
      for (let turn = 0; turn < 25; turn += 1) statuses.push((await postJson(`${venue.httpUrl()}/info`, { type: 'exchangeStatus' })).status);
      draws.push(statuses.join());
      await venue.control.clearFaults('main');
    }
    expect(draws[0]).toBe(draws[1]);
    expect(draws[0]).toContain('500');
    expect(draws[0]).toContain('200');
  });

  it('hold every answer while the world is halted', async () => {
    await venue.control.halt('main', true);
    let answered = false;
    const waiting = send(await order()).then((answer) => {
      answered = true;
      return answer;
    });
    await postJson(`${venue.httpUrl()}/info`, { type: 'exchangeStatus' });
    expect(answered).toBe(false);
    await venue.control.halt('main', false);
    expect(await waiting).toMatchObject({ status: 200 });
  });
});
