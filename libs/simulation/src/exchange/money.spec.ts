import { type Price, parsePrice, price, size, unwrap } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, GENESIS_MS, statusesOf, Testbed, wireOrder } from '../builders/testbed';
import type { Json } from './port';

const px = (text: string): Price => price(unwrap(parsePrice(text), text));
const TSLA = 110_001;
const NVDA = 110_002;
const state = (bed: Testbed, account: number, dex = ''): Json => bed.info('clearinghouseState', { user: addressOf(account), dex });
const conserved = (bed: Testbed): void => {
  const { credited, held, fees, builderFees, funding, netLots } = bed.world.control.conservation();
  expect(held + fees + builderFees + funding).toBe(credited);
  for (const lots of Object.values(netLots)) expect(lots).toBe(0);
};

/** Account 2 sells to account 1 on an asset, who takes. */
function meet(bed: Testbed, asset: number, p: string, s: string): Json {
  bed.order(2, { a: asset, b: false, p, s });
  return bed.order(1, { a: asset, p, s, tif: 'Ioc' });
}

describe('fees', () => {
  const rows: readonly {
    readonly asset: number;
    readonly p: string;
    readonly s: string;
    readonly taker: string;
    readonly maker: string;
    readonly why: string;
  }[] = [
    { asset: 0, p: '66000', s: '0.1', taker: '2.97', maker: '0.99', why: '0.045 % and 0.015 % on the main dex' },
    { asset: NVDA, p: '176', s: '10', taker: '1.584', maker: '0.528', why: 'twice that on a builder dex at scale 1' },
    { asset: TSLA, p: '400', s: '10', taker: '0.36', maker: '0.12', why: 'a tenth of twice that in growth mode' },
  ];
  for (const { asset, p, s, taker, maker, why } of rows)
    it(`are ${why}`, () => {
      const bed = new Testbed({}, { 1: '10000', 2: '10000' });
      for (const account of [1, 2]) bed.world.control.credit(addressOf(account), 'xyz', '10000');
      expect(meet(bed, asset, p, s)).toMatchObject([{ filled: { totalSz: expect.any(String) } }]);
      expect(dig(bed.info('userFills', { user: addressOf(1) }), 0, 'fee')).toBe(taker);
      expect(dig(bed.info('userFills', { user: addressOf(2) }), 0, 'fee')).toBe(maker);
      conserved(bed);
    });

  it('carry a builder fee on top once the main wallet approved it', () => {
    const bed = new Testbed({}, { 1: '10000', 2: '10000', 9: '100' });
    const builder = addressOf(9);
    const order: Json = { type: 'order', orders: [wireOrder({ p: '66000', s: '0.1', tif: 'Ioc' })], grouping: 'na', builder: { b: builder, f: 30 } };
    bed.order(2, { b: false, p: '66000', s: '0.1' });
    expect(bed.act(addressOf(1), order)).toEqual({ status: 'err', response: 'Builder fee has not been approved.' });
    const approval = (nonce: number) => ({
      type: 'approveBuilderFee',
      hyperliquidChain: 'Mainnet',
      signatureChainId: '0x66eee',
      maxFeeRate: '0.03%',
      builder,
      nonce,
    });
    const nonce = bed.world.now() + 50;
    expect(bed.act(addressOf(1), approval(nonce), nonce)).toEqual({ status: 'ok', response: { type: 'default' } });
    expect(bed.info('maxBuilderFee', { user: addressOf(1), builder })).toBe(30);
    expect(statusesOf(bed.act(addressOf(1), order))).toMatchObject([{ filled: {} }]);
    expect(bed.info('userFills', { user: addressOf(1) })).toMatchObject([{ fee: '4.95', builderFee: '1.98' }]);
    conserved(bed);
  });
});

describe('margin', () => {
  it('shows cross equity, margin and the free part by the venue formulas', () => {
    const bed = new Testbed({}, { 1: '10000', 2: '100000' });
    bed.act(addressOf(1), { type: 'updateLeverage', asset: 0, isCross: true, leverage: 10 });
    meet(bed, 0, '66344', '0.5');
    expect(state(bed, 1)).toMatchObject({
      marginSummary: { accountValue: '9985.0726', totalNtlPos: '33172.0', totalRawUsd: '-23186.9274', totalMarginUsed: '3317.2' },
      crossMaintenanceMarginUsed: '414.65',
      withdrawable: '6667.8726',
      assetPositions: [{ type: 'oneWay', position: { coin: 'BTC', szi: '0.5', entryPx: '66344.0', leverage: { type: 'cross', value: 10 } } }],
    });
  });

  it('keeps an isolated position apart and gives its margin back on the close', () => {
    const bed = new Testbed();
    for (const account of [1, 2]) bed.world.control.credit(addressOf(account), 'xyz', '10000');
    meet(bed, TSLA, '400', '10');
    expect(dig(state(bed, 1, 'xyz'), 'assetPositions', 0, 'position')).toMatchObject({
      leverage: { type: 'isolated', value: 10, rawUsd: '-3600.36' },
      marginUsed: '394.84',
    });
    expect(bed.act(addressOf(1), { type: 'updateLeverage', asset: TSLA, isCross: true, leverage: 5 })).toMatchObject({
      response: 'Cross margin is not allowed for this asset.',
    });
    bed.order(2, { a: TSLA, p: '400', s: '10' });
    bed.order(1, { a: TSLA, b: false, p: '400', s: '10', tif: 'Ioc' });
    expect(state(bed, 1, 'xyz')).toMatchObject({ withdrawable: '9999.28', assetPositions: [] });
    conserved(bed);
  });

  it('refuses a switch of margin mode with a position and a leverage outside 1 to the maximum', () => {
    const bed = new Testbed({}, { 1: '10000', 2: '100000' });
    meet(bed, 0, '66344', '0.1');
    const set = (isCross: boolean, leverage: number) => bed.act(addressOf(1), { type: 'updateLeverage', asset: 0, isCross, leverage });
    expect(set(false, 10)).toMatchObject({ response: 'Cannot switch leverage type with open position.' });
    expect(set(true, 41)).toMatchObject({ response: 'Invalid leverage value' });
    expect(set(true, 0)).toMatchObject({ response: 'Invalid leverage value' });
    expect(set(true, 5)).toEqual({ status: 'ok', response: { type: 'default' } });
  });
});

describe('liquidation', () => {
  it('closes the whole position at market once equity is below maintenance, and only then', () => {
    const bed = new Testbed({ makers: true }, { 1: '1000', 2: '100000' });
    bed.act(addressOf(1), { type: 'updateLeverage', asset: 0, isCross: true, leverage: 40 });
    bed.order(1, { p: '66400', s: '0.5', tif: 'Ioc' });
    bed.world.control.movePrice('BTC', px('65300'));
    bed.block();
    expect(dig(state(bed, 1), 'assetPositions', 0, 'position', 'szi')).toBe('0.5');
    bed.world.control.movePrice('BTC', px('65100'));
    bed.block(2);
    expect(dig(state(bed, 1), 'assetPositions')).toEqual([]);
    expect(dig(bed.info('userFills', { user: addressOf(1) }), 0)).toMatchObject({
      dir: 'Close Long',
      liquidation: { liquidatedUser: addressOf(1), markPx: '65100.0', method: 'market' },
    });
    conserved(bed);
  });

  it('hands the position to the house at the mark when the book cannot take it', () => {
    const bed = new Testbed({}, { 1: '1000', 2: '1000000' });
    bed.act(addressOf(1), { type: 'updateLeverage', asset: 0, isCross: true, leverage: 40 });
    meet(bed, 0, '66344', '0.5');
    bed.world.control.movePrice('BTC', px('60000'));
    bed.block(2);
    expect(state(bed, 1)).toMatchObject({ withdrawable: '0.0', assetPositions: [] });
    expect(dig(bed.info('userFills', { user: addressOf(1) }), 0, 'liquidation', 'method')).toBe('backstop');
    conserved(bed);
  });
});

describe('funding', () => {
  it('charges longs and pays shorts size × oracle × rate every hour, in the first block after it as recorded', () => {
    const bed = new Testbed({}, { 1: '100000', 2: '100000' });
    meet(bed, 0, '66344', '1');
    bed.world.control.setFunding('BTC', '0.0001');
    // A world begins a second after the hour.
    const hour = GENESIS_MS + 3_599_000;
    bed.world.advanceTo(hour);
    expect(bed.info('userFunding', { user: addressOf(1) })).toEqual([]);
    bed.block();
    const time = hour + 100;
    const payment = { type: 'funding', coin: 'BTC', fundingRate: '0.0001', nSamples: null };
    expect(bed.info('userFunding', { user: addressOf(1) })).toMatchObject([{ time, delta: { ...payment, usdc: '-6.6344', szi: '1.0' } }]);
    expect(bed.info('userFunding', { user: addressOf(2) })).toMatchObject([{ delta: { ...payment, usdc: '6.6344', szi: '-1.0' } }]);
    expect(bed.info('fundingHistory', { coin: 'BTC', startTime: 0 })).toMatchObject([{ fundingRate: '0.0001', time }]);
    conserved(bed);
  });

  it('is charged every hour before a price of its block fills what stands', () => {
    const bed = new Testbed({}, { 1: '100000', 2: '100000' });
    bed.world.control.setFunding('BTC', '0.0001');
    bed.order(1, { p: '65900', s: '1' });
    bed.world.advanceTo(GENESIS_MS + 3_599_000);
    bed.world.control.quote('BTC', [], [{ price: px('65900'), size: size(100_000_000n) }]);
    bed.block();
    expect(dig(state(bed, 1), 'assetPositions', 0, 'position', 'szi')).toBe('1.0');
    expect(bed.info('userFunding', { user: addressOf(1) })).toEqual([]);
    conserved(bed);
  });

  it('comes behind what was asked for before it in its block, or first, as at a full hour', () => {
    const charged = (order: 'in_turn' | 'first'): Json => {
      const bed = new Testbed({}, { 1: '100000', 2: '100000' });
      meet(bed, 0, '66344', '1');
      bed.world.control.setFunding('BTC', '0.0001');
      bed.world.control.advanceFunding(order);
      bed.block();
      return dig(state(bed, 1), 'assetPositions', 0, 'position', 'cumFunding', 'allTime');
    };
    expect(charged('in_turn')).toBe('6.6344');
    expect(charged('first')).not.toBe('6.6344');
  });

  it('is summed for the position since it opened and since it last changed, and for the coin over all its positions', () => {
    const bed = new Testbed({}, { 1: '100000', 2: '100000' });
    const hour = () => {
      bed.world.control.setFunding('BTC', '0.0001');
      bed.world.control.advanceFunding();
      bed.block();
    };
    const sums = (account: number): Json => dig(state(bed, account), 'assetPositions', 0, 'position', 'cumFunding');
    meet(bed, 0, '66344', '1');
    hour();
    meet(bed, 0, '66344', '1');
    hour();
    expect(sums(1)).toEqual({ allTime: '19.9032', sinceOpen: '19.9032', sinceChange: '13.2688' });
    bed.order(2, { p: '66344', s: '3' });
    bed.order(1, { b: false, p: '66344', s: '3', tif: 'Ioc' });
    expect(sums(1)).toEqual({ allTime: '19.9032', sinceOpen: '0.0', sinceChange: '0.0' });
    hour();
    expect(sums(1)).toEqual({ allTime: '13.2688', sinceOpen: '-6.6344', sinceChange: '-6.6344' });
    meet(bed, 0, '66344', '1');
    expect(state(bed, 1)).toMatchObject({ assetPositions: [] });
    meet(bed, 0, '66344', '1');
    expect(sums(1)).toEqual({ allTime: '13.2688', sinceOpen: '0.0', sinceChange: '0.0' });
    expect(sums(2)).toEqual({ allTime: '-13.2688', sinceOpen: '0.0', sinceChange: '0.0' });
    conserved(bed);
  });

  it('computes the baseline rate while the book stands at the oracle', () => {
    const bed = new Testbed({ makers: true });
    bed.world.advanceTo(GENESIS_MS + 3_600_000);
    expect(bed.info('fundingHistory', { coin: 'BTC', startTime: 0 })).toMatchObject([{ fundingRate: '0.0000125' }]);
  });
});

describe('a forced trade', () => {
  it('fills at exactly its price, also off the grid and below the minimum, and groups by order', async () => {
    const bed = new Testbed({}, { 1: '1000' });
    const trade = { address: addressOf(1), coin: 'MET', side: 'buy', size: 300_000_000n, orderId: 42 } as const;
    const size = trade.size as Parameters<typeof bed.world.control.forceTrade>[0]['size'];
    const first = bed.world.control.forceTrade({ ...trade, size, price: px('0.46783633') });
    const second = bed.world.control.forceTrade({ ...trade, size, price: px('0.5') });
    bed.block();
    expect(await first).toMatchObject({ ok: true });
    expect(await second).toMatchObject({ ok: true });
    expect(bed.info('userFills', { user: addressOf(1) })).toMatchObject([
      { px: '0.5', sz: '3.0', oid: 42, dir: 'Open Long', startPosition: '3.0', crossed: true },
      { px: '0.46783633', sz: '3.0', oid: 42, dir: 'Open Long', startPosition: '0.0' },
    ]);
    expect(bed.info('orderStatus', { user: addressOf(1), oid: 42 })).toMatchObject({ order: { status: 'filled', order: { origSz: '6.0' } } });
    conserved(bed);
  });
});
