import { describe, expect, it } from 'vitest';
import { LEADER_ORDERS_MAX, LeaderOrders } from './leader-orders';

describe('orders of a leader', () => {
  it('are new once, by coin', () => {
    const orders = new LeaderOrders();
    const learnt = orders.learn();
    expect([learnt.of('BTC').note('1'), learnt.of('BTC').note('1'), learnt.of('ETH').note('1')]).toEqual([true, false, true]);
  });

  it('that were not written down are new again', () => {
    const orders = new LeaderOrders();
    orders.learn().of('BTC').note('1');
    const kept = orders.learn();
    expect(kept.of('BTC').note('1')).toBe(true);
    kept.keep();
    expect(orders.learn().of('BTC').note('1')).toBe(false);
  });

  it('that were found again at start are not new', () => {
    const orders = new LeaderOrders();
    orders.load([{ coin: 'BTC', key: 'twap 3' }]);
    expect([orders.learn().of('BTC').note('twap 3'), orders.learn().of('BTC').note('3')]).toEqual([false, true]);
  });

  it('are forgotten, oldest first, beyond a bound', () => {
    const orders = new LeaderOrders();
    orders.load(Array.from({ length: LEADER_ORDERS_MAX + 1 }, (_, index) => ({ coin: 'BTC', key: String(index) })));
    const learnt = orders.learn();
    expect([learnt.of('BTC').note('0'), learnt.of('BTC').note('1')]).toEqual([true, false]);
  });
});
