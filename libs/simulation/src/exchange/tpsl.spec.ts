import { parsePrice, price, unwrap } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, type OrderWords, statusesOf, Testbed, wireOrder } from '../builders/testbed';
import type { Json } from './port';

const USER = addressOf(1);
const list = (value: Json): Json[] => (Array.isArray(value) ? value : []);
const position = (bed: Testbed): Json => dig(bed.info('clearinghouseState', { user: USER }), 'assetPositions', 0, 'position', 'szi');
const statuses = (bed: Testbed): Json[] => list(bed.info('historicalOrders', { user: USER })).map((each) => dig(each, 'status'));
const open = (bed: Testbed): Json[] => list(bed.info('frontendOpenOrders', { user: USER }));
const grouped = (bed: Testbed, grouping: Json, ...orders: readonly OrderWords[]): Json =>
  statusesOf(bed.act(USER, { type: 'order', orders: orders.map(wireOrder), grouping }));
const move = (bed: Testbed, text: string): void => {
  bed.world.control.movePrice('BTC', price(unwrap(parsePrice(text), text)));
  bed.block();
};
const made = (): Testbed => new Testbed({ makers: true }, { 1: '100000', 2: '100000' });
const long = (): Testbed => {
  const bed = made();
  bed.order(1, { p: '66500', s: '0.1', tif: 'Ioc' });
  return bed;
};
const stopAt = (triggerPx: string, more: Partial<OrderWords> = {}): OrderWords => ({
  b: false,
  p: '60000',
  s: '0.1',
  r: true,
  trigger: { isMarket: true, triggerPx, tpsl: 'sl' },
  ...more,
});
const profitAt = (triggerPx: string, more: Partial<OrderWords> = {}): OrderWords => ({
  b: false,
  p: triggerPx,
  s: '0.1',
  r: true,
  trigger: { isMarket: false, triggerPx, tpsl: 'tp' },
  ...more,
});

describe('trigger orders', () => {
  it('wait until the mark meets their price, then trade: triggered, then filled', () => {
    const bed = long();
    const heard = bed.listen({ type: 'orderUpdates', user: USER });
    expect(bed.order(1, stopAt('66000'))).toEqual(['waitingForTrigger']);
    expect(open(bed)).toMatchObject([
      { isTrigger: true, triggerCondition: 'Price below 66000.0', triggerPx: '66000.0', orderType: 'Stop Market', tif: null },
    ]);
    move(bed, '66001');
    expect(position(bed)).toBe('0.1');
    move(bed, '65999');
    expect(position(bed)).toBeNull();
    const told = heard.flatMap(({ data }) => list(data)).map((update) => dig(update, 'status'));
    expect(told).toEqual(['open', 'triggered', 'open', 'filled']);
    expect(dig(bed.info('historicalOrders', { user: USER }), 0)).toMatchObject({ status: 'filled', order: { orderType: 'Stop Market' } });
  });

  it('name their kind and condition', () => {
    const bed = long();
    bed.order(1, profitAt('68000'), stopAt('64000', { trigger: { isMarket: false, triggerPx: '64000', tpsl: 'sl' } }));
    bed.order(
      1,
      profitAt('69000', { trigger: { isMarket: true, triggerPx: '69000.5', tpsl: 'tp' } }),
      profitAt('70000', { trigger: { isMarket: true, triggerPx: '70000', tpsl: 'tp' } }),
    );
    expect(open(bed).map((order) => [dig(order, 'orderType'), dig(order, 'triggerCondition')])).toEqual([
      ['Take Profit Market', 'Price above 70000.0'],
      ['Stop Limit', 'Price below 64000.0'],
      ['Take Profit Limit', 'Price above 68000.0'],
    ]);
  });

  it('with a limit rest there once fired', () => {
    const bed = long();
    bed.order(1, stopAt('66000', { p: '66200', trigger: { isMarket: false, triggerPx: '66000', tpsl: 'sl' } }));
    move(bed, '65000');
    expect(position(bed)).toBe('0.1');
    expect(open(bed)).toMatchObject([{ limitPx: '66200.0', sz: '0.1', orderType: 'Stop Limit' }]);
    move(bed, '66500');
    expect(position(bed)).toBeNull();
  });

  it('at market trade no further than a tenth from the mark, whatever their limit says', () => {
    const bed = new Testbed({}, { 1: '100000', 2: '1000000' });
    bed.order(2, { b: false, p: '66400', s: '0.1' });
    bed.order(1, { p: '66400', s: '0.1', tif: 'Ioc' });
    bed.order(2, { p: '59000', s: '0.1' });
    bed.order(1, stopAt('66000', { p: '50000' }));
    move(bed, '65900');
    expect(position(bed)).toBe('0.1');
    expect(statuses(bed)[0]).toBe('iocCancelRejected');
    bed.order(2, { p: '59400', s: '0.1' });
    bed.order(1, stopAt('65800', { p: '64000' }));
    move(bed, '65700');
    expect(position(bed)).toBeNull();
  });

  it('that open a position meet their margin check only when they fire', () => {
    const bed = made();
    const entry = (s: string): OrderWords => ({ p: '68000', s, trigger: { isMarket: true, triggerPx: '67000', tpsl: 'sl' } });
    expect(bed.order(1, entry('0.1'), entry('90'))).toEqual(['waitingForTrigger', 'waitingForTrigger']);
    move(bed, '67001');
    expect(position(bed)).toBe('0.1');
    expect(statuses(bed)).toEqual(['perpMarginRejected', 'filled']);
    const strict = new Testbed({ makers: true, settings: { triggerEntries: false } }, { 1: '100000' });
    expect(strict.order(1, entry('0.1'))).toBe('TP/SL orders must be reduce only.');
  });
});

describe('normalTpsl', () => {
  it('children wait for their parent, listed beside and under it, and come alive when it has filled', () => {
    const bed = made();
    expect(grouped(bed, 'normalTpsl', { p: '66000', s: '0.1' }, stopAt('65000'), profitAt('67000'))).toMatchObject([
      { resting: {} },
      'waitingForFill',
      'waitingForFill',
    ]);
    expect(open(bed).map((order) => list(dig(order, 'children')).length)).toEqual([0, 0, 2]);
    move(bed, '65900');
    expect(position(bed)).toBe('0.1');
    expect(open(bed)).toMatchObject([{ orderType: 'Take Profit Limit' }, { orderType: 'Stop Market' }]);
    move(bed, '64900');
    expect(position(bed)).toBeNull();
    expect(statuses(bed)).toEqual(['siblingFilledCanceled', 'filled', 'filled']);
  });

  it('children of a parent that fills at once wait for their trigger at once', () => {
    const bed = made();
    const answer = grouped(bed, 'normalTpsl', { p: '66500', s: '0.1', tif: 'Ioc' }, stopAt('66000'), profitAt('67000'));
    expect(answer).toMatchObject([{ filled: {} }, 'waitingForTrigger', 'waitingForTrigger']);
    move(bed, '67100');
    expect(position(bed)).toBeNull();
    expect(statuses(bed)).toEqual(['filled', 'siblingFilledCanceled', 'filled']);
  });

  it('a child of a part of its parent leaves the other one for the rest', () => {
    const bed = made();
    grouped(bed, 'normalTpsl', { p: '66500', s: '0.1', tif: 'Ioc' }, stopAt('66000', { s: '0.04' }), profitAt('67000'));
    move(bed, '65900');
    expect(position(bed)).toBe('0.06');
    expect(statuses(bed)).toEqual(['siblingFilledCanceled', 'filled', 'filled']);
  });

  it('end with a cancelled, refused or partly filled parent', () => {
    const cancelled = made();
    const answer = grouped(cancelled, 'normalTpsl', { p: '66000', s: '0.1' }, stopAt('65000'));
    cancelled.act(USER, { type: 'cancel', cancels: [{ a: 0, o: dig(answer, 0, 'resting', 'oid') }] });
    expect(statuses(cancelled)).toEqual(['canceled', 'canceled']);
    const refused = made();
    expect(grouped(refused, 'normalTpsl', { p: '66000', s: '90' }, stopAt('65000'))).toEqual([
      { error: 'Insufficient margin to place order. asset=0' },
      { error: 'Insufficient margin to place order. asset=0' },
    ]);
    const partly = new Testbed({}, { 1: '100000', 2: '100000' });
    partly.order(2, { b: false, p: '66400', s: '0.05' });
    grouped(partly, 'normalTpsl', { p: '66400', s: '0.1', tif: 'Ioc' }, stopAt('65000'));
    expect(position(partly)).toBe('0.05');
    expect(statuses(partly)).toEqual(['canceled', 'canceled']);
  });

  it('come alive when margin ran out after a part of the parent had filled', () => {
    const bed = new Testbed({}, { 1: '4000', 2: '1000000' });
    bed.act(USER, { type: 'updateLeverage', asset: 0, isCross: true, leverage: 40 });
    bed.act(USER, { type: 'updateLeverage', asset: 1, isCross: true, leverage: 25 });
    grouped(bed, 'normalTpsl', { p: '66300', s: '2' }, stopAt('60000', { s: '2' }));
    bed.order(2, { b: false, p: '66300', s: '0.1', tif: 'Ioc' });
    bed.order(2, { a: 1, b: false, p: '1919.1', s: '40' });
    expect(bed.order(1, { a: 1, p: '1919.1', s: '40', tif: 'Ioc' })).toMatchObject([{ filled: {} }]);
    bed.order(2, { b: false, p: '66300', s: '1', tif: 'Ioc' });
    expect(statuses(bed).slice(1)).toEqual(['open', 'marginCanceled']);
    expect(open(bed)).toMatchObject([{ orderType: 'Stop Market' }]);
    move(bed, '59900');
    expect(statuses(bed)).not.toContain('open');
  });

  it('a child may be cancelled by itself, by client id too', () => {
    const bed = made();
    const c = '0x000000000000000000000000000000ab';
    grouped(bed, 'normalTpsl', { p: '66000', s: '0.1' }, stopAt('65000', { c }), profitAt('67000'));
    const cancel = { type: 'cancelByCloid', cancels: [{ asset: 0, cloid: c }], f: true };
    expect(statusesOf(bed.act(USER, cancel))).toEqual(['success']);
    expect(open(bed)).toHaveLength(2);
    expect(dig(open(bed), 1, 'children')).toMatchObject([{ orderType: 'Take Profit Limit' }]);
  });

  it('judges the trigger of a child by the price its parent opens at', () => {
    const bed = made();
    const answer = grouped(bed, 'normalTpsl', { p: '60000', s: '0.1' }, stopAt('61000'), profitAt('61000'));
    expect(answer).toMatchObject([{ resting: {} }, { error: 'Invalid TP/SL price. asset=0' }, 'waitingForFill']);
  });
});

describe('positionTpsl', () => {
  it('has the size of the position, follows it, and ends with it', () => {
    const bed = long();
    expect(grouped(bed, 'positionTpsl', stopAt('64000', { s: '0' }), profitAt('69000', { s: '0' }))).toEqual([
      'waitingForTrigger',
      'waitingForTrigger',
    ]);
    expect(open(bed)).toMatchObject([
      { sz: '0.1', isPositionTpsl: true },
      { sz: '0.1', isPositionTpsl: true },
    ]);
    bed.order(1, { p: '66500', s: '0.05', tif: 'Ioc' });
    expect(open(bed)).toMatchObject([{ sz: '0.15', origSz: '0.15' }, { sz: '0.15' }]);
    bed.order(1, { b: false, p: '66000', s: '0.15', tif: 'Ioc' });
    expect(open(bed)).toEqual([]);
    expect(statuses(bed)).toEqual(['filled', 'filled', 'reduceOnlyCanceled', 'reduceOnlyCanceled', 'filled']);
  });

  it('closes the whole position, and the other one goes', () => {
    const bed = long();
    grouped(bed, 'positionTpsl', stopAt('65000', { s: '0' }), profitAt('69000', { s: '0' }));
    bed.order(1, { p: '66500', s: '0.2', tif: 'Ioc' });
    move(bed, '64900');
    expect(position(bed)).toBeNull();
    expect(statuses(bed)).toEqual(['filled', 'siblingFilledCanceled', 'filled', 'filled']);
  });

  it('needs a position', () => {
    expect(grouped(made(), 'positionTpsl', stopAt('64000', { s: '0' }))).toEqual([{ error: 'Reduce only order would increase position. asset=0' }]);
  });
});

describe('modify', () => {
  const modify = (bed: Testbed, oid: Json, order: OrderWords, more: { readonly a?: boolean } = {}) =>
    bed.act(USER, { type: 'modify', oid, order: wireOrder(order), ...more });
  const done = { status: 'ok', response: { type: 'default' } };
  const refusal = (response: string) => ({ status: 'err', response });
  const rested = (bed: Testbed): Json => dig(bed.order(1, { p: '66000', s: '0.1' }), 0, 'resting', 'oid');

  it('ends the old order and places the new one', () => {
    const bed = made();
    const oid = rested(bed);
    expect(modify(bed, oid, { p: '65000', s: '0.2' })).toEqual(done);
    expect(bed.info('openOrders', { user: USER })).toMatchObject([{ limitPx: '65000.0', sz: '0.2' }]);
    expect(modify(bed, oid, { p: '64000', s: '0.2' })).toEqual(refusal('Cannot modify canceled or filled order'));
    const modifies = [
      { oid: dig(bed.info('openOrders', { user: USER }), 0, 'oid'), order: wireOrder({ p: '64000', s: '0.1' }) },
      { oid: 1, order: wireOrder({ p: '64000', s: '0.1' }) },
    ];
    expect(statusesOf(bed.act(USER, { type: 'batchModify', modifies }))).toMatchObject([
      { resting: {} },
      { error: 'Cannot modify canceled or filled order' },
    ]);
  });

  const rows: readonly (readonly [string, OrderWords, boolean])[] = [
    ['a post-only order', { p: '65000', s: '0.1', tif: 'Alo' }, true],
    ['a GTC order that meets nothing', { p: '65000', s: '0.1' }, true],
    ['a GTC order that crosses', { p: '67000', s: '0.1' }, false],
    ['an IOC order', { p: '67000', s: '0.1', tif: 'Ioc' }, false],
    ['a market order', { p: '67000', s: '0.1', tif: 'FrontendMarket' }, false],
    ['a trigger order', { p: '68000', s: '0.1', trigger: { isMarket: true, triggerPx: '67000', tpsl: 'sl' } }, false],
  ];
  for (const [name, order, rests] of rows)
    it(`to ${name} ${rests ? 'needs no' : 'needs'} a: true`, () => {
      const bed = made();
      const oid = rested(bed);
      expect(modify(bed, oid, order)).toEqual(rests ? done : refusal('Modified order must be post only or a non-crossing GTC order. asset=0'));
      if (!rests) expect(modify(bed, oid, order, { a: true })).toEqual(done);
      expect(bed.info('orderStatus', { user: USER, oid })).toMatchObject({ order: { status: 'canceled' } });
    });

  it('takes the class of its new order inside the block', () => {
    const bed = made();
    const order = bed.order(1, { p: '66000', s: '0.1' }, { p: '65990', s: '0.1' });
    const later = bed.queue(USER, { type: 'modify', oid: dig(order, 0, 'resting', 'oid'), order: wireOrder({ p: '65000', s: '0.1' }) });
    const sooner = bed.queue(USER, { type: 'modify', oid: dig(order, 1, 'resting', 'oid'), order: wireOrder({ p: '65100', s: '0.1', tif: 'Alo' }) });
    bed.block();
    expect([later(), sooner()]).toEqual([done, done]);
    expect(bed.info('openOrders', { user: USER })).toMatchObject([{ limitPx: '65000.0' }, { limitPx: '65100.0' }]);
  });

  it('of a parent hands its children on, of a child keeps it waiting, and siblings still end one another', () => {
    const bed = made();
    const answer = grouped(bed, 'normalTpsl', { p: '66000', s: '0.1' }, stopAt('65000'), profitAt('67000'));
    expect(modify(bed, dig(answer, 0, 'resting', 'oid'), { p: '66100', s: '0.1' })).toEqual(done);
    expect(open(bed).map((order) => list(dig(order, 'children')).length)).toEqual([2, 0, 0]);
    const stop = open(bed).find((order) => dig(order, 'orderType') === 'Stop Market') ?? null;
    expect(modify(bed, dig(stop, 'oid'), stopAt('65500'), { a: true })).toEqual(done);
    move(bed, '66050');
    expect(position(bed)).toBe('0.1');
    move(bed, '65400');
    expect(position(bed)).toBeNull();
    expect(open(bed)).toEqual([]);
    expect(statuses(bed)).toContain('siblingFilledCanceled');
  });
});

describe('a request is refused as a whole', () => {
  const order = { p: '66000', s: '0.1' } as const;
  const ioc = { ...order, tif: 'Ioc' } as const;
  const rows: readonly (readonly [string, Json, readonly OrderWords[], string])[] = [
    ['an empty batch', 'na', [], 'Order batch is empty.'],
    ['a take-profit that is not reduce-only', 'normalTpsl', [order, profitAt('67000', { r: false })], 'TP/SL orders must be reduce only.'],
    ['a position stop that is not reduce-only', 'positionTpsl', [stopAt('64000', { r: false })], 'TP/SL orders must be reduce only.'],
    ['a child without a trigger', 'normalTpsl', [order, { ...order, b: false, r: true }], 'Invalid TP/SL grouping.'],
    ['a child on the side of its parent', 'normalTpsl', [order, profitAt('67000', { b: true })], 'Invalid TP/SL grouping.'],
    ['a position grouping with a plain order', 'positionTpsl', [order], 'Invalid TP/SL grouping.'],
    ['orders of spot and perps', 'na', [order, { ...order, a: 10_000 }], 'Orders of one batch must be of one asset class.'],
    ['a priority of mixed kinds', { p: 10 }, [ioc, order], 'Priority orders must be all IOC or all post only without reduce only.'],
    [
      'a priority of reduce-only posts',
      { p: 10 },
      [{ ...order, tif: 'Alo', r: true }],
      'Priority orders must be all IOC or all post only without reduce only.',
    ],
    ['a priority nobody has staked for', { p: 10 }, [ioc], 'Insufficient delegatable balance for priority order'],
  ];
  for (const [name, grouping, orders, text] of rows)
    it(`for ${name}: ${text}`, () => {
      expect(grouped(made(), grouping, ...orders)).toBe(text);
    });

  it('a priority of nothing, or where stake is not asked for, is taken; one outside 0 to 1e8 is no request', () => {
    expect(grouped(made(), { p: 0 }, { ...order, p: '66500', tif: 'Ioc' })).toMatchObject([{ filled: {} }]);
    const free = new Testbed({ makers: true, settings: { priorityNeedsStake: false } }, { 1: '100000' });
    expect(grouped(free, { p: 5 }, { ...order, tif: 'Alo' })).toMatchObject([{ resting: {} }]);
    for (const p of [-1, 100_000_001, 0.5]) expect(free.world.accepts({ type: 'order', orders: [wireOrder(order)], grouping: { p } })).toBe(false);
  });
});
