import { WebSocket } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lower } from '../testing/clients';
import { errorOf, providerStage, trader } from './testing/provider-stage';

/* Keys, market data and market channels of the Provider API as a client sees them. */

const stage = providerStage();
const { call, control, newKey, place } = stage;
beforeAll(async () => await stage.start());
afterAll(async () => await stage.stop());

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
    await stage.venue().control.openWorld({ name: 'testnet', testnet: true, path: 'still' });
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
    await stage.venue().control.openWorld({ name: 'side' });
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
    await stage.venue().control.credit('main', lower(trader), '25', 'spot');
    expect((await call('GET', `/v1/spot/hyperliquid/balances/${lower(trader)}`)).body).toEqual([
      { asset: 'USDC', total: '25.0', available: '25', hold: '0.0' },
    ]);
    expect((await call('GET', `/v1/predictions/polymarket/positions/${lower(trader)}`)).body).toEqual([]);
  });
});

describe('market channels', () => {
  const connect = (path: string) => {
    const socket = new WebSocket(`${stage.venue().httpUrl().replace('http', 'ws')}${path}`);
    const heard: ReturnType<typeof JSON.parse>[] = [];
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
    const client = connect(`/ws/v1/perps?apiKey=${stage.key()}`);
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
    const client = connect(`/ws/v1/rwas?apiKey=${stage.key()}`);
    await client.opened;
    client.subscribe('ticker', { symbol: 'NVDA' });
    client.subscribe('ticker', { symbol: 'NVDA', dex: 'xyz' });
    await expect.poll(() => client.heard.find((message) => message.error !== undefined)?.error.message).toBe('Missing required field: dex');
    await expect.poll(() => client.heard.find((message) => message.channel === 'ticker')?.params).toEqual({ symbol: 'NVDA', dex: 'xyz' });
    client.socket.close();
  });
});
