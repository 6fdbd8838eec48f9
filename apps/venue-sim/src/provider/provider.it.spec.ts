import type { VenueProcess } from '@lockstep/simulation';
import { signL1Action } from '@nktkas/hyperliquid/signing';
import { WebSocket } from 'undici';
import type { PrivateKeyAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { account, lower, startServer } from '../testing/clients';

/* The Provider API as a client sees it, signed by an independent client's signing code. Needs the built server. */

interface Got {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON came
  readonly body: any;
}

let venue: VenueProcess;
let key: string;
let nonce = Date.now();
const nextNonce = (): number => {
  nonce = Math.max(nonce + 1, Date.now());
  return nonce;
};
const trader = account(701);
const agent = account(702);
const stranger = account(703);

async function control(path: string, body: unknown, method = 'POST'): Promise<{ readonly status: number; readonly body: { readonly key: string } }> {
  const response = await fetch(`http://127.0.0.1:${venue.controlPort}${path}`, {
    method,
    ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: (await response.json()) as { key: string } };
}
const newKey = async (wish: object = {}): Promise<string> => (await control('/provider/keys', { requestsPerMinute: 10_000, ...wish })).body.key;

async function call(method: string, path: string, options: { readonly key?: string | null; readonly body?: unknown } = {}): Promise<Got> {
  const used = options.key === undefined ? key : options.key;
  const response = await fetch(`${venue.httpUrl()}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(used === null ? {} : { 'X-API-Key': used }) },
    ...(options.body === undefined ? {} : { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const errorOf = (got: Got): string => `${got.status} ${got.body?.error?.code}`;

async function authorise(action: Record<string, unknown>, signer: PrivateKeyAccount = agent, at = nextNonce(), testnet = false) {
  const { r, s, v } = await signL1Action({ wallet: signer, action, nonce: at, isTestnet: testnet });
  return { wallet: lower(trader), signature: `${r}${s.slice(2)}${v.toString(16)}`, nonce: at };
}

const BTC = 0;
const limitOf = (b: boolean, p: string, s: string, tif: string, r = false, a = BTC) => ({
  type: 'order',
  orders: [{ a, b, p, s, r, t: { limit: { tif } } }],
  grouping: 'na',
});

/** Places an order of BTC, signed by the agent. */
async function place(
  fields: { side: 'buy' | 'sell'; type: 'market' | 'limit'; price: string; size: string; reduceOnly?: boolean },
  signer = agent,
  at?: number,
) {
  const tif = fields.type === 'market' ? 'FrontendMarket' : 'Gtc';
  const action = limitOf(fields.side === 'buy', fields.price, fields.size, tif, fields.reduceOnly ?? false);
  return call('POST', '/v1/perps/hyperliquid/orders', { body: { symbol: 'BTC', ...fields, ...(await authorise(action, signer, at)) } });
}

const accountPath = `/v1/perps/hyperliquid/account/${lower(trader)}`;

beforeAll(async () => {
  venue = await startServer('--path', 'still', '--block-ms', '20');
  key = await newKey();
  await venue.control.setUpAccounts('main', [
    { address: lower(trader), credits: { '': '10000', xyz: '1000' }, agent: { address: lower(agent), name: 'api' } },
  ]);
});
afterAll(async () => {
  await venue.stop();
});

describe('keys', () => {
  it('are asked for everywhere but at health and providers', async () => {
    expect(errorOf(await call('GET', '/v1/perps/hyperliquid/prices', { key: null }))).toBe('401 INVALID_API_KEY');
    expect((await call('GET', '/v1/perps/hyperliquid/prices', { key: null })).body.error.message).toBe('Missing X-API-Key header');
    expect((await call('GET', '/v1/perps/hyperliquid/prices', { key: 'ps_live_wrong' })).body.error.message).toBe('Invalid API key');
    expect((await call('GET', '/v1/health', { key: null })).body).toMatchObject({ status: 'ok', service: 'provider-api' });
    expect((await call('GET', '/v1/health/hyperliquid', { key: null })).body).toMatchObject({ provider: 'hyperliquid', status: 'ok' });
    expect((await call('GET', '/v1/providers', { key: null })).body).toHaveLength(3);
  });

  it('expire, are revoked, and those of the test network ask only there', async () => {
    const old = await newKey({ expiresAt: 1 });
    expect((await call('GET', '/v1/perps/hyperliquid/prices', { key: old })).body.error.message).toBe('API key has expired');
    const gone = await newKey();
    expect((await call('GET', '/v1/perps/hyperliquid/prices', { key: gone })).status).toBe(200);
    await control(`/provider/keys/${gone}`, null, 'DELETE');
    expect((await call('GET', '/v1/perps/hyperliquid/prices', { key: gone })).body.error.message).toBe('Invalid API key');
    const testKey = await newKey({ kind: 'test' });
    expect(testKey).toMatch(/^ps_test_/);
    expect(errorOf(await call('GET', '/v1/perps/hyperliquid/prices', { key: testKey }))).toBe('401 INVALID_API_KEY');
    expect(errorOf(await call('GET', '/v1/testnet/perps/hyperliquid/prices', { key: testKey }))).toBe('400 UNSUPPORTED_NETWORK');
    await venue.control.openWorld({ name: 'testnet', testnet: true, path: 'still' });
    expect((await call('GET', '/v1/testnet/perps/hyperliquid/prices', { key: testKey })).status).toBe(200);
  });

  it('have a fixed window each, told on every answer', async () => {
    const small = await newKey({ requestsPerMinute: 3 });
    for (let turn = 0; turn < 3; turn += 1) {
      const got = await call('GET', '/v1/perps/hyperliquid/prices', { key: small });
      expect([got.status, got.headers.get('x-ratelimit-limit'), got.headers.get('x-ratelimit-remaining')]).toEqual([200, '3', null]);
    }
    const over = await call('GET', '/v1/perps/hyperliquid/prices', { key: small });
    const wait = Number(over.headers.get('retry-after'));
    expect(errorOf(over)).toBe('429 RATE_LIMITED');
    expect(over.body.error.message).toBe(`Rate limit exceeded. Try again in ${wait} seconds.`);
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(61);
    expect(Number(over.headers.get('x-ratelimit-reset')) * 1_000).toBeGreaterThan(Date.now());
    expect((await call('GET', '/v1/health', { key: small })).status).toBe(200);
    expect((await call('GET', '/v1/perps/hyperliquid/prices')).status).toBe(200);
    expect((await call('GET', '/v1/nothing')).headers.get('x-ratelimit-limit')).toBe('10000');
  });
});

describe('market data', () => {
  it.each([
    ['/v1/perps/hyperliquid/markets', { symbol: 'BTC', minSize: '0.00001', pricePrecision: 1, maxLeverage: 40 }],
    ['/v1/rwas/hyperliquid/markets', { symbol: 'XYZ100', dex: 'xyz', minSize: '0.0001', onlyIsolated: true }],
    ['/v1/rwas/hyperliquid/markets?dex=xyz', { symbol: 'XYZ100', dex: 'xyz' }],
    ['/v1/perps/hyperliquid/prices', { symbol: 'BTC' }],
    ['/v1/perps/hyperliquid/funding/predicted', { symbol: 'BTC' }],
  ])('%s lists', async (path, first) => {
    const got = await call('GET', path);
    expect(got.status).toBe(200);
    expect(got.body.find((row: { symbol: string }) => row.symbol === first.symbol)).toMatchObject(first);
  });

  it('serves one market, its book, trades, candles and funding', async () => {
    await place({ side: 'buy', type: 'market', price: '70000', size: '0.001' });
    await venue.control.openWorld({ name: 'side' });
    const base = '/v1/perps/hyperliquid/markets/BTC';
    expect((await call('GET', base)).body).toMatchObject({ symbol: 'BTC', maxLeverage: 40, status: 'active' });
    const book = (await call('GET', `${base}/orderbook?depth=5`)).body;
    expect([book.bids.length, book.asks.length]).toEqual([5, 5]);
    expect(Number(book.bids[0].price)).toBeLessThan(Number(book.asks[0].price));
    expect((await call('GET', `${base}/trades?limit=1`)).body).toEqual([
      { id: expect.any(String), price: expect.any(String), size: '0.001', side: 'buy', timestamp: expect.any(Number) },
    ]);
    expect((await call('GET', `${base}/candles?interval=1m`)).body[0]).toEqual({
      open: expect.any(String),
      high: expect.any(String),
      low: expect.any(String),
      close: expect.any(String),
      volume: expect.any(String),
      timestamp: expect.any(Number),
    });
    await control('/worlds/main/funding', { coin: 'BTC', hourlyRate: '0.0001', charge: true });
    expect((await call('GET', `${base}/funding`)).body[0]).toEqual({
      fundingRate: expect.stringMatching(/^0\.0001/),
      markPrice: expect.any(String),
      timestamp: expect.any(Number),
    });
    await place({ side: 'sell', type: 'market', price: '60000', size: '0.001', reduceOnly: true });
  });

  it.each([
    ['/v1/perps/hyperliquid/markets/NOPE', '400 INVALID_PARAMS'],
    ['/v1/perps/hyperliquid/markets/BTC/trades?limit=201', '400 INVALID_PARAMS'],
    ['/v1/perps/hyperliquid/markets/BTC/candles?interval=2m', '400 INVALID_PARAMS'],
    ['/v1/perps/hyperliquid/account/0x12', '400 INVALID_PARAMS'],
    ['/v1/perps/aster/markets', '400 UNSUPPORTED_PROVIDER'],
    ['/v1/perps/aster/funding/predicted', '400 UNSUPPORTED_PROVIDER'],
    ['/v1/perps/polymarket/markets', '400 UNSUPPORTED_PROVIDER'],
    ['/v1/rwas/hyperliquid/account/0x0000000000000000000000000000000000000001', '400 MISSING_REQUIRED_FIELD'],
    ['/v1/rwas/hyperliquid/markets?dex=nope', '400 INVALID_PARAMS'],
    ['/v1/nothing', '404 NOT_FOUND'],
  ])('%s is refused with %s', async (path, refusal) => {
    expect(errorOf(await call('GET', path))).toBe(refusal);
  });

  it('reads balances and positions of the other verticals', async () => {
    await venue.control.credit('main', lower(trader), '25', 'spot');
    expect((await call('GET', `/v1/spot/hyperliquid/balances/${lower(trader)}`)).body).toEqual([
      { asset: 'USDC', total: '25.0', available: '25', hold: '0.0' },
    ]);
    expect((await call('GET', `/v1/predictions/polymarket/positions/${lower(trader)}`)).body).toEqual([]);
  });
});

describe('trading', () => {
  it('fills a market order inside its bound, shows the position and closes it', async () => {
    const bought = await place({ side: 'buy', type: 'market', price: '70000', size: '0.01' });
    expect(bought.status).toBe(200);
    expect(bought.body).toMatchObject({ status: 'filled', symbol: 'BTC', side: 'buy', type: 'market', size: '0.01', filledSize: '0.01' });
    expect(Number(bought.body.avgPrice)).toBeLessThan(70_000);
    expect((await call('GET', `${accountPath}/positions`)).body).toEqual([
      {
        symbol: 'BTC',
        side: 'long',
        size: '0.01',
        entryPrice: expect.any(String),
        markPrice: expect.any(String),
        unrealizedPnl: expect.any(String),
        leverage: '20',
        marginMode: 'cross',
        liquidationPrice: expect.any(String),
        margin: expect.any(String),
      },
    ]);
    expect(Object.keys((await call('GET', accountPath)).body)).toEqual([
      'equity',
      'availableMargin',
      'usedMargin',
      'unrealizedPnl',
      'totalPositionValue',
    ]);
    const order = (await call('GET', `${accountPath}/orders/${bought.body.orderId}`)).body;
    expect(order).toMatchObject({ status: 'filled', filledSize: '0.01', type: 'market' });
    expect(order.fills[0]).toMatchObject({ side: 'buy', fee: expect.any(String), feeAsset: 'USDC' });
    expect((await place({ side: 'sell', type: 'market', price: '60000', size: '0.01', reduceOnly: true })).body.status).toBe('filled');
    expect((await call('GET', `${accountPath}/positions`)).body).toEqual([]);
  });

  it('rests a limit order, lists it and cancels it once, by a body on DELETE', async () => {
    const rested = await place({ side: 'buy', type: 'limit', price: '60000', size: '0.001' });
    expect(rested.body).toMatchObject({ status: 'open', filledSize: '0' });
    const orderId = rested.body.orderId;
    expect((await call('GET', `${accountPath}/orders`)).body).toEqual([
      expect.objectContaining({ orderId, symbol: 'BTC', side: 'buy', type: 'limit', size: '0.001', filledSize: '0', status: 'open' }),
    ]);
    const cancel = async () => {
      const action = { type: 'cancel', cancels: [{ a: BTC, o: Number(orderId) }] };
      return call('DELETE', '/v1/perps/hyperliquid/orders', { body: { symbol: 'BTC', orderId, ...(await authorise(action)) } });
    };
    expect((await cancel()).body).toEqual({ orderId, status: 'canceled' });
    expect(errorOf(await cancel())).toBe('404 ORDER_NOT_FOUND');
    expect((await call('GET', `${accountPath}/orders/${orderId}`)).body.status).toBe('canceled');
    expect(errorOf(await call('GET', `${accountPath}/orders/1`))).toBe('404 ORDER_NOT_FOUND');
  });

  it('places and cancels a stop', async () => {
    const action = {
      type: 'order',
      orders: [{ a: BTC, b: false, p: '50000', s: '0.001', r: false, t: { trigger: { isMarket: true, triggerPx: '60000', tpsl: 'sl' } } }],
      grouping: 'na',
    };
    const body = {
      symbol: 'BTC',
      side: 'sell',
      type: 'stop_market',
      size: '0.001',
      price: '50000',
      triggerPrice: '60000',
      ...(await authorise(action)),
    };
    const placed = await call('POST', '/v1/perps/hyperliquid/orders', { body });
    expect(placed.body).toMatchObject({ status: 'open', type: 'stop_market' });
    const orderId = placed.body.orderId;
    expect((await call('GET', `${accountPath}/orders`)).body[0]).toMatchObject({
      orderId,
      type: 'stop_market',
      triggerPrice: expect.stringMatching(/^60000/),
    });
    const cancel = { type: 'cancel', cancels: [{ a: BTC, o: Number(orderId) }] };
    expect((await call('DELETE', '/v1/perps/hyperliquid/orders', { body: { symbol: 'BTC', orderId, ...(await authorise(cancel)) } })).status).toBe(
      200,
    );
  });

  it('sets leverage, up to the maximum of the market', async () => {
    const leverage = async (wanted: number) => {
      const action = { type: 'updateLeverage', asset: BTC, isCross: true, leverage: wanted };
      return call('POST', '/v1/perps/hyperliquid/leverage', { body: { symbol: 'BTC', leverage: wanted, ...(await authorise(action)) } });
    };
    expect((await leverage(5)).status).toBe(200);
    expect(errorOf(await leverage(41))).toBe('422 MAX_LEVERAGE_EXCEEDED');
    expect((await leverage(20)).status).toBe(200);
  });

  it('trades an RWA in its dex', async () => {
    const action = limitOf(true, '200', '0.1', 'FrontendMarket', false, 110_002);
    const body = { symbol: 'NVDA', dex: 'xyz', side: 'buy', type: 'market', price: '200', size: '0.1', ...(await authorise(action)) };
    expect((await call('POST', '/v1/rwas/hyperliquid/orders', { body })).body).toMatchObject({ status: 'filled', symbol: 'NVDA' });
    expect((await call('GET', `/v1/rwas/hyperliquid/account/${lower(trader)}/positions?dex=xyz`)).body[0]).toMatchObject({
      symbol: 'NVDA',
      size: '0.1',
    });
  });

  it.each([
    ['too small', { price: '70000', size: '0.0001' }, '422 SIZE_TOO_SMALL'],
    ['off the tick', { price: '66000.55', size: '0.001' }, '400 INVALID_ORDER'],
    ['beyond the margin', { price: '70000', size: '50' }, '422 INSUFFICIENT_MARGIN'],
    ['far from the mark', { price: '1000000', size: '0.001' }, '422 PRICE_TOO_FAR'],
    ['no match', { price: '60000', size: '0.001' }, '422 ORDER_REJECTED'],
  ])('refuses an order %s', async (_name, fields, refusal) => {
    expect(errorOf(await place({ side: 'buy', type: 'market', ...fields }))).toBe(refusal);
  });

  it('refuses a reduce-only order of a flat account, a repeated nonce, a stranger and an expired agent', async () => {
    expect(errorOf(await place({ side: 'sell', type: 'market', price: '60000', size: '0.001', reduceOnly: true }))).toBe('422 REDUCE_ONLY_REJECTED');
    const at = nextNonce();
    const twice = [
      await place({ side: 'buy', type: 'limit', price: '50000', size: '0.001' }, agent, at),
      await place({ side: 'buy', type: 'limit', price: '50000', size: '0.001' }, agent, at),
    ];
    expect(twice.map((got) => (got.status === 200 ? 'ok' : got.body.error.message))).toEqual(['ok', `Invalid nonce: duplicate nonce ${at}`]);
    expect(errorOf(await place({ side: 'buy', type: 'market', price: '70000', size: '0.001' }, stranger))).toBe('401 SIGNATURE_ERROR');
  });

  it('refuses what was signed for the other network', async () => {
    const action = limitOf(true, '70000', '0.001', 'FrontendMarket');
    const body = {
      symbol: 'BTC',
      side: 'buy',
      type: 'market',
      price: '70000',
      size: '0.001',
      ...(await authorise(action, agent, nextNonce(), true)),
    };
    expect(errorOf(await call('POST', '/v1/perps/hyperliquid/orders', { body }))).toBe('401 SIGNATURE_ERROR');
  });

  it('refuses bodies by what is wrong with them', async () => {
    const good = {
      symbol: 'BTC',
      side: 'buy',
      type: 'market',
      price: '70000',
      size: '0.001',
      ...(await authorise(limitOf(true, '70000', '0.001', 'FrontendMarket'))),
    };
    const wrong: readonly [object | string, string][] = [
      [{ ...good, size: undefined }, '400 MISSING_REQUIRED_FIELD'],
      [{ ...good, side: 'hold' }, '400 INVALID_ORDER'],
      [{ ...good, type: 'twap' }, '400 INVALID_ORDER'],
      [{ ...good, size: '-1' }, '400 INVALID_PARAMS'],
      [{ ...good, price: undefined }, '400 INVALID_PARAMS'],
      [{ ...good, type: 'limit', price: undefined }, '400 MISSING_REQUIRED_FIELD'],
      [{ ...good, signature: '0x12' }, '400 INVALID_PARAMS'],
      [{ ...good, symbol: 'NOPE' }, '400 INVALID_PARAMS'],
      [{ ...good, size: '0.002' }, '401 SIGNATURE_ERROR'],
      ['{', '400 INVALID_PARAMS'],
    ];
    for (const [body, refusal] of wrong) expect(errorOf(await call('POST', '/v1/perps/hyperliquid/orders', { body }))).toBe(refusal);
  });

  it('asks for no more than a signature in presence mode', async () => {
    await control('/provider', { signatureMode: 'presence' });
    const body = {
      symbol: 'BTC',
      side: 'buy',
      type: 'market',
      price: '70000',
      size: '0.001',
      wallet: lower(trader),
      signature: `0x${'11'.repeat(65)}`,
      nonce: nextNonce(),
    };
    expect((await call('POST', '/v1/perps/hyperliquid/orders', { body })).body.status).toBe('filled');
    await control('/provider', { signatureMode: 'strict' });
    expect(errorOf(await call('POST', '/v1/perps/hyperliquid/orders', { body: { ...body, nonce: nextNonce() } }))).toBe('401 SIGNATURE_ERROR');
  });
});

describe('agents', () => {
  it('that have expired are told apart from strangers', async () => {
    await venue.control.openWorld({ name: 'short', path: 'still', settings: { agentLifeMs: 1 } });
    await venue.control.setUpAccounts('short', [{ address: lower(trader), credits: { '': '1000' }, agent: { address: lower(account(704)) } }]);
    const action = limitOf(true, '70000', '0.001', 'FrontendMarket');
    const order = { symbol: 'BTC', side: 'buy', type: 'market', price: '70000', size: '0.001' };
    const asked = async () =>
      call('POST', '/w/short/v1/perps/hyperliquid/orders', { body: { ...order, ...(await authorise(action, account(704))) } });
    await expect.poll(async () => errorOf(await asked())).toBe('401 SESSION_EXPIRED');
  });
});

describe('the exchange behind', () => {
  it('with its limits on shares one budget among all keys, told as unavailable and never as a 429', async () => {
    const strict = await startServer('--path', 'still', '--limits', 'on');
    try {
      const { key: made } = (await (
        await fetch(`http://127.0.0.1:${strict.controlPort}/provider/keys`, { method: 'POST', body: JSON.stringify({ requestsPerMinute: 5_000 }) })
      ).json()) as { key: string };
      const statuses: number[] = [];
      // A mid price list weighs 2 of 1,200 a minute.
      for (let turn = 0; turn < 610 && !statuses.includes(503); turn += 1)
        statuses.push((await fetch(`${strict.httpUrl()}/v1/perps/hyperliquid/prices`, { headers: { 'X-API-Key': made } })).status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(600);
      expect(statuses.at(-1)).toBe(503);
    } finally {
      await strict.stop();
    }
  });

  it.each([
    [429, '503 PROVIDER_UNAVAILABLE'],
    [502, '502 PROVIDER_ERROR'],
  ])('answering %i is told as %s', async (status, refusal) => {
    await venue.control.addFault('main', { target: 'exchange', effect: { kind: 'status', status } });
    expect(errorOf(await place({ side: 'buy', type: 'market', price: '70000', size: '0.001' }))).toBe(refusal);
    await venue.control.addFault('main', { target: 'info', effect: { kind: 'status', status }, type: 'clearinghouseState' });
    expect(errorOf(await call('GET', accountPath))).toBe(refusal);
  });
});

describe('market channels', () => {
  const connect = (path: string) => {
    const socket = new WebSocket(`${venue.httpUrl().replace('http', 'ws')}${path}`);
    // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON came
    const heard: any[] = [];
    socket.addEventListener('message', ({ data }) => heard.push(JSON.parse(String(data))));
    const closed = new Promise<number>((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)));
    const opened = new Promise<void>((resolve) => socket.addEventListener('open', () => resolve()));
    const say = (message: unknown): void => socket.send(JSON.stringify(message));
    const subscribe = (channel: string, params: object = {}): void => say({ event: 'subscribe', data: { provider: 'hyperliquid', channel, params } });
    return { socket, heard, closed, opened, say, subscribe };
  };

  it('close a connection with a wrong or missing key by code 4001', async () => {
    expect(await connect('/ws/v1/perps').closed).toBe(4001);
    expect(await connect('/ws/v1/perps?apiKey=ps_live_no').closed).toBe(4001);
  });

  it('acknowledge, tell and end; errors name what is wrong; a ping is answered', async () => {
    const client = connect(`/ws/v1/perps?apiKey=${key}`);
    await client.opened;
    for (const channel of ['orderbook', 'ticker', 'trades']) client.subscribe(channel, { symbol: 'BTC' });
    client.subscribe('candle', { symbol: 'BTC', interval: '1m' });
    client.subscribe('prices');
    client.subscribe('orderbook', { symbol: 'NOPE' });
    client.subscribe('fills', {});
    client.say({ event: 'subscribe', data: { provider: 'aster', channel: 'prices', params: {} } });
    client.say({ event: 'ping' });
    await place({ side: 'buy', type: 'market', price: '70000', size: '0.001' });
    await expect.poll(() => client.heard.filter((message) => message.event === 'subscribed').length).toBe(5);
    await expect
      .poll(() => new Set(client.heard.flatMap((message) => (message.channel === undefined ? [] : [message.channel]))).size, { timeout: 5_000 })
      .toBe(5);
    await expect
      .poll(() => client.heard.filter((message) => message.error !== undefined).map((message) => message.error.code))
      .toEqual(['INVALID_PARAMS', 'INVALID_PARAMS', 'UNSUPPORTED_PROVIDER']);
    await expect.poll(() => client.heard.some((message) => message.event === 'pong')).toBe(true);
    const book = client.heard.find((message) => message.channel === 'orderbook');
    expect(book).toMatchObject({ provider: 'hyperliquid', params: { symbol: 'BTC' }, timestamp: expect.any(Number) });
    expect(Number(book.data.bids[0][0])).toBeLessThan(Number(book.data.asks[0][0]));
    expect(client.heard.find((message) => message.channel === 'ticker').data).toMatchObject({ symbol: 'BTC', markPrice: expect.any(String) });
    client.say({ event: 'unsubscribe', data: { provider: 'hyperliquid', channel: 'ticker', params: { symbol: 'BTC' } } });
    await expect.poll(() => client.heard.some((message) => message.event === 'unsubscribed')).toBe(true);
    client.socket.close();
  });

  it('of RWAs need the dex', async () => {
    const client = connect(`/ws/v1/rwas?apiKey=${key}`);
    await client.opened;
    client.subscribe('ticker', { symbol: 'NVDA' });
    client.subscribe('ticker', { symbol: 'NVDA', dex: 'xyz' });
    await expect.poll(() => client.heard.find((message) => message.error !== undefined)?.error.message).toBe('Missing required field: dex');
    await expect.poll(() => client.heard.find((message) => message.channel === 'ticker')?.params).toEqual({ symbol: 'NVDA', dex: 'xyz' });
    client.socket.close();
  });
});
