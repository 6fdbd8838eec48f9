import { describe, expect, it } from 'vitest';
import { dig, type OrderWords, statusesOf, type Testbed, wireOrder } from '../../builders/testbed';
import { grouped, heldSize, listOf, moveBtc, openOf, profitAt, quotedBed, statusesBack, stopAt, USER } from '../../builders/trigger-orders';
import type { Json } from '../port';

describe('modify', () => {
  const modify = (bed: Testbed, oid: Json, order: OrderWords, more: { readonly a?: boolean } = {}) =>
    bed.act(USER, { type: 'modify', oid, order: wireOrder(order), ...more });
  const done = { status: 'ok', response: { type: 'default' } };
  const refusal = (response: string) => ({ status: 'err', response });
  const rested = (bed: Testbed): Json => dig(bed.order(1, { p: '66000', s: '0.1' }), 0, 'resting', 'oid');

  it('ends the old order and places the new one', () => {
    const bed = quotedBed();
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
      const bed = quotedBed();
      const oid = rested(bed);
      expect(modify(bed, oid, order)).toEqual(rests ? done : refusal('Modified order must be post only or a non-crossing GTC order. asset=0'));
      if (!rests) expect(modify(bed, oid, order, { a: true })).toEqual(done);
      expect(bed.info('orderStatus', { user: USER, oid })).toMatchObject({ order: { status: 'canceled' } });
    });

  it('takes the class of its new order inside the block', () => {
    const bed = quotedBed();
    const order = bed.order(1, { p: '66000', s: '0.1' }, { p: '65990', s: '0.1' });
    const later = bed.queue(USER, { type: 'modify', oid: dig(order, 0, 'resting', 'oid'), order: wireOrder({ p: '65000', s: '0.1' }) });
    const sooner = bed.queue(USER, { type: 'modify', oid: dig(order, 1, 'resting', 'oid'), order: wireOrder({ p: '65100', s: '0.1', tif: 'Alo' }) });
    bed.block();
    expect([later(), sooner()]).toEqual([done, done]);
    expect(bed.info('openOrders', { user: USER })).toMatchObject([{ limitPx: '65000.0' }, { limitPx: '65100.0' }]);
  });

  it('of a parent hands its children on, of a child keeps it waiting, and siblings still end one another', () => {
    const bed = quotedBed();
    const answer = grouped(bed, 'normalTpsl', { p: '66000', s: '0.1' }, stopAt('65000'), profitAt('67000'));
    expect(modify(bed, dig(answer, 0, 'resting', 'oid'), { p: '66100', s: '0.1' })).toEqual(done);
    expect(openOf(bed).map((order) => listOf(dig(order, 'children')).length)).toEqual([2, 0, 0]);
    const stop = openOf(bed).find((order) => dig(order, 'orderType') === 'Stop Market') ?? null;
    expect(modify(bed, dig(stop, 'oid'), stopAt('65500'), { a: true })).toEqual(done);
    moveBtc(bed, '66050');
    expect(heldSize(bed)).toBe('0.1');
    moveBtc(bed, '65400');
    expect(heldSize(bed)).toBeNull();
    expect(openOf(bed)).toEqual([]);
    expect(statusesBack(bed)).toContain('siblingFilledCanceled');
  });
});
