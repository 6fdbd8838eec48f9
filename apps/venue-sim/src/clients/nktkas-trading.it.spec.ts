import type { VenueProcess } from '@lockstep/simulation';
import type { OrderParameters } from '@nktkas/hyperliquid';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { account } from '../testing/clients';
import { NETWORKS, type Nktkas, nktkasOf, nktkasOver, nktkasSocket, otherOf, startNetworks } from './networks';
import { skipUnlessKnown } from './what-is-known';

const TRADER = account(1_101);
const USER = { user: TRADER.address };
const CLOID = '0xc1000000000000000000000000000001';
const SECOND_CLOID = '0xc1000000000000000000000000000002';
const NOBODY = /^User or API Wallet 0x[0-9a-f]{40} does not exist\.$/;

type Order = OrderParameters['orders'][number];

let venue: VenueProcess;
beforeAll(async () => {
  venue = await startNetworks([{ address: TRADER.address, credits: { '': '100000', xyz: '20000' } }]);
});
afterAll(() => venue.stop());

describe.each(NETWORKS)('@nktkas/hyperliquid trades on $name', (network) => {
  let client: Nktkas;
  beforeAll(() => {
    client = nktkasOf(venue, network, TRADER);
  });

  const order = (b: boolean, p: string, s: string, rest: Partial<Order> = {}): Order => ({
    a: network.btc,
    b,
    p,
    s,
    r: false,
    t: { limit: { tif: 'Gtc' } },
    ...rest,
  });
  /** Sells at the market, down to a tenth below its trigger. */
  const trigger = (tpsl: 'tp' | 'sl', triggerPx: string, s: string): Order =>
    order(false, String(Number(triggerPx) * 0.9), s, { r: true, t: { trigger: { isMarket: true, triggerPx, tpsl } } });
  const place = async (...orders: Order[]) => (await client.exchange.order({ orders, grouping: 'na' })).response.data.statuses;
  const market = (b: boolean, s: string, r = false) => place(order(b, b ? '69000' : '63000', s, { r, t: { limit: { tif: 'FrontendMarket' } } }));
  const rest = async (c?: `0x${string}`): Promise<number> => {
    const [status] = await place(order(true, '50000', '0.01', c === undefined ? {} : { c }));
    if (typeof status !== 'object' || !('resting' in status)) throw new Error(`not resting: ${JSON.stringify(status)}`);
    return status.resting.oid;
  };
  const held = async (): Promise<string> =>
    (await client.info.clearinghouseState(USER)).assetPositions.find(({ position }) => position.coin === 'BTC')?.position.szi ?? '0.0';
  const open = async () => client.info.frontendOpenOrders(USER);
  const cancelAll = async (): Promise<void> => {
    const orders = await open();
    if (orders.length > 0) await client.exchange.cancel({ cancels: orders.map(({ oid }) => ({ a: network.btc, o: oid })) });
  };

  it('rests a limit order, is told of it, and cancels it by id', async () => {
    const oid = await rest();
    expect(await open()).toMatchObject([{ coin: 'BTC', side: 'B', limitPx: '50000.0', sz: '0.01', oid, orderType: 'Limit', tif: 'Gtc' }]);
    expect(await client.info.openOrders(USER)).toMatchObject([{ coin: 'BTC', oid, origSz: '0.01' }]);
    const cancelled = await client.exchange.cancel({ cancels: [{ a: network.btc, o: oid }] });
    expect(cancelled.response.data.statuses).toEqual(['success']);
    expect(await client.info.orderStatus({ ...USER, oid })).toMatchObject({ status: 'order', order: { status: 'canceled' } });
    await expect(client.exchange.cancel({ cancels: [{ a: network.btc, o: oid }] })).rejects.toThrow(
      `Order was never placed, already canceled, or filled. asset=${network.btc}`,
    );
  });

  it('cancels by client id, and asks by it', async () => {
    const oid = await rest(CLOID);
    expect(await client.info.orderStatus({ ...USER, oid: CLOID })).toMatchObject({ order: { order: { oid, cloid: CLOID }, status: 'open' } });
    const cancelled = await client.exchange.cancelByCloid({ cancels: [{ asset: network.btc, cloid: CLOID }] });
    expect(cancelled.response.data.statuses).toEqual(['success']);
    expect(await client.info.orderStatus({ ...USER, oid: SECOND_CLOID })).toEqual({ status: 'unknownOid' });
  });

  it('modifies one order by id and by client id, and several at once', async () => {
    const oid = await rest();
    await client.exchange.modify({ oid, order: order(true, '50001', '0.02', { c: CLOID }) });
    expect(await open()).toMatchObject([{ limitPx: '50001.0', sz: '0.02', cloid: CLOID }]);
    await client.exchange.modify({ oid: CLOID, order: order(true, '50002', '0.02', { c: CLOID }) });
    const [first] = await open();
    expect(first).toMatchObject({ limitPx: '50002.0', cloid: CLOID });
    const second = await rest();
    const modified = await client.exchange.batchModify({
      modifies: [
        { oid: first?.oid ?? 0, order: order(true, '50003', '0.01') },
        { oid: second, order: order(true, '50004', '0.01') },
      ],
    });
    expect(modified.response.data.statuses).toMatchObject([{ resting: { oid: expect.any(Number) } }, { resting: { oid: expect.any(Number) } }]);
    expect((await open()).map(({ limitPx }) => limitPx).sort()).toEqual(['50003.0', '50004.0']);
    await cancelAll();
  });

  it('opens at the market, holds the position, is told of the fill, and closes', async () => {
    const [bought] = await market(true, '0.01');
    expect(bought).toMatchObject({ filled: { totalSz: '0.01', avgPx: expect.stringMatching(/^\d+(\.\d+)?$/), oid: expect.any(Number) } });
    expect(await held()).toBe('0.01');
    const { assetPositions, marginSummary } = await client.info.clearinghouseState(USER);
    expect(assetPositions).toMatchObject([
      { type: 'oneWay', position: { coin: 'BTC', szi: '0.01', leverage: { type: 'cross' }, maxLeverage: 40, cumFunding: { sinceOpen: '0.0' } } },
    ]);
    expect(Number(marginSummary.totalMarginUsed)).toBeGreaterThan(0);
    const [fill] = await client.info.userFills(USER);
    expect(fill).toMatchObject({ coin: 'BTC', side: 'B', dir: 'Open Long', sz: '0.01', crossed: true, feeToken: 'USDC', startPosition: '0.0' });
    await market(false, '0.01', true);
    expect(await held()).toBe('0.0');
    const fills = await client.info.userFillsByTime({ ...USER, startTime: fill?.time ?? 0, aggregateByTime: true });
    expect(fills.map(({ dir }) => dir)).toEqual(expect.arrayContaining(['Open Long', 'Close Long']));
  });

  it.each([
    ['below $10', '50000', '0.0001', 'Gtc', 'Order must have minimum value of $10.'],
    ['post-only that would trade', '70000', '0.01', 'Alo', 'Post only order would have immediately matched, bbo was'],
    ['immediate without a match', '60000', '0.01', 'Ioc', 'Order could not immediately match against any resting orders.'],
    ['off the tick', '50000.5', '0.01', 'Gtc', 'Price must be divisible by tick size.'],
    ['too large for the margin', '60000', '500', 'Gtc', 'Insufficient margin to place order.'],
  ] as const)('is refused an order %s', async (_what, p, s, tif, text) => {
    await expect(client.exchange.order({ orders: [{ ...order(true, p, s), t: { limit: { tif } } }], grouping: 'na' })).rejects.toThrow(text);
  });

  it('protects a position with a stop that closes it when the mark falls', async () => {
    await market(true, '0.01');
    const statuses = (await client.exchange.order({ orders: [trigger('sl', '60000', '0.01')], grouping: 'na' })).response.data.statuses;
    expect(statuses).toEqual(['waitingForTrigger']);
    expect(await open()).toMatchObject([{ isTrigger: true, triggerPx: '60000.0', orderType: 'Stop Market', reduceOnly: true, tif: null }]);
    await venue.control.movePrices(network.world, [{ coin: 'BTC', price: '59000' }]);
    await vi.waitFor(async () => expect(await held()).toBe('0.0'));
    await venue.control.movePrices(network.world, [{ coin: 'BTC', price: '66344' }]);
  });

  it('groups a take-profit and a stop under an order that rests, and cancels them with it', async () => {
    const { response } = await client.exchange.order({
      orders: [order(true, '50000', '0.01'), trigger('tp', '80000', '0.01'), trigger('sl', '40000', '0.01')],
      grouping: 'normalTpsl',
    });
    expect(response.data.statuses).toEqual([{ resting: { oid: expect.any(Number) } }, 'waitingForFill', 'waitingForFill']);
    const [parent] = (await open()).filter(({ isTrigger }) => !isTrigger);
    expect(parent?.children).toMatchObject([
      { isTrigger: true, orderType: 'Take Profit Market' },
      { isTrigger: true, orderType: 'Stop Market' },
    ]);
    await client.exchange.cancel({ cancels: [{ a: network.btc, o: parent?.oid ?? 0 }] });
    expect(await open()).toEqual([]);
  });

  it('sets a take-profit and a stop on the position itself', async () => {
    await market(true, '0.01');
    const { response } = await client.exchange.order({
      orders: [trigger('tp', '80000', '0.01'), trigger('sl', '40000', '0.01')],
      grouping: 'positionTpsl',
    });
    expect(response.data.statuses).toEqual(['waitingForTrigger', 'waitingForTrigger']);
    expect(await open()).toMatchObject([{ isPositionTpsl: true }, { isPositionTpsl: true }]);
    await market(false, '0.01', true);
    await cancelAll();
    expect(await held()).toBe('0.0');
  });

  it('sets cross and isolated leverage, and moves isolated margin', async () => {
    await client.exchange.updateLeverage({ asset: network.btc, isCross: false, leverage: 7 });
    expect((await client.info.activeAssetData({ ...USER, coin: 'BTC' })).leverage).toMatchObject({ type: 'isolated', value: 7 });
    await market(true, '0.01');
    const margin = async (): Promise<number> => Number((await client.info.clearinghouseState(USER)).assetPositions[0]?.position.marginUsed);
    const before = await margin();
    await client.exchange.updateIsolatedMargin({ asset: network.btc, isBuy: true, ntli: 25_000_000 });
    expect((await margin()) - before).toBeCloseTo(25, 1);
    await market(false, '0.01', true);
    await client.exchange.updateLeverage({ asset: network.btc, isCross: true, leverage: 20 });
    await expect(client.exchange.updateLeverage({ asset: network.btc, isCross: true, leverage: 99 })).rejects.toThrow('Invalid leverage value');
  });

  it('trades a builder-deployed market by its own asset id and clearinghouse', async () => {
    const dexes = await client.info.perpDexs();
    const index = dexes.findIndex((dex) => dex?.name === 'xyz');
    const { universe } = await client.info.meta({ dex: 'xyz' });
    const gold = 100_000 + index * 10_000 + universe.findIndex(({ name }) => name === 'xyz:GOLD');
    const { response } = await client.exchange.order({
      orders: [{ a: gold, b: true, p: '5000', s: '0.1', r: false, t: { limit: { tif: 'Ioc' } } }],
      grouping: 'na',
    });
    expect(response.data.statuses).toMatchObject([{ filled: { totalSz: '0.1' } }]);
    const { assetPositions } = await client.info.clearinghouseState({ ...USER, dex: 'xyz' });
    expect(assetPositions).toMatchObject([{ position: { coin: 'xyz:GOLD', szi: '0.1' } }]);
  });

  it('places, modifies and cancels over the socket as over HTTP', async () => {
    const transport = nktkasSocket(venue, network);
    const over = nktkasOver(transport, TRADER);
    await over.exchange.order({ orders: [order(true, '50000', '0.01', { c: CLOID })], grouping: 'na' });
    await over.exchange.modify({ oid: CLOID, order: order(true, '50005', '0.01', { c: CLOID }) });
    expect(await over.info.openOrders(USER)).toMatchObject([{ limitPx: '50005.0', cloid: CLOID }]);
    await over.exchange.cancelByCloid({ cancels: [{ asset: network.btc, cloid: CLOID }] });
    await expect(over.exchange.cancel({ cancels: [{ a: network.btc, o: 1 }] })).rejects.toThrow('Order was never placed');
    await transport.close();
  });

  it('is refused naming an address nobody knows when it signs for the other network', async () => {
    const confused = nktkasOf(venue, { ...network, isTestnet: otherOf(network).isTestnet }, TRADER);
    await expect(confused.exchange.order({ orders: [order(true, '50000', '0.01')], grouping: 'na' })).rejects.toThrow(NOBODY);
    await expect(confused.exchange.usdSend({ destination: USER.user, amount: '1' })).rejects.toThrow(
      /User: 0x[0-9a-f]{40}|0x[0-9a-f]{40} does not exist/,
    );
    await expect(confused.exchange.usdSend({ destination: USER.user, amount: '1' })).rejects.not.toThrow(USER.user.toLowerCase());
  });

  it('lets an order die at its expiry', async () => {
    const orders = [order(true, '50000', '0.01')];
    await expect(client.exchange.order({ orders, grouping: 'na' }, { expiresAfter: Date.now() - 60_000 })).rejects.toThrow('Action already expired');
    await client.exchange.order({ orders, grouping: 'na' }, { expiresAfter: Date.now() + 60_000 });
    await cancelAll();
  });

  it('uses up a nonce, and is refused a dead-man switch before it has traded enough', async () => {
    await client.exchange.noop();
    await expect(client.exchange.scheduleCancel({ time: Date.now() + 10_000 })).rejects.toThrow(
      'Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $',
    );
  });

  it('slices an order over time and stops it', async (context) => {
    const twap = { a: network.btc, b: true, s: '0.1', r: false, m: 5, t: false };
    await skipUnlessKnown(context, venue, network, {
      actions: [
        { type: 'twapOrder', twap },
        { type: 'twapCancel', a: network.btc, t: 1 },
      ],
    });
    const { response } = await client.exchange.twapOrder({ twap });
    expect(response.data.status).toMatchObject({ running: { twapId: expect.any(Number) } });
    const { twapId } = response.data.status.running;
    const stopped = await client.exchange.twapCancel({ a: network.btc, t: twapId });
    expect(stopped.response.data.status).toBe('success');
    await expect(client.exchange.twapOrder({ twap: { ...twap, s: '0.001' } })).rejects.toThrow('TWAP order value too small');
    const position = await held();
    if (position !== '0.0') await market(false, position, true);
  });
});
