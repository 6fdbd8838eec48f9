import type { VenueProcess } from '@lockstep/simulation';
import type { Hyperliquid } from 'hyperliquid';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { account, keyOf } from '../testing/clients';
import { hyperliquid, NETWORKS, type Network, otherOf, pointHyperliquidAt, startNetworks } from '../testing/networks';

const TRADER = 1_501;
const MASTER = 1_502;
const USER = account(TRADER).address;
const OTHER = account(1_503).address;
const BUILDER = account(1_504).address;
const COIN = 'BTC-PERP';
const CLOID = '0xd1000000000000000000000000000001';
const DECIMAL = expect.stringMatching(/^-?\d+(\.\d+)?$/);
const DONE = { status: 'ok', response: { type: 'default' } };

let venue: VenueProcess;
beforeAll(async () => {
  for (const method of ['log', 'warn'] as const) vi.spyOn(console, method).mockReturnValue();
  venue = await startNetworks([
    { address: USER, credits: { '': '100000', spot: '1000' } },
    { address: account(MASTER).address, credits: { '': '10000' }, volume: '200000' },
    { address: BUILDER, credits: { '': '1000' } },
  ]);
  pointHyperliquidAt(venue);
});
afterAll(async () => {
  await venue.stop();
  vi.restoreAllMocks();
});

/** The client as its users make it. */
const clientOf = ({ isTestnet }: Network, key: number, rest: { readonly vaultAddress?: string; readonly enableWs?: boolean } = {}): Hyperliquid =>
  new hyperliquid.Hyperliquid({ privateKey: keyOf(key), testnet: isTestnet, disableAssetMapRefresh: true, enableWs: false, ...rest });

describe.each(NETWORKS)('hyperliquid on $name', (network) => {
  let client: Hyperliquid;
  beforeAll(() => {
    client = clientOf(network, TRADER, { enableWs: true });
  });
  afterAll(() => client.disconnect());
  const limit = (
    is_buy: boolean,
    limit_px: number,
    rest: { readonly cloid?: string; readonly tif?: 'Gtc' | 'Ioc' | 'Alo'; readonly reduce_only?: boolean } = {},
  ) => ({
    coin: COIN,
    is_buy,
    sz: 0.01,
    limit_px,
    order_type: { limit: { tif: rest.tif ?? 'Gtc' } },
    reduce_only: rest.reduce_only ?? false,
    ...(rest.cloid === undefined ? {} : { cloid: rest.cloid }),
  });
  const trigger = (tpsl: 'tp' | 'sl', triggerPx: number) => ({
    coin: COIN,
    is_buy: false,
    sz: 0.01,
    limit_px: triggerPx * 0.9,
    order_type: { trigger: { triggerPx, isMarket: true, tpsl } },
    reduce_only: true,
  });
  const resting = async (px: number, cloid?: string): Promise<number> => {
    const placed = await client.exchange.placeOrder(limit(true, px, cloid === undefined ? {} : { cloid }));
    expect(placed).toMatchObject({ status: 'ok', response: { type: 'order', data: { statuses: [{ resting: { oid: expect.any(Number) } }] } } });
    return placed.response.data.statuses[0].resting.oid;
  };
  const open = () => client.info.getUserOpenOrders(USER, true);
  const held = async (): Promise<string> => {
    const { assetPositions } = await client.info.perpetuals.getClearinghouseState(USER, true);
    return assetPositions[0]?.position.szi ?? '0.0';
  };
  const statuses = (...elements: readonly unknown[]): unknown =>
    expect.objectContaining({ response: { type: 'order', data: { statuses: elements } } });

  it('knows the markets by name', async () => {
    expect(await client.info.getAssetIndex(COIN)).toBe(network.btc);
    expect((await client.info.getAllAssets()).perp).toContain('ETH-PERP');
    expect(await client.info.getAllMids()).toMatchObject({ [COIN]: expect.any(Number) });
    const [meta, contexts] = await client.info.perpetuals.getMetaAndAssetCtxs(true);
    expect(meta.universe).toHaveLength(contexts.length);
    expect(await client.info.getL2Book(COIN, true)).toMatchObject({ coin: 'BTC', levels: [expect.any(Array), expect.any(Array)] });
    expect((await client.info.spot.getSpotMeta(true)).tokens[0]).toMatchObject({ name: 'USDC', index: 0 });
  });

  it('reads balances and sets leverage', async () => {
    const { marginSummary, withdrawable } = await client.info.perpetuals.getClearinghouseState(USER, true);
    expect({ value: marginSummary.accountValue, withdrawable }).toEqual({ value: DECIMAL, withdrawable: DECIMAL });
    expect((await client.info.spot.getSpotClearinghouseState(USER, true)).balances).toMatchObject([{ coin: 'USDC', total: '1000.0' }]);
    expect(await client.exchange.updateLeverage(COIN, 'cross', 7)).toEqual(DONE);
    expect(await client.exchange.updateLeverage(COIN, 'cross', 99)).toEqual({ status: 'err', response: 'Invalid leverage value' });
  });

  it('places limit orders, modifies them, and cancels by id, by client id and all at once', async () => {
    const oid = await resting(50_000);
    await client.exchange.modifyOrder(oid, limit(true, 50_001, { cloid: CLOID }));
    expect(await open()).toMatchObject([{ limitPx: '50001.0', cloid: CLOID }]);
    expect(await client.exchange.cancelOrderByCloid(COIN, CLOID)).toMatchObject({ response: { data: { statuses: ['success'] } } });
    const second = await resting(50_002);
    expect(await client.exchange.cancelOrder({ coin: COIN, o: second })).toMatchObject({ response: { data: { statuses: ['success'] } } });
    expect(await client.info.getOrderStatus(USER, second, true)).toMatchObject({ order: { status: 'canceled' } });
    const oids = [await resting(50_003), await resting(50_004)];
    const modified = await client.exchange.batchModifyOrders(oids.map((each) => ({ oid: each, order: limit(true, 49_000) })));
    expect(modified.response.data.statuses).toHaveLength(2);
    await client.custom.cancelAllOrders();
    expect(await open()).toEqual([]);
  });

  it('opens and closes at the market, and reads its fills', async () => {
    expect(await client.custom.marketOpen(COIN, true, 0.01)).toEqual(
      statuses({ filled: { totalSz: '0.01', avgPx: DECIMAL, oid: expect.any(Number) } }),
    );
    expect(await held()).toBe('0.01');
    await client.custom.marketClose(COIN);
    expect(await held()).toBe('0.0');
    const [fill] = await client.info.getUserFills(USER, true);
    expect(fill).toMatchObject({ coin: 'BTC', dir: 'Close Long', side: 'A', sz: '0.01', crossed: true, fee: DECIMAL });
  });

  it('trades a spot pair by name', async () => {
    const coin = 'PURR-SPOT';
    const purr = async (): Promise<number> => {
      const { balances } = await client.info.spot.getSpotClearinghouseState(USER, true);
      return Number(balances.find((balance) => balance.coin.startsWith('PURR'))?.total ?? 0);
    };
    const order = { coin, is_buy: true, sz: 100, reduce_only: false };
    expect(await client.exchange.placeOrder({ ...order, limit_px: 0.15, order_type: { limit: { tif: 'Alo' } } })).toEqual(
      statuses({ resting: { oid: expect.any(Number) } }),
    );
    await client.custom.cancelAllOrders(coin);
    expect(await client.exchange.placeOrder({ ...order, limit_px: 0.21, order_type: { limit: { tif: 'Ioc' } } })).toEqual(
      statuses({ filled: { totalSz: '100.0', avgPx: DECIMAL, oid: expect.any(Number) } }),
    );
    expect(await purr()).toBeCloseTo(99.93, 6);
    expect(await client.exchange.placeOrder({ ...order, is_buy: false, sz: 99, limit_px: 0.19, order_type: { limit: { tif: 'Ioc' } } })).toEqual(
      statuses({ filled: { totalSz: '99.0', avgPx: DECIMAL, oid: expect.any(Number) } }),
    );
  });

  it('is told why an order is refused', async () => {
    const refusal = async (order: ReturnType<typeof limit>): Promise<string> =>
      (await client.exchange.placeOrder(order)).response.data.statuses[0].error;
    expect(await refusal({ ...limit(true, 50_000), sz: 0.0001 })).toBe(`Order must have minimum value of $10. asset=${network.btc}`);
    expect(await refusal(limit(true, 60_000, { tif: 'Ioc' }))).toContain('Order could not immediately match against any resting orders.');
    expect(await refusal(limit(true, 70_000, { tif: 'Alo' }))).toContain('Post only order would have immediately matched, bbo was');
  });

  it('sets a stop on a position, and a take-profit with a stop under an order', async () => {
    await client.custom.marketOpen(COIN, true, 0.01);
    expect(await client.exchange.placeOrder(trigger('sl', 40_000))).toEqual(statuses('waitingForTrigger'));
    expect(
      await client.exchange.placeOrder({ orders: [limit(true, 50_000), trigger('tp', 90_000), trigger('sl', 40_000)], grouping: 'normalTpsl' }),
    ).toEqual(statuses({ resting: { oid: expect.any(Number) } }, 'waitingForFill', 'waitingForFill'));
    expect(await client.exchange.placeOrder({ orders: [trigger('tp', 90_000), trigger('sl', 41_000)], grouping: 'positionTpsl' })).toEqual(
      statuses('waitingForTrigger', 'waitingForTrigger'),
    );
    const orders = await client.info.getFrontendOpenOrders(USER, true);
    expect(orders.filter(({ isPositionTpsl }) => isPositionTpsl)).toHaveLength(2);
    await client.custom.marketClose(COIN);
    if ((await open()).length > 0) await client.custom.cancelAllOrders();
    expect(await open()).toEqual([]);
  });

  it('trades over the socket', async () => {
    await client.connect();
    const { wsPayloads, subscriptions } = client;
    await wsPayloads.placeOrder({ ...limit(true, 50_000, { cloid: CLOID }) });
    await wsPayloads.modifyOrder({ oid: CLOID, order: limit(true, 50_006, { cloid: CLOID }) });
    const { data } = await subscriptions.postRequest('info', { type: 'openOrders', user: USER });
    expect(data).toMatchObject([{ coin: COIN, limitPx: '50006.0', cloid: CLOID }]);
    const cancelled = await wsPayloads.cancelOrder({ coin: COIN, o: data[0].oid });
    expect(cancelled).toMatchObject({ status: 'ok', response: { data: { statuses: ['success'] } } });
    await expect(subscriptions.postRequest('info', { type: 'nonsense' })).rejects.toThrow('422');
  });

  it('hears of its fills, orders, state and markets', async () => {
    await client.connect();
    const heard = new Map<string, unknown[]>();
    const into =
      (name: string) =>
      (event: unknown): void =>
        void heard.set(name, [...(heard.get(name) ?? []), event]);
    const { subscriptions } = client;
    await subscriptions.subscribeToUserFills(USER, into('fills'));
    await subscriptions.subscribeToOrderUpdates(USER, into('orders'));
    await subscriptions.subscribeToUserFundings(USER, into('fundings'));
    await subscriptions.subscribeToUserNonFundingLedgerUpdates(USER, into('ledger'));
    await subscriptions.subscribeToTrades(COIN, into('trades'));
    await subscriptions.subscribeToL2Book(COIN, into('book'));
    await subscriptions.subscribeToBbo(COIN, into('bbo'));
    await subscriptions.subscribeToAllMids(into('mids'));
    await subscriptions.subscribeToActiveAssetCtx(COIN, into('context'));
    await client.custom.marketOpen(COIN, true, 0.01);
    await venue.control.chargeFunding(network.world);
    await client.custom.marketClose(COIN);
    await vi.waitFor(
      () => {
        expect([...heard.keys()].sort()).toEqual(['bbo', 'book', 'context', 'fills', 'fundings', 'ledger', 'mids', 'orders', 'trades']);
        expect(heard.get('fills')).toContainEqual(expect.objectContaining({ fills: [expect.objectContaining({ coin: COIN, dir: 'Close Long' })] }));
        expect(heard.get('orders')?.flat()).toContainEqual(expect.objectContaining({ status: 'filled' }));
      },
      { timeout: 60_000 },
    );
  });

  it('moves money, names an agent and approves a builder', async () => {
    expect(await client.exchange.usdTransfer(OTHER, 5)).toEqual(DONE);
    expect(await client.exchange.transferBetweenSpotAndPerp(10, true)).toEqual(DONE);
    const agent = TRADER + 100 + network.btc;
    expect(await client.exchange.approveAgent({ agentAddress: account(agent).address, agentName: 'copy' })).toEqual(DONE);
    expect(await clientOf(network, agent).exchange.placeOrder(limit(true, 50_000))).toEqual(statuses({ resting: { oid: expect.any(Number) } }));
    await client.custom.cancelAllOrders();
    expect(await client.exchange.approveBuilderFee({ builder: BUILDER, maxFeeRate: '0.05%' })).toEqual(DONE);
    expect(await client.info.getMaxBuilderFee(USER, BUILDER, true)).toBe(50);
    const paying = { ...limit(true, 69_000, { tif: 'Ioc' }), builder: { address: BUILDER, fee: 10 } };
    expect(await client.exchange.placeOrder(paying)).toMatchObject({ response: { data: { statuses: [{ filled: { totalSz: '0.01' } }] } } });
    await client.custom.marketClose(COIN);
    expect(await client.exchange.noop()).toEqual(DONE);
  });

  it('opens a sub-account and trades for it', async () => {
    const master = clientOf(network, MASTER);
    const created = await master.exchange.createSubAccount('desk');
    expect(created).toEqual({ status: 'ok', response: { type: 'createSubAccount', data: expect.stringMatching(/^0x[0-9a-f]{40}$/) } });
    const vaultAddress = String(created.response.data);
    expect(await master.exchange.subAccountTransfer(vaultAddress, true, 1_000_000_000)).toEqual(DONE);
    const desk = clientOf(network, MASTER, { vaultAddress });
    expect(await desk.exchange.placeOrder(limit(true, 50_000))).toEqual(statuses({ resting: { oid: expect.any(Number) } }));
    expect(await client.info.getUserOpenOrders(vaultAddress, true)).toHaveLength(1);
    expect(await client.info.getSubAccounts(account(MASTER).address, true)).toMatchObject([{ name: 'desk', subAccountUser: vaultAddress }]);
  });

  it('is refused naming an address nobody knows when it signs for the other network', async () => {
    const { BASE_URLS } = hyperliquid;
    const [here, there]: ('PRODUCTION' | 'TESTNET')[] = network.isTestnet ? ['TESTNET', 'PRODUCTION'] : ['PRODUCTION', 'TESTNET'];
    if (here === undefined || there === undefined) throw new Error('two networks');
    BASE_URLS[there] = BASE_URLS[here];
    const confused = clientOf(otherOf(network), TRADER);
    pointHyperliquidAt(venue);
    const answer = await confused.exchange.placeOrder(limit(true, 50_000));
    expect(answer).toEqual({ status: 'err', response: expect.stringMatching(/^User or API Wallet 0x[0-9a-f]{40} does not exist\.$/) });
    expect(answer.response).not.toContain(USER.toLowerCase());
    expect(JSON.stringify(await confused.exchange.usdTransfer(OTHER, 1))).toMatch(/0x[0-9a-f]{40}/);
  });
});
