import { describe, expect, it } from 'vitest';
import { type OrderWords, Testbed, wireOrder } from '../../builders/testbed';
import { grouped, profitAt, quotedBed, stopAt } from '../../builders/trigger-orders';
import type { Json } from '../port';

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
      expect(grouped(quotedBed(), grouping, ...orders)).toBe(text);
    });

  it('a priority of nothing, or where stake is not asked for, is taken; one outside 0 to 1e8 is no request', () => {
    expect(grouped(quotedBed(), { p: 0 }, { ...order, p: '66500', tif: 'Ioc' })).toMatchObject([{ filled: {} }]);
    const free = new Testbed({ makers: true, settings: { priorityNeedsStake: false } }, { 1: '100000' });
    expect(grouped(free, { p: 5 }, { ...order, tif: 'Alo' })).toMatchObject([{ resting: {} }]);
    for (const p of [-1, 100_000_001, 0.5]) expect(free.world.accepts({ type: 'order', orders: [wireOrder(order)], grouping: { p } })).toBe(false);
  });
});
