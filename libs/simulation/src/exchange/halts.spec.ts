import { parsePrice, price, unwrap } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, GENESIS_MS, orderAction, Testbed, wireOrder } from '../builders/testbed';
import type { Json } from './port';

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

  it('may not be raised by too much at once', () => {
    const bed = new Testbed({ settings: { openInterestStepUsd: 10_000_000_000 } }, { 1: '100000' });
    expect(bed.act(USER, orderAction({ p: '66000', s: '0.2' }))).toMatchObject({
      response: { data: { statuses: [{ error: 'Order would increase open interest too quickly asset=0' }] } },
    });
  });
});
