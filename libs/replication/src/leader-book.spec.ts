import { describe, expect, it } from 'vitest';
import { ENDED_KEPT_MS, LeaderBook, type ListedOrder, leftOf, unfilledOf, unplannedOf } from './leader-book';

const listed = (orderId: string, remaining: number, part: Partial<ListedOrder> = {}): ListedOrder => ({
  orderId,
  coin: 'BTC',
  buy: true,
  reduceOnly: false,
  price: 100,
  trigger: null,
  ofPosition: false,
  original: 10,
  remaining,
  ...part,
});

/** What is left of order `a` to mirror, what it may have filled unseen, and what its mirror's claim is measured by. */
function of(book: LeaderBook, leaderLots = 0): string {
  const order = book.find('a');
  return order === undefined
    ? 'gone'
    : `left ${leftOf(order, leaderLots)}, unplanned ${unplannedOf(order, leaderLots)}, unfilled ${unfilledOf(order, leaderLots)}`;
}

describe('the working orders of a leader', () => {
  it.each<[string, (book: LeaderBook) => void, string]>([
    ['as listed', () => undefined, 'left 10, unplanned 0, unfilled 10'],
    ['a fill before the update: the fill counts at once', (book) => book.noteFill('a', 4, 2), 'left 6, unplanned 0, unfilled 6'],
    [
      'the update before the fill: the fill is still to come',
      (book) => book.takeChange({ orderId: 'a', remaining: 6, state: 'open' }, 2),
      'left 6, unplanned 4, unfilled 6',
    ],
    [
      'both are the same fill',
      (book) => {
        book.takeChange({ orderId: 'a', remaining: 6, state: 'open' }, 2);
        book.noteFill('a', 4, 3);
      },
      'left 6, unplanned 0, unfilled 6',
    ],
    ['filled, its fill to come', (book) => book.takeChange({ orderId: 'a', remaining: 0, state: 'filled' }, 2), 'left 0, unplanned 10, unfilled 0'],
    ['cancelled', (book) => book.takeChange({ orderId: 'a', remaining: 10, state: 'cancelled' }, 2), 'left 0, unplanned 0, unfilled 10'],
    [
      'cancelled with a part filled',
      (book) => book.takeChange({ orderId: 'a', remaining: 7, state: 'cancelled' }, 2),
      'left 0, unplanned 3, unfilled 7',
    ],
    ['a list names it no more: all of it may be filled', (book) => book.takeList([], 2, 2), 'left 0, unplanned 10, unfilled 0'],
    [
      'what ended after the list was asked for stays ended',
      (book) => {
        book.takeChange({ orderId: 'a', remaining: 10, state: 'cancelled' }, 3);
        book.takeList([listed('a', 10)], 2, 4);
      },
      'left 0, unplanned 0, unfilled 10',
    ],
    [
      'an older list tells more than a fill: the fill stands',
      (book) => {
        book.noteFill('a', 4, 2);
        book.takeList([listed('a', 10)], 3, 3);
      },
      'left 6, unplanned 0, unfilled 6',
    ],
    [
      'ended long ago',
      (book) => {
        book.takeChange({ orderId: 'a', remaining: 10, state: 'cancelled' }, 3);
        book.forgetEnded(3 + ENDED_KEPT_MS);
      },
      'gone',
    ],
  ])('%s', (_what, happens, expected) => {
    const book = new LeaderBook();
    book.takeList([listed('a', 10)], 1, 1);
    happens(book);
    expect(of(book)).toBe(expected);
  });

  it('what was filled of an order before it was listed is in the position it was read with, and a fill told before counts once', () => {
    const book = new LeaderBook();
    book.noteFill('a', 3, 1);
    book.takeList([listed('a', 7)], 2, 2);
    expect(of(book)).toBe('left 7, unplanned 0, unfilled 7');
    book.noteFill('a', 2, 3);
    expect(of(book)).toBe('left 5, unplanned 0, unfilled 5');
  });

  it('a new order must be listed: the stream does not tell what it is', () => {
    const book = new LeaderBook();
    expect(book.takeChange({ orderId: 'a', remaining: 10, state: 'open' }, 1)).toBe(false);
    expect(book.takeChange({ orderId: 'a', remaining: 0, state: 'cancelled' }, 2)).toBe(true);
    expect(of(book)).toBe('gone');
  });

  it('one of the position follows its size', () => {
    const book = new LeaderBook();
    book.takeList([listed('a', 0, { ofPosition: true, original: 0, buy: false })], 1, 1);
    expect(of(book, 8)).toBe('left 8, unplanned 0, unfilled Infinity');
    book.takeChange({ orderId: 'a', remaining: 0, state: 'filled' }, 2);
    expect(of(book, 8)).toBe('left 0, unplanned 8, unfilled 0');
  });
});
