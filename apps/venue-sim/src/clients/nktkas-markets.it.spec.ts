import type { VenueProcess } from '@lockstep/simulation';
import { SymbolConverter } from '@nktkas/hyperliquid/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { account } from '../testing/clients';
import { NETWORKS, type Nktkas, nktkasHttp, nktkasOf, nktkasOver, nktkasSocket, startNetworks } from './networks';
import { skipUnlessKnown } from './what-is-known';

const TRADER = account(1_201);
const USER = { user: TRADER.address };
const STRANGER = { user: account(1_299).address };
const DECIMAL = expect.stringMatching(/^-?\d+(\.\d+)?$/);

let venue: VenueProcess;
beforeAll(async () => {
  venue = await startNetworks([{ address: TRADER.address, credits: { '': '50000', spot: '700', xyz: '300' } }]);
});
afterAll(() => venue.stop());

describe.each(NETWORKS)('@nktkas/hyperliquid reads $name', (network) => {
  let client: Nktkas;
  beforeAll(() => {
    client = nktkasOf(venue, network, TRADER);
  });

  it('markets and their contexts, in one order', async () => {
    const { universe, marginTables, collateralToken } = await client.info.meta();
    expect(universe[network.btc]).toMatchObject({ name: 'BTC', szDecimals: 5, maxLeverage: 40, marginTableId: 56 });
    expect(universe.some(({ isDelisted }) => isDelisted)).toBe(true);
    expect(universe.some(({ onlyIsolated }) => onlyIsolated)).toBe(true);
    expect(marginTables).toEqual(expect.arrayContaining([[56, expect.objectContaining({ marginTiers: expect.any(Array) })]]));
    expect(collateralToken).toBe(0);
    const [meta, contexts] = await client.info.metaAndAssetCtxs();
    expect(meta.universe).toEqual(universe);
    expect(contexts).toHaveLength(universe.length);
    expect(contexts[network.btc]).toMatchObject({
      funding: DECIMAL,
      openInterest: DECIMAL,
      prevDayPx: DECIMAL,
      dayNtlVlm: DECIMAL,
      oraclePx: DECIMAL,
      markPx: DECIMAL,
      midPx: DECIMAL,
      impactPxs: [DECIMAL, DECIMAL],
    });
  });

  it('builder-deployed dexes', async () => {
    const dexes = await client.info.perpDexs();
    expect(dexes[0]).toBeNull();
    const [xyz] = dexes.filter((dex) => dex?.name === 'xyz');
    expect(xyz).toMatchObject({ fullName: expect.any(String), deployer: expect.stringMatching(/^0x/), deployerFeeScale: DECIMAL });
    const metas = await client.info.allPerpMetas();
    expect(metas).toHaveLength(dexes.length);
    expect((await client.info.meta({ dex: 'xyz' })).universe.every(({ name }) => name.startsWith('xyz:'))).toBe(true);
  });

  it('mids, the book at any coarseness, trades and candles', async () => {
    const mids = await client.info.allMids();
    expect(Number(mids.BTC)).toBeGreaterThan(0);
    const book = await client.info.l2Book({ coin: 'BTC' });
    expect(book).toMatchObject({ coin: 'BTC', time: expect.any(Number), levels: [expect.any(Array), expect.any(Array)] });
    expect(book?.levels[0][0]).toMatchObject({ px: DECIMAL, sz: DECIMAL, n: expect.any(Number) });
    const coarse = await client.info.l2Book({ coin: 'BTC', nSigFigs: 3 });
    expect(Number(coarse?.levels[0][0]?.px) % 100).toBe(0);
    await client.exchange.order({
      orders: [{ a: network.btc, b: true, p: '69000', s: '0.001', r: false, t: { limit: { tif: 'Ioc' } } }],
      grouping: 'na',
    });
    const [trade] = await client.info.recentTrades({ coin: 'BTC' });
    expect(trade).toMatchObject({ coin: 'BTC', side: 'B', sz: '0.001', hash: expect.stringMatching(/^0x[0-9a-f]{64}$/), users: expect.any(Array) });
    const [bar] = await client.info.candleSnapshot({ coin: 'BTC', interval: '1m', startTime: (trade?.time ?? 0) - 60_000 });
    expect(bar).toMatchObject({ s: 'BTC', i: '1m', o: DECIMAL, c: DECIMAL, h: DECIMAL, l: DECIMAL, v: DECIMAL, n: expect.any(Number) });
  });

  it('the spot side, and resolves every market by name', async (context) => {
    await skipUnlessKnown(context, venue, network, { info: [{ type: 'spotMetaAndAssetCtxs' }] });
    const { tokens, universe } = await client.info.spotMeta();
    expect(tokens[0]).toMatchObject({ name: 'USDC', index: 0, szDecimals: 8, tokenId: expect.stringMatching(/^0x/) });
    const [meta, contexts] = await client.info.spotMetaAndAssetCtxs();
    expect(meta.universe).toEqual(universe);
    expect(contexts.length).toBeGreaterThanOrEqual(universe.length);
    const symbols = await SymbolConverter.create({ transport: nktkasHttp(venue, network), dexs: true });
    expect(symbols.getAssetId('BTC')).toBe(network.btc);
    expect(symbols.getAssetId('xyz:XYZ100')).toBe(110_000);
    expect(symbols.getSzDecimals('ETH')).toBe(4);
  });

  it('balances of every purse, and nothing of a stranger', async () => {
    const main = await client.info.clearinghouseState(USER);
    expect(Number(main.marginSummary.accountValue)).toBeGreaterThan(49_000);
    expect(main).toMatchObject({
      crossMarginSummary: { accountValue: DECIMAL, totalNtlPos: DECIMAL, totalRawUsd: DECIMAL, totalMarginUsed: DECIMAL },
      crossMaintenanceMarginUsed: DECIMAL,
      withdrawable: DECIMAL,
      time: expect.any(Number),
    });
    expect(Number((await client.info.clearinghouseState({ ...USER, dex: 'xyz' })).marginSummary.accountValue)).toBe(300);
    expect((await client.info.spotClearinghouseState(USER)).balances).toMatchObject([{ coin: 'USDC', token: 0, total: '700.0', hold: '0.0' }]);
    expect((await client.info.clearinghouseState(STRANGER)).assetPositions).toEqual([]);
    expect((await client.info.userFills(STRANGER)).length).toBe(0);
    expect((await client.info.userRole(STRANGER)).role).toBe('missing');
  });

  it('what an account may do: fees, budget, mode, role, limits of a coin', async () => {
    const fees = await client.info.userFees(USER);
    expect(fees).toMatchObject({ userCrossRate: DECIMAL, userAddRate: DECIMAL, feeSchedule: { cross: DECIMAL, add: DECIMAL } });
    expect(await client.info.userRateLimit(USER)).toMatchObject({
      cumVlm: DECIMAL,
      nRequestsUsed: expect.any(Number),
      nRequestsCap: expect.any(Number),
    });
    expect(await client.info.userAbstraction(USER)).toBe('disabled');
    expect((await client.info.userRole(USER)).role).toBe('user');
    const limits = await client.info.activeAssetData({ ...USER, coin: 'ETH' });
    expect(limits).toMatchObject({ coin: 'ETH', leverage: { type: 'cross' }, maxTradeSzs: [DECIMAL, DECIMAL], availableToTrade: [DECIMAL, DECIMAL] });
    expect((await client.info.exchangeStatus()).time).toBeGreaterThan(0);
  });

  it('its history: orders, funding, transfers', async () => {
    const [order] = await client.info.historicalOrders(USER);
    expect(order).toMatchObject({
      status: expect.any(String),
      statusTimestamp: expect.any(Number),
      order: { coin: 'BTC', orderType: expect.any(String) },
    });
    await venue.control.chargeFunding(network.world);
    const [charge] = await client.info.userFunding({ ...USER, startTime: 0 });
    expect(charge).toMatchObject({ delta: { type: 'funding', coin: 'BTC', usdc: DECIMAL, szi: '0.001', fundingRate: DECIMAL } });
    const [rate] = await client.info.fundingHistory({ coin: 'BTC', startTime: 0 });
    expect(rate).toMatchObject({ coin: 'BTC', fundingRate: DECIMAL, premium: DECIMAL });
    expect(await client.info.userNonFundingLedgerUpdates({ ...USER, startTime: 0 })).toEqual(expect.any(Array));
  });

  /** Reads a trading screen or a copy platform asks for beside the ones above, by the client's own methods. */
  const READS: readonly (readonly [string, Readonly<Record<string, unknown>>, (client: Nktkas) => Promise<unknown>, unknown])[] = [
    ['portfolio', USER, ({ info }) => info.portfolio(USER), expect.arrayContaining([['day', expect.objectContaining({ vlm: DECIMAL })]])],
    ['referral', USER, ({ info }) => info.referral(USER), expect.objectContaining({ unclaimedRewards: DECIMAL, builderRewards: DECIMAL })],
    ['subAccounts', USER, ({ info }) => info.subAccounts(USER), null],
    ['subAccounts2', USER, ({ info }) => info.subAccounts2(USER), null],
    ['predictedFundings', {}, ({ info }) => info.predictedFundings(), expect.arrayContaining([['BTC', expect.any(Array)]])],
    ['perpsAtOpenInterestCap', {}, ({ info }) => info.perpsAtOpenInterestCap(), expect.any(Array)],
    ['perpDexLimits', { dex: 'xyz' }, ({ info }) => info.perpDexLimits({ dex: 'xyz' }), expect.objectContaining({ totalOiCap: DECIMAL })],
    ['perpDexStatus', { dex: 'xyz' }, ({ info }) => info.perpDexStatus({ dex: 'xyz' }), expect.objectContaining({ totalNetDeposit: DECIMAL })],
    ['marginTable', { id: 56 }, ({ info }) => info.marginTable({ id: 56 }), expect.objectContaining({ marginTiers: expect.any(Array) })],
    ['maxMarketOrderNtls', {}, ({ info }) => info.maxMarketOrderNtls(), expect.any(Array)],
    ['userVaultEquities', USER, ({ info }) => info.userVaultEquities(USER), expect.any(Array)],
    ['userTwapSliceFills', USER, ({ info }) => info.userTwapSliceFills(USER), expect.any(Array)],
    ['twapHistory', USER, ({ info }) => info.twapHistory(USER), expect.any(Array)],
    ['legalCheck', USER, ({ info }) => info.legalCheck(USER), expect.objectContaining({ ipAllowed: true })],
    [
      'webData2',
      USER,
      ({ info }) => info.webData2(USER),
      expect.objectContaining({ clearinghouseState: expect.any(Object), serverTime: expect.any(Number) }),
    ],
  ];

  it.for(READS)('%s', async ([type, parameters, read, expected], context) => {
    await skipUnlessKnown(context, venue, network, { info: [{ type, ...parameters }] });
    expect(await read(client)).toEqual(expected);
  });

  it('the same over the socket', async () => {
    const transport = nktkasSocket(venue, network);
    const over = nktkasOver(transport, TRADER);
    expect(await over.info.meta()).toEqual(await client.info.meta());
    expect(await over.info.spotClearinghouseState(USER)).toEqual(await client.info.spotClearinghouseState(USER));
    await transport.close();
  });
});
