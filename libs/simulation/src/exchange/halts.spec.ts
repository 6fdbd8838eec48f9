import { parsePrice, parseSize, price, size, unwrap } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, GENESIS_MS, orderAction, Testbed, wireOrder } from '../builders/testbed';
import type { Json } from './port';
import { type AssetSpec, defaultUniverse } from './universe';

const USER = addressOf(1);
const NVDA = 110_002;
const px = (text: string) => price(unwrap(parsePrice(text), text));
const list = (value: Json): Json[] => (Array.isArray(value) ? value : []);
const statuses = (bed: Testbed): Json[] => list(bed.info('historicalOrders', { user: USER })).map((each) => dig(each, 'status'));
const conserved = (bed: Testbed): void => {
  const { credited, held, fees, builderFees, funding, netLots } = bed.world.control.conservation();
  expect(held + fees + builderFees + funding).toBe(credited);
  for (const lots of Object.values(netLots)) expect(lots).toBe(0);
};

describe('a halt', () => {
  it('of a main dex coin refuses orders until trading resumes; positions and resting orders stay', () => {
    const bed = new Testbed({ makers: true }, { 1: '100000' });
    bed.order(1, { p: '66500', s: '0.1', tif: 'Ioc' }, { p: '60000', s: '0.1' });
    bed.world.control.haltTrading('BTC');
    expect(bed.order(1, { p: '66000', s: '0.1' })).toEqual([{ error: 'Trading is halted. asset=0' }]);
    expect(bed.info('openOrders', { user: USER })).toHaveLength(1);
    bed.world.control.resumeTrading('BTC');
    expect(bed.order(1, { b: false, p: '66000', s: '0.1', r: true, tif: 'Ioc' })).toMatchObject([{ filled: {} }]);
    conserved(bed);
  });

  it('of a builder dex coin cancels every order and settles positions at the mark; the coin may resume', () => {
    const bed = new Testbed({ makers: true });
    bed.world.control.credit(USER, 'xyz', '10000');
    bed.order(1, { a: NVDA, p: '180', s: '10', tif: 'Ioc' }, { a: NVDA, p: '170', s: '10' });
    bed.order(1, { a: NVDA, b: false, p: '160', s: '10', r: true, trigger: { isMarket: true, triggerPx: '170', tpsl: 'sl' } });
    bed.world.control.movePrice('xyz:NVDA', px('180'));
    bed.world.control.haltTrading('xyz:NVDA');
    bed.block();
    expect(dig(bed.info('clearinghouseState', { user: USER, dex: 'xyz' }), 'assetPositions')).toEqual([]);
    expect(bed.info('openOrders', { user: USER, dex: 'xyz' })).toEqual([]);
    expect(statuses(bed)).toEqual(['filled', 'delistedCanceled', 'delistedCanceled', 'filled']);
    expect(dig(bed.info('userFills', { user: USER }), 0)).toMatchObject({ dir: 'Settlement', px: '180.0', fee: '0.0', side: 'A', sz: '10.0' });
    expect(bed.order(1, { a: NVDA, p: '170', s: '10' })).toEqual([{ error: `Trading is halted. asset=${NVDA}` }]);
    conserved(bed);
    bed.world.control.resumeTrading('xyz:NVDA');
    expect(bed.order(1, { a: NVDA, p: '190', s: '1', tif: 'Ioc' })).toMatchObject([{ filled: {} }]);
  });

  it('holds triggers of a main dex coin back, whatever its mark does, until trading resumes', () => {
    const bed = new Testbed({ makers: true }, { 1: '100000' });
    bed.order(1, { p: '66500', s: '0.1', tif: 'Ioc' });
    bed.order(1, { b: false, p: '60000', s: '0.1', r: true, trigger: { isMarket: true, triggerPx: '66000', tpsl: 'sl' } });
    bed.world.control.haltTrading('BTC');
    bed.world.control.movePrice('BTC', px('65000'));
    bed.block(40);
    expect(bed.info('openOrders', { user: USER })).toHaveLength(1);
    expect(dig(bed.info('clearinghouseState', { user: USER }), 'assetPositions', 0, 'position', 'szi')).toBe('0.1');
    bed.world.control.resumeTrading('BTC');
    bed.block(40);
    expect(bed.info('clearinghouseState', { user: USER })).toMatchObject({ assetPositions: [] });
    expect(statuses(bed)[0]).toBe('filled');
    conserved(bed);
  });

  it('for good settles a main dex coin at the average oracle price of the last hour and keeps its slot', () => {
    const bed = new Testbed({ makers: true }, { 1: '100000' });
    bed.order(1, { a: 1, p: '1930', s: '1', tif: 'Ioc' });
    bed.world.control.setOracle('ETH', px('1900'));
    bed.world.advanceTo(GENESIS_MS + 3_600_000);
    bed.world.control.setOracle('ETH', px('2000'));
    bed.world.advanceTo(GENESIS_MS + 3_600_000 + 1_800_000);
    bed.world.control.delist('ETH');
    bed.block();
    const settled = dig(bed.info('userFills', { user: USER }), 0);
    expect(settled).toMatchObject({ dir: 'Settlement', fee: '0.0' });
    expect(Number(dig(settled, 'px'))).toBeCloseTo(1_950, 0);
    expect(dig(bed.info('meta'), 'universe', 1)).toMatchObject({ name: 'ETH', isDelisted: true });
    bed.world.control.resumeTrading('ETH');
    expect(bed.order(1, { a: 1, p: '1930', s: '1' })).toEqual([{ error: 'Trading is halted. asset=1' }]);
    conserved(bed);
  });
});

describe('the time after an upgrade', () => {
  const text = 'Only post-only orders allowed immediately after a network upgrade';
  const order = { p: '66000', s: '0.1' } as const;
  it('takes post-only orders and cancels, and refuses every other order as a whole', () => {
    const bed = new Testbed({ makers: true }, { 1: '100000' });
    bed.world.control.postOnlyPeriod(true);
    expect(bed.order(1, order)).toBe(text);
    expect(bed.order(1, { ...order, tif: 'Alo' }, { ...order, tif: 'Ioc' })).toBe(text);
    const oid = dig(bed.order(1, { ...order, tif: 'Alo' }), 0, 'resting', 'oid');
    expect(bed.act(USER, { type: 'modify', oid, order: wireOrder({ p: '65000', s: '0.1' }) })).toEqual({ status: 'err', response: text });
    expect(bed.act(USER, { type: 'cancel', cancels: [{ a: 0, o: oid }] })).toMatchObject({ status: 'ok' });
    bed.world.control.postOnlyPeriod(false);
    expect(bed.order(1, order)).toMatchObject([{ resting: {} }]);
  });

  it('holds triggers back until it ends', () => {
    const bed = new Testbed({ makers: true }, { 1: '100000' });
    bed.order(1, { p: '66500', s: '0.1', tif: 'Ioc' });
    bed.order(1, { b: false, p: '60000', s: '0.1', r: true, trigger: { isMarket: true, triggerPx: '66000', tpsl: 'sl' } });
    bed.world.control.postOnlyPeriod(true);
    bed.world.control.movePrice('BTC', px('65000'));
    bed.block(40);
    expect(bed.info('openOrders', { user: USER })).toHaveLength(1);
    bed.world.control.postOnlyPeriod(false);
    bed.block(40);
    expect(bed.info('openOrders', { user: USER })).toEqual([]);
  });
});

/** A coin of a builder dex at a hundred dollars. */
const COIN: AssetSpec = { coin: 'one:C0', szDecimals: 2, maxLeverage: 10, marginTableId: 10, startPx: '100' };
const sz = (text: string) => size(unwrap(parseSize(text), text));

describe('open interest at its cap', () => {
  const capped = (): Testbed => {
    const bed = new Testbed({}, { 1: '100000', 2: '100000', 3: '100000' });
    bed.order(2, { b: false, p: '66344', s: '0.1' });
    bed.order(1, { p: '66344', s: '0.1', tif: 'Ioc' });
    bed.world.control.setOpenInterestCap('BTC', '6000');
    bed.block();
    return bed;
  };
  const increase = 'Order would increase open interest while open interest is capped asset=0';

  it('lets positions shrink, and neither grow nor turn', () => {
    const bed = capped();
    expect(bed.info('perpsAtOpenInterestCap')).toEqual(['BTC']);
    bed.order(3, { p: '66000', s: '0.1' });
    expect(bed.order(3, { p: '66400', s: '0.1', tif: 'Ioc' })).toEqual([{ error: increase }]);
    expect(bed.order(1, { b: false, p: '65000', s: '0.2', tif: 'Ioc' })).toEqual([{ error: increase }]);
    expect(statuses(bed)[0]).toBe('positionFlipAtOpenInterestCapRejected');
    expect(bed.order(1, { b: false, p: '66000', s: '0.05', r: true, tif: 'Ioc' })).toMatchObject([{ filled: {} }]);
  });

  it('lets orders wait at the oracle or behind it, and cancels those that wait beyond it', () => {
    const bed = capped();
    expect(bed.order(3, { p: '66345', s: '0.1' })).toEqual([
      { error: 'Order rejected due to price more aggressive than oracle while at open interest cap asset=0' },
    ]);
    expect(bed.order(3, { p: '66344', s: '0.1' })).toMatchObject([{ resting: {} }]);
    bed.world.control.setOracle('BTC', px('66300'));
    bed.block(40);
    expect(dig(bed.info('historicalOrders', { user: addressOf(3) }), 0, 'status')).toBe('openInterestCapCanceled');
    bed.world.control.setOpenInterestCap('BTC', null);
    expect(bed.order(3, { p: '66345', s: '0.1' })).toMatchObject([{ resting: {} }]);
    expect(bed.info('perpsAtOpenInterestCap')).toEqual([]);
  });

  it('is held at the caps that a builder dex tells: 25 million a coin, 400 million in all, a billion units', () => {
    const coins = Array.from({ length: 17 }, (_, at): AssetSpec => ({ ...COIN, coin: `one:C${at}` }));
    const cheap: AssetSpec = { ...COIN, coin: 'one:CHEAP', szDecimals: 0, startPx: '0.02' };
    const [main] = defaultUniverse.dexes;
    if (main === undefined) throw new Error('a universe has a main dex');
    const bed = new Testbed({ universe: { dexes: [main, { ...main, name: 'one', deployerFeeScaleMilli: 1_000, assets: [...coins, cheap] }] } });
    for (const account of [1, 3]) bed.world.control.credit(addressOf(account), 'one', '100000000');
    const force = (coin: string, size: string) => {
      const trade = { address: USER, coin, side: 'buy', price: px(coin === cheap.coin ? '0.02' : '100'), size: sz(size) } as const;
      bed.world.control.forceTradeWith(trade, (outcome) => expect(outcome.ok).toBe(true));
      bed.block();
    };
    const open = (at: number, p = '100', s = '1') => dig(bed.order(3, { a: 110_000 + at, p, s, tif: 'FrontendMarket' }), 0, 'error');
    const none = (at: number) => `No liquidity available for market order. asset=${110_000 + at}`;
    const full = (at: number) => `Order would increase open interest while open interest is capped asset=${110_000 + at}`;
    expect(dig(bed.info('perpDexLimits', { dex: 'one' }), 'coinToOiCap', 0)).toEqual(['one:C0', '25000000.0']);
    force('one:C0', '249999');
    expect(open(0)).toBe(none(0));
    force('one:C0', '1');
    expect(open(0)).toBe(full(0));
    expect(bed.info('perpsAtOpenInterestCap', { dex: 'one' })).toEqual(['one:C0']);
    force(cheap.coin, '999999999');
    expect(open(17, '0.02', '1000')).toBe(none(17));
    force(cheap.coin, '1');
    expect(open(17, '0.02', '1000')).toBe(full(17));
    for (let at = 1; at <= 14; at += 1) force(`one:C${at}`, '249900');
    // 25 + 20 + 14 × 24.99 = 394.86 million.
    force('one:C15', '51399');
    expect(open(16)).toBe(none(16));
    force('one:C15', '1');
    expect(open(16)).toBe(full(16));
    expect(bed.order(1, { a: 110_001, b: false, p: '100', s: '1', r: true, tif: 'Ioc' })).toEqual([
      { error: 'Order could not immediately match against any resting orders. asset=110001' },
    ]);
  });

  it('may not be raised by too much at once', () => {
    const bed = new Testbed({ settings: { openInterestStepUsd: 10_000_000_000 } }, { 1: '100000' });
    expect(bed.act(USER, orderAction({ p: '66000', s: '0.2' }))).toMatchObject({
      response: { data: { statuses: [{ error: 'Order would increase open interest too quickly asset=0' }] } },
    });
  });
});
