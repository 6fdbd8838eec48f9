import { describe, expect, it } from 'vitest';
import { dig, type OrderWords, statusesOf, Testbed } from '../builders/testbed';
import { grouped, heldSize, listOf, longBed, moveBtc, openOf, profitAt, quotedBed, statusesBack, stopAt, USER } from '../builders/trigger-orders';
import type { Json } from './port';

describe('trigger orders', () => {
  it('wait until the mark meets their price, then trade: triggered, then filled', () => {
    const bed = longBed();
    const heard = bed.listen({ type: 'orderUpdates', user: USER });
    expect(bed.order(1, stopAt('66000'))).toEqual(['waitingForTrigger']);
    expect(openOf(bed)).toMatchObject([
      { isTrigger: true, triggerCondition: 'Price below 66000.0', triggerPx: '66000.0', orderType: 'Stop Market', tif: null },
    ]);
    moveBtc(bed, '66001');
    expect(heldSize(bed)).toBe('0.1');
    moveBtc(bed, '65999');
    expect(heldSize(bed)).toBeNull();
    const told = heard.flatMap(({ data }) => listOf(data)).map((update) => dig(update, 'status'));
    expect(told).toEqual(['open', 'triggered', 'open', 'filled']);
    expect(dig(bed.info('historicalOrders', { user: USER }), 0)).toMatchObject({ status: 'filled', order: { orderType: 'Stop Market' } });
  });

  it('name their kind and condition', () => {
    const bed = longBed();
    bed.order(1, profitAt('68000'), stopAt('64000', { trigger: { isMarket: false, triggerPx: '64000', tpsl: 'sl' } }));
    bed.order(
      1,
      profitAt('69000', { trigger: { isMarket: true, triggerPx: '69000.5', tpsl: 'tp' } }),
      profitAt('70000', { trigger: { isMarket: true, triggerPx: '70000', tpsl: 'tp' } }),
    );
    expect(openOf(bed).map((order) => [dig(order, 'orderType'), dig(order, 'triggerCondition')])).toEqual([
      ['Take Profit Market', 'Price above 70000.0'],
      ['Stop Limit', 'Price below 64000.0'],
      ['Take Profit Limit', 'Price above 68000.0'],
    ]);
  });

  it('with a limit rest there once fired', () => {
    const bed = longBed();
    bed.order(1, stopAt('66000', { p: '66200', trigger: { isMarket: false, triggerPx: '66000', tpsl: 'sl' } }));
    moveBtc(bed, '65000');
    expect(heldSize(bed)).toBe('0.1');
    expect(openOf(bed)).toMatchObject([{ limitPx: '66200.0', sz: '0.1', orderType: 'Stop Limit' }]);
    moveBtc(bed, '66500');
    expect(heldSize(bed)).toBeNull();
  });

  it('at market trade no further than a tenth from the mark, whatever their limit says', () => {
    const bed = new Testbed({}, { 1: '100000', 2: '1000000' });
    bed.order(2, { b: false, p: '66400', s: '0.1' });
    bed.order(1, { p: '66400', s: '0.1', tif: 'Ioc' });
    bed.order(2, { p: '59000', s: '0.1' });
    bed.order(1, stopAt('66000', { p: '50000' }));
    moveBtc(bed, '65900');
    expect(heldSize(bed)).toBe('0.1');
    expect(statusesBack(bed)[0]).toBe('iocCancelRejected');
    bed.order(2, { p: '59400', s: '0.1' });
    bed.order(1, stopAt('65800', { p: '64000' }));
    moveBtc(bed, '65700');
    expect(heldSize(bed)).toBeNull();
  });

  it('that open a position meet their margin check only when they fire', () => {
    const bed = quotedBed();
    const entry = (s: string): OrderWords => ({ p: '68000', s, trigger: { isMarket: true, triggerPx: '67000', tpsl: 'sl' } });
    expect(bed.order(1, entry('0.1'), entry('90'))).toEqual(['waitingForTrigger', 'waitingForTrigger']);
    moveBtc(bed, '67001');
    expect(heldSize(bed)).toBe('0.1');
    expect(statusesBack(bed)).toEqual(['perpMarginRejected', 'filled']);
    const strict = new Testbed({ makers: true, settings: { triggerEntries: false } }, { 1: '100000' });
    expect(strict.order(1, entry('0.1'))).toBe('TP/SL orders must be reduce only.');
  });
});

describe('normalTpsl', () => {
  it('children wait for their parent, listed beside and under it, and come alive when it has filled', () => {
    const bed = quotedBed();
    expect(grouped(bed, 'normalTpsl', { p: '66000', s: '0.1' }, stopAt('65000'), profitAt('67000'))).toMatchObject([
      { resting: {} },
      'waitingForFill',
      'waitingForFill',
    ]);
    expect(openOf(bed).map((order) => listOf(dig(order, 'children')).length)).toEqual([0, 0, 2]);
    moveBtc(bed, '65900');
    expect(heldSize(bed)).toBe('0.1');
    expect(openOf(bed)).toMatchObject([{ orderType: 'Take Profit Limit' }, { orderType: 'Stop Market' }]);
    moveBtc(bed, '64900');
    expect(heldSize(bed)).toBeNull();
    expect(statusesBack(bed)).toEqual(['siblingFilledCanceled', 'filled', 'filled']);
  });

  it('children of a parent that fills at once wait for their trigger at once', () => {
    const bed = quotedBed();
    const answer = grouped(bed, 'normalTpsl', { p: '66500', s: '0.1', tif: 'Ioc' }, stopAt('66000'), profitAt('67000'));
    expect(answer).toMatchObject([{ filled: {} }, 'waitingForTrigger', 'waitingForTrigger']);
    moveBtc(bed, '67100');
    expect(heldSize(bed)).toBeNull();
    expect(statusesBack(bed)).toEqual(['filled', 'siblingFilledCanceled', 'filled']);
  });

  it('a child of a part of its parent leaves the other one for the rest', () => {
    const bed = quotedBed();
    grouped(bed, 'normalTpsl', { p: '66500', s: '0.1', tif: 'Ioc' }, stopAt('66000', { s: '0.04' }), profitAt('67000'));
    moveBtc(bed, '65900');
    expect(heldSize(bed)).toBe('0.06');
    expect(statusesBack(bed)).toEqual(['siblingFilledCanceled', 'filled', 'filled']);
  });

  it('end with a cancelled, refused or partly filled parent', () => {
    const cancelled = quotedBed();
    const answer = grouped(cancelled, 'normalTpsl', { p: '66000', s: '0.1' }, stopAt('65000'));
    cancelled.act(USER, { type: 'cancel', cancels: [{ a: 0, o: dig(answer, 0, 'resting', 'oid') }] });
    expect(statusesBack(cancelled)).toEqual(['canceled', 'canceled']);
    const refused = quotedBed();
    expect(grouped(refused, 'normalTpsl', { p: '66000', s: '90' }, stopAt('65000'))).toEqual([
      { error: 'Insufficient margin to place order. asset=0' },
      { error: 'Insufficient margin to place order. asset=0' },
    ]);
    const partly = new Testbed({}, { 1: '100000', 2: '100000' });
    partly.order(2, { b: false, p: '66400', s: '0.05' });
    grouped(partly, 'normalTpsl', { p: '66400', s: '0.1', tif: 'Ioc' }, stopAt('65000'));
    expect(heldSize(partly)).toBe('0.05');
    expect(statusesBack(partly)).toEqual(['canceled', 'canceled']);
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
    expect(statusesBack(bed).slice(1)).toEqual(['open', 'marginCanceled']);
    expect(openOf(bed)).toMatchObject([{ orderType: 'Stop Market' }]);
    moveBtc(bed, '59900');
    expect(statusesBack(bed)).not.toContain('open');
  });

  it('a child may be cancelled by itself, by client id too', () => {
    const bed = quotedBed();
    const c = '0x000000000000000000000000000000ab';
    grouped(bed, 'normalTpsl', { p: '66000', s: '0.1' }, stopAt('65000', { c }), profitAt('67000'));
    const cancel = { type: 'cancelByCloid', cancels: [{ asset: 0, cloid: c }], f: true };
    expect(statusesOf(bed.act(USER, cancel))).toEqual(['success']);
    expect(openOf(bed)).toHaveLength(2);
    expect(dig(openOf(bed), 1, 'children')).toMatchObject([{ orderType: 'Take Profit Limit' }]);
  });

  it('judges the trigger of a child by the price its parent opens at', () => {
    const bed = quotedBed();
    const answer = grouped(bed, 'normalTpsl', { p: '60000', s: '0.1' }, stopAt('61000'), profitAt('61000'));
    expect(answer).toMatchObject([{ resting: {} }, { error: 'Invalid TP/SL price. asset=0' }, 'waitingForFill']);
  });
});

describe('the minimum of ten dollars', () => {
  const below: Json = { error: 'Order must have minimum value of $10. asset=0' };
  it('holds for a stop that closes a part of a position, and not for one that closes all of it', () => {
    const bed = quotedBed();
    bed.order(1, { p: '66500', s: '0.0002', tif: 'Ioc' });
    expect(bed.order(1, stopAt('64000', { s: '0.0001' }))).toEqual([below]);
    expect(statusesBack(bed)[0]).toBe('minTradeNtlRejected');
    expect(bed.order(1, stopAt('40000', { p: '36000', s: '0.0002' }))).toEqual(['waitingForTrigger']);
    expect(bed.order(1, stopAt('64000', { s: '0.001' }))).toEqual(['waitingForTrigger']);
  });

  it('holds for a child that closes a part of what its parent opens', () => {
    const bed = quotedBed();
    const answer = grouped(
      bed,
      'normalTpsl',
      { p: '60000', s: '0.0002' },
      stopAt('59000', { p: '50000', s: '0.0001' }),
      profitAt('67000', { s: '0.0002' }),
    );
    expect(answer).toMatchObject([{ resting: {} }, below, 'waitingForFill']);
    const whole = grouped(bed, 'normalTpsl', { p: '60000', s: '0.0002' }, stopAt('50000', { p: '45000', s: '0.0002' }));
    expect(whole).toMatchObject([{ resting: {} }, 'waitingForFill']);
  });

  it('does not hold for one of the whole position, which has its size', () => {
    const bed = quotedBed();
    bed.order(1, { p: '66500', s: '0.0002', tif: 'Ioc' });
    expect(grouped(bed, 'positionTpsl', stopAt('40000', { p: '36000', s: '0' }))).toEqual(['waitingForTrigger']);
  });
});

describe('positionTpsl', () => {
  it('has the size of the position, follows it, and ends with it', () => {
    const bed = longBed();
    expect(grouped(bed, 'positionTpsl', stopAt('64000', { s: '0' }), profitAt('69000', { s: '0' }))).toEqual([
      'waitingForTrigger',
      'waitingForTrigger',
    ]);
    expect(openOf(bed)).toMatchObject([
      { sz: '0.1', isPositionTpsl: true },
      { sz: '0.1', isPositionTpsl: true },
    ]);
    bed.order(1, { p: '66500', s: '0.05', tif: 'Ioc' });
    expect(openOf(bed)).toMatchObject([{ sz: '0.15', origSz: '0.15' }, { sz: '0.15' }]);
    bed.order(1, { b: false, p: '66000', s: '0.15', tif: 'Ioc' });
    expect(openOf(bed)).toEqual([]);
    expect(statusesBack(bed)).toEqual(['filled', 'filled', 'reduceOnlyCanceled', 'reduceOnlyCanceled', 'filled']);
  });

  it('closes the whole position, and the other one goes', () => {
    const bed = longBed();
    grouped(bed, 'positionTpsl', stopAt('65000', { s: '0' }), profitAt('69000', { s: '0' }));
    bed.order(1, { p: '66500', s: '0.2', tif: 'Ioc' });
    moveBtc(bed, '64900');
    expect(heldSize(bed)).toBeNull();
    expect(statusesBack(bed)).toEqual(['filled', 'siblingFilledCanceled', 'filled', 'filled']);
  });

  it('needs a position', () => {
    expect(grouped(quotedBed(), 'positionTpsl', stopAt('64000', { s: '0' }))).toEqual([
      { error: 'Reduce only order would increase position. asset=0' },
    ]);
  });
});
