import type { VenueProcess } from '@lockstep/simulation';
import * as hl from '@nktkas/hyperliquid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { account, limit, lower, overHttp, overSocket, postJson, signed, startServer } from './testing/clients';

const TRADER = account(101);
const AGENT = account(102);
const BUILDER = account(103);
const CLOID = '0xa100000000000000000000000000b2c1';

let venue: VenueProcess;
let info: hl.InfoClient;
let exchange: hl.ExchangeClient;

beforeAll(async () => {
  venue = await startServer('--seed', '11', '--path', 'still', '--block-ms', '50');
  await venue.control.setUpAccounts('main', [
    { address: TRADER.address, credits: { '': '100000', xyz: '5000' } },
    { address: BUILDER.address, credits: { '': '1000' } },
  ]);
  info = new hl.InfoClient({ transport: overHttp(venue.httpUrl()) });
  exchange = new hl.ExchangeClient({ transport: overHttp(venue.httpUrl()), wallet: TRADER });
});
afterAll(() => venue.stop());

const position = async (coin: string): Promise<string> => {
  const state = await info.clearinghouseState({ user: TRADER.address });
  return state.assetPositions.find((each) => each.position.coin === coin)?.position.szi ?? '0.0';
};

describe('an independent client over HTTP', () => {
  it('rests a limit order, sees it open and cancels it', async () => {
    const placed = await exchange.order({ orders: [limit('Gtc', true, '50000', '0.01')], grouping: 'na' });
    const status = placed.response.data.statuses[0];
    if (typeof status !== 'object' || !('resting' in status)) throw new Error(`not resting: ${JSON.stringify(status)}`);
    const { oid } = status.resting;
    expect((await info.openOrders({ user: TRADER.address })).map((order) => order.oid)).toContain(oid);
    const cancelled = await exchange.cancel({ cancels: [{ a: 0, o: oid }] });
    expect(cancelled.response.data.statuses).toEqual(['success']);
    expect(await info.orderStatus({ user: TRADER.address, oid })).toMatchObject({ status: 'order', order: { status: 'canceled' } });
  });

  it('fills an IOC order, holds the position and closes it reduce-only', async () => {
    const bought = await exchange.order({ orders: [limit('Ioc', true, '66500', '0.01')], grouping: 'na' });
    expect(bought.response.data.statuses[0]).toMatchObject({ filled: { totalSz: '0.01' } });
    expect(await position('BTC')).toBe('0.01');
    const fills = await info.userFills({ user: TRADER.address });
    expect(fills[0]).toMatchObject({ coin: 'BTC', dir: 'Open Long', sz: '0.01', crossed: true });
    await exchange.order({ orders: [limit('Ioc', false, '66000', '0.01', { r: true })], grouping: 'na' });
    expect(await position('BTC')).toBe('0.0');
  });

  it('is refused a post-only order that would trade, an IOC without a match and a reduce-only that would open', async () => {
    const refusal = (orders: ReturnType<typeof limit>[]) => exchange.order({ orders, grouping: 'na' }).catch((error: Error) => error.message);
    expect(await refusal([limit('Alo', true, '70000', '0.01')])).toContain('Post only order would have immediately matched, bbo was');
    expect(await refusal([limit('Ioc', true, '60000', '0.01')])).toContain('Order could not immediately match against any resting orders.');
    expect(await refusal([limit('Ioc', true, '66500', '0.01', { r: true })])).toContain('Reduce only order would increase position.');
    expect(await refusal([limit('Gtc', true, '50000', '0.0001')])).toContain('Order must have minimum value of $10.');
  });

  it('cancels by client order id', async () => {
    await exchange.order({ orders: [limit('Gtc', true, '50000', '0.01', { c: CLOID })], grouping: 'na' });
    expect(await info.orderStatus({ user: TRADER.address, oid: CLOID })).toMatchObject({ status: 'order', order: { status: 'open' } });
    const cancelled = await exchange.cancelByCloid({ cancels: [{ asset: 0, cloid: CLOID }] });
    expect(cancelled.response.data.statuses).toEqual(['success']);
  });

  it('sets leverage, and sees it', async () => {
    await exchange.updateLeverage({ asset: 0, isCross: true, leverage: 7 });
    expect((await info.activeAssetData({ user: TRADER.address, coin: 'BTC' })).leverage).toMatchObject({ type: 'cross', value: 7 });
    await expect(exchange.updateLeverage({ asset: 0, isCross: true, leverage: 99 })).rejects.toThrow('Invalid leverage value');
  });

  it('approves an agent that then trades for it', async () => {
    await exchange.approveAgent({ agentAddress: AGENT.address, agentName: 'copy' });
    expect(await info.extraAgents({ user: TRADER.address })).toMatchObject([{ name: 'copy', address: lower(AGENT) }]);
    const agent = new hl.ExchangeClient({ transport: overHttp(venue.httpUrl()), wallet: AGENT });
    const placed = await agent.order({ orders: [limit('Gtc', true, '50000', '0.01')], grouping: 'na' });
    expect(placed.response.data.statuses[0]).toHaveProperty('resting');
    expect(await info.openOrders({ user: TRADER.address })).toHaveLength(1);
    expect((await info.userRole({ user: AGENT.address })).role).toBe('agent');
    await agent.cancel({ cancels: (await info.openOrders({ user: TRADER.address })).map((order) => ({ a: 0, o: order.oid })) });
  });

  it('approves a builder fee and pays it with an order', async () => {
    const withBuilder = () =>
      exchange.order({ orders: [limit('Ioc', true, '66500', '0.01')], grouping: 'na', builder: { b: BUILDER.address, f: 10 } });
    await expect(withBuilder()).rejects.toThrow('Builder fee has not been approved.');
    await exchange.approveBuilderFee({ builder: BUILDER.address, maxFeeRate: '0.05%' });
    expect(await info.maxBuilderFee({ user: TRADER.address, builder: BUILDER.address })).toBe(50);
    await withBuilder();
    const [fill] = await info.userFills({ user: TRADER.address });
    expect(Number(fill?.builderFee)).toBeCloseTo(Number(fill?.px) * 0.01 * 0.0001, 5);
  });

  it('reads what the adapter needs', async () => {
    const user = { user: TRADER.address };
    const [meta] = await info.metaAndAssetCtxs();
    expect(meta.universe[0]?.name).toBe('BTC');
    expect((await info.perpDexs()).map((dex) => dex?.name ?? null)).toEqual([null, 'xyz', 'flx', 'km', 'hyna']);
    expect(Number((await info.allMids()).BTC)).toBeGreaterThan(0);
    expect((await info.l2Book({ coin: 'BTC' }))?.levels[0].length).toBeGreaterThan(5);
    expect(await info.spotClearinghouseState(user)).toHaveProperty('balances');
    expect(await info.frontendOpenOrders(user)).toEqual([]);
    expect((await info.userFillsByTime({ ...user, startTime: 0 })).length).toBeGreaterThan(0);
    expect((await info.userRateLimit(user)).nRequestsCap).toBeGreaterThanOrEqual(10_000);
    expect(await info.userAbstraction(user)).toBeTypeOf('string');
    expect(Number((await info.clearinghouseState({ ...user, dex: 'xyz' })).marginSummary.accountValue)).toBe(5000);
  });

  it('consumes a nonce with noop: the same nonce is refused afterwards', async () => {
    const nonce = Date.now() + 1_000;
    const url = `${venue.httpUrl()}/exchange`;
    expect((await postJson(url, await signed(TRADER, { type: 'noop' }, nonce))).text).toBe('{"status":"ok","response":{"type":"default"}}');
    const order = await signed(TRADER, { type: 'order', orders: [limit('Gtc', true, '50000', '0.01')], grouping: 'na' }, nonce);
    expect((await postJson(url, order)).text).toBe(JSON.stringify({ status: 'err', response: `Invalid nonce: duplicate nonce ${nonce}` }));
  });
});

describe('an independent client over the socket', () => {
  it('posts actions and reads through the same code', async () => {
    const transport = overSocket(venue.wsUrl());
    const client = new hl.ExchangeClient({ transport, wallet: TRADER });
    const placed = await client.order({ orders: [limit('Gtc', true, '50000', '0.01')], grouping: 'na' });
    expect(placed.response.data.statuses[0]).toHaveProperty('resting');
    await expect(client.order({ orders: [limit('Ioc', true, '60000', '0.01')], grouping: 'na' })).rejects.toThrow(
      'Order could not immediately match',
    );
    const reader = new hl.InfoClient({ transport });
    const open = await reader.openOrders({ user: TRADER.address });
    expect(open).toHaveLength(1);
    await client.cancel({ cancels: open.map((order) => ({ a: 0, o: order.oid })) });
    await transport.close();
  });

  it('streams fills and order updates of a trade', async () => {
    const transport = overSocket(venue.wsUrl());
    const subscriptions = new hl.SubscriptionClient({ transport });
    const updates: string[] = [];
    const filled = new Promise<string>((resolve) => {
      void subscriptions.userFills({ user: TRADER.address }, (event) => {
        if (event.isSnapshot !== true) resolve(event.fills[0]?.dir ?? '');
      });
    });
    await subscriptions.orderUpdates({ user: TRADER.address }, (events) => updates.push(...events.map((event) => event.status)));
    await subscriptions.bbo({ coin: 'BTC' }, () => {});
    await exchange.order({ orders: [limit('Ioc', false, '66000', '0.005')], grouping: 'na' });
    expect(await filled).toBe('Close Long');
    expect(updates).toContain('filled');
    await transport.close();
  });
});

describe('signatures', () => {
  const url = (): string => `${venue.httpUrl()}/exchange`;
  const order = () => ({ type: 'order', orders: [limit('Gtc', true, '50000', '0.01')], grouping: 'na' });

  it('refuse a changed byte, naming an address nobody knows', async () => {
    const body = await signed(TRADER, order(), Date.now());
    const changed = JSON.stringify(body).replace('"50000"', '"50001"');
    const answer = JSON.parse((await postJson(url(), changed)).text);
    expect(answer.status).toBe('err');
    expect(answer.response).toMatch(/^User or API Wallet 0x[0-9a-f]{40} does not exist\.$/);
    expect(answer.response).not.toContain(lower(TRADER));
  });

  it.each<[string, object]>([
    ['a vault that was not signed for', { vaultAddress: `0x${'12'.repeat(20)}` }],
    ["the signer's own address as a vault", { vaultAddress: lower(TRADER) }],
    ['an expiry that was not signed for', { expiresAfter: Date.now() + 600_000 }],
    ['another nonce', { nonce: Date.now() + 5_000 }],
  ])('refuse %s, naming an address nobody knows', async (_what, change) => {
    const answer = JSON.parse((await postJson(url(), { ...(await signed(TRADER, order(), Date.now())), ...change })).text);
    expect(answer).toEqual({ status: 'err', response: expect.stringMatching(/^User or API Wallet 0x[0-9a-f]{40} does not exist\.$/) });
    expect(answer.response).not.toContain(lower(TRADER));
  });

  it('take a vault and an expiry that are absent or null alike', async () => {
    for (const more of [{}, { vaultAddress: null, expiresAfter: null }]) {
      const answer = await postJson(url(), { ...(await signed(TRADER, { type: 'noop' }, Date.now() + Object.keys(more).length)), ...more });
      expect(answer.text).toBe('{"status":"ok","response":{"type":"default"}}');
    }
  });

  it('refuse what no key can have signed', async () => {
    const body = await signed(TRADER, order(), Date.now());
    const answer = await postJson(url(), { ...body, signature: { r: '0x0', s: '0x1', v: 27 } });
    expect(answer.text).toBe('{"status":"err","response":"Unable to recover signer."}');
  });

  it('answer 422 for a body nested deeper than any action, and live on', async () => {
    const deep = JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`);
    const wrapped = JSON.parse(`${'{"type":"multiSig","signatures":[],"payload":{"action":'.repeat(500)}{}${'}}'.repeat(500)}`);
    const { signature } = await signed(TRADER, { type: 'noop' }, Date.now());
    for (const action of [{ ...order(), grouping: { p: 0, deep } }, wrapped])
      expect((await postJson(url(), { action, nonce: Date.now(), signature })).status).toBe(422);
    expect((await postJson(url(), await signed(TRADER, { type: 'noop' }, Date.now() + 9))).status).toBe(200);
  });

  it('answer 422 for a body of another form', async () => {
    for (const body of ['{', '{}', '{"action":{"type":"order"},"nonce":1}', JSON.stringify(await signed(TRADER, { type: 'nonsense' }, Date.now()))]) {
      expect(await postJson(url(), body)).toEqual({ status: 422, text: 'Failed to deserialize the JSON body into the target type' });
    }
  });
});

describe('worlds', () => {
  it('are separate in books, accounts and network', async () => {
    await venue.control.openWorld({ name: 'other', seed: 5, path: 'still', testnet: true });
    await venue.control.setUpAccounts('other', [{ address: TRADER.address, credits: { '': '777' } }]);
    const there = new hl.InfoClient({ transport: overHttp(venue.httpUrl('other')) });
    expect(Number((await there.clearinghouseState({ user: TRADER.address })).marginSummary.accountValue)).toBe(777);
    expect(Number((await info.clearinghouseState({ user: TRADER.address })).marginSummary.accountValue)).toBeGreaterThan(90_000);
    expect((await there.meta()).universe.findIndex((asset) => asset.name === 'BTC')).toBe(3);
    const mainnetSigned = await signed(TRADER, { type: 'noop' }, Date.now());
    expect((await postJson(`${venue.httpUrl('other')}/exchange`, mainnetSigned)).text).toContain('does not exist');
    expect((await postJson(`${venue.httpUrl('nowhere')}/info`, { type: 'meta' })).status).toBe(404);
  });

  it('give the same bytes for the same seed and the same ordered actions', async () => {
    const genesisTime = 1_790_000_000_000;
    const runs: string[][] = [];
    for (const name of ['twin-a', 'twin-b']) {
      const bytes: string[] = [];
      await venue.control.openWorld({ name, seed: 9, clock: 'manual', genesisTime, path: 'generated' });
      await venue.control.setUpAccounts(name, [{ address: TRADER.address, credits: { '': '50000' } }]);
      await venue.control.advance(name, { ms: 200 });
      for (let turn = 0; turn < 5; turn += 1) {
        const action = { type: 'order', orders: [limit('Ioc', turn % 2 === 0, turn % 2 === 0 ? '70000' : '60000', '0.01')], grouping: 'na' };
        const answer = postJson(`${venue.httpUrl(name)}/exchange`, await signed(TRADER, action, genesisTime + turn));
        await queued(name, 1);
        await venue.control.advance(name, { ms: 3_000 });
        bytes.push((await answer).text);
      }
      for (const type of ['userFills', 'clearinghouseState', 'historicalOrders']) {
        bytes.push((await postJson(`${venue.httpUrl(name)}/info`, { type, user: TRADER.address })).text);
      }
      bytes.push((await postJson(`${venue.httpUrl(name)}/info`, { type: 'metaAndAssetCtxs' })).text);
      runs.push(bytes);
    }
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0]?.[0]).toContain('filled');
  });

  const queued = async (world: string, count: number): Promise<void> => {
    for (;;) {
      const { worlds } = await venue.control.stats();
      const found = (worlds as readonly { readonly name: string; readonly queued: number }[]).find((each) => each.name === world);
      if (found !== undefined && found.queued >= count) return;
    }
  };
});
