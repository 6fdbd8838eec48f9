import { describe, expect, it } from 'vitest';
import type { WatchEvent } from '../../port';
import { OrderLists } from './order-lists';

const [FIRST, SECOND] = ['0xa1', '0xa2'];

/** What is told, in short, of lists that come while FIRST is streamed or not. */
function begin() {
  const told: string[] = [];
  const streamed = new Set([SECOND]);
  const lists = new OrderLists(
    (user) => streamed.has(user),
    (event: WatchEvent) => {
      if (event.kind === 'open_orders') told.push(`${event.address} ${event.dex}@${event.receivedAt}`);
      if (event.kind === 'orders_lost') told.push(`${event.address} ${event.dex ?? 'all'} lost`);
    },
  );
  const list = (address: string, dex: string, receivedAt: number): void => lists.take({ kind: 'open_orders', address, dex, orders: [], receivedAt });
  return { lists, told, streamed, list };
}

describe('lists of working orders', () => {
  it('wait for the snapshot of their user’s stream, the newest of each dex, and hold up nobody else’s', () => {
    const { lists, told, streamed, list } = begin();
    list(FIRST, 'main', 1);
    list(FIRST, 'xyz', 1);
    list(FIRST, 'main', 2);
    list(SECOND, 'main', 3);
    lists.release(FIRST);
    expect(told).toEqual([`${SECOND} main@3`]);
    streamed.add(FIRST);
    lists.release(FIRST);
    lists.release(FIRST);
    list(FIRST, 'main', 4);
    expect(told.slice(1)).toEqual([`${FIRST} main@2`, `${FIRST} xyz@1`, `${FIRST} main@4`]);
  });

  it('of a stream that was lost are not told with the next', () => {
    const { lists, told, streamed, list } = begin();
    list(FIRST, 'main', 1);
    list(FIRST, 'xyz', 1);
    lists.lose(FIRST, 'xyz');
    streamed.add(FIRST);
    lists.release(FIRST);
    streamed.delete(FIRST);
    list(FIRST, 'main', 2);
    lists.lose(FIRST);
    streamed.add(FIRST);
    lists.release(FIRST);
    expect(told).toEqual([`${FIRST} xyz lost`, `${FIRST} main@1`, `${FIRST} all lost`]);
  });
});
