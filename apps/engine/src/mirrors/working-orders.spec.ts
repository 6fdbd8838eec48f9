import { systemTimers } from '@lockstep/platform';
import { LeaderBook } from '@lockstep/replication';
import { entryOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import type { LeaderSight } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { Registry, type WatchedAccount } from '../state/registry';
import { WorkingOrders } from './working-orders';

/** A leader whose orders were listed, of whom a copy mirrors them or not, seen as told. */
function begin(policy: 'positions' | 'orders', sight: Partial<LeaderSight> | null) {
  const stage = new Stage();
  stage.add(entryOf(1, settingsOf('1', { policy })));
  const working = new LeaderBook();
  working.takeList('', [], () => true, 1);
  const named: (readonly string[])[] = [];
  const users = { seats: { sightOf: () => sight, followOrders: (addresses: readonly string[]) => named.push(addresses) } };
  const registry = new Registry();
  const watched = { no: 1, address: '0xa1', book: stage.book, working, network: { users } } as unknown as WatchedAccount;
  registry.watched.set(1, watched);
  const changed: WatchedAccount[] = [];
  const standingStops = { mirrors: () => [] };
  const ctx = { registry, standingStops, timers: systemTimers, limits: { mirrorLookMs: 60_000 } } as unknown as EngineContext;
  const orders = new WorkingOrders(ctx, (one) => changed.push(one));
  return { orders, watched, working, changed, registry, named };
}

/** Whether a leader's orders are still known after a look, where it is seen so. */
function known(policy: 'positions' | 'orders', sight: Partial<LeaderSight> | null): boolean {
  const { orders, working } = begin(policy, sight);
  orders.start();
  orders.stop();
  return working.knows('');
}

describe('leaders whose orders are followed', () => {
  it('keep their places: who mirrors later is named behind them', () => {
    const { orders, watched, registry, named } = begin('orders', { source: 'stream', seat: true, orders: true });
    orders.follow();
    // Loaded earlier, but its copy mirrors from now on.
    const earlier = { ...watched, no: 0, address: '0xa0', working: new LeaderBook() };
    registry.watched.clear();
    for (const one of [earlier, watched]) registry.watched.set(one.no, one);
    orders.follow();
    orders.follow();
    registry.watched.delete(watched.no);
    registry.watched.set(2, { ...watched, no: 2, book: new Stage().book });
    orders.follow();
    expect(named).toEqual([['0xa1'], ['0xa1', '0xa0'], ['0xa0']]);
  });
});

describe('a list of a leader’s orders is known as long as somebody renews it', () => {
  it.each<[string, 'positions' | 'orders', Partial<LeaderSight> | null, boolean]>([
    ['its stream tells them', 'orders', { source: 'stream', seat: true, orders: true }, true],
    ['its stream is lost, its fills are swept', 'orders', { source: 'sweep', seat: true, orders: true }, false],
    ['its seat went to another', 'orders', { source: 'sweep', seat: false, orders: false }, false],
    ['its orders are not told with its stream', 'orders', { source: 'stream', seat: true, orders: false }, false],
    ['its network has no seats to say', 'orders', null, true],
    ['no copy mirrors', 'positions', { source: 'stream', seat: true, orders: true }, false],
  ])('%s', (_what, policy, sight, expected) => {
    expect(known(policy, sight)).toBe(expected);
  });

  it('the venue says that it renews it no more: at once, in one dex or in any', () => {
    const { orders, watched, working, changed } = begin('orders', { source: 'stream', seat: true, orders: true });
    working.takeList('xyz', [], () => false, 1);
    orders.lose(watched, 'xyz');
    expect([working.knows(''), working.knows('xyz')]).toEqual([true, false]);
    orders.lose(watched);
    expect([working.knows(''), changed]).toEqual([false, [watched, watched]]);
  });
});
