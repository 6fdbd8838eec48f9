import { systemTimers } from '@lockstep/platform';
import { LeaderBook } from '@lockstep/replication';
import { entryOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import type { LeaderSight } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { Registry, type WatchedAccount } from '../state/registry';
import { WorkingOrders } from './working-orders';

/** Whether a leader's orders are still known after a look, where it is seen so. */
function known(policy: 'positions' | 'orders', sight: Partial<LeaderSight> | null): boolean {
  const stage = new Stage();
  stage.add(entryOf(1, settingsOf('1', { policy })));
  const working = new LeaderBook();
  working.takeList('', [], () => true, 1);
  const users = { seats: { sightOf: () => sight, followOrders: () => undefined } };
  const registry = new Registry();
  registry.watched.set(1, { no: 1, address: '0xa1', book: stage.book, working, network: { users } } as unknown as WatchedAccount);
  const orders = new WorkingOrders({ registry, timers: systemTimers, limits: { mirrorLookMs: 60_000 } } as unknown as EngineContext, () => undefined);
  orders.start();
  orders.stop();
  return working.knows('');
}

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
});
