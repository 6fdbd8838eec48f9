import { describe, expect, it } from 'vitest';
import { CANCELLED_AFTER_MS, ENDED_KEPT_MS, LeaderBook, type ListedOrder, leftOf, unfilledOf, unplannedOf } from './leader-book';

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
const list = (book: LeaderBook, at: number, ...orders: readonly ListedOrder[]): void => book.takeList('', orders, () => true, at);

/** What is left of order `a` to mirror, what it may have filled unseen, and what its mirror's claim is measured by. */
function of(book: LeaderBook, leaderLots = 0): string {
  const order = book.find('a');
  if (order === undefined) return 'gone';
  return `left ${leftOf(order, leaderLots)}, unplanned ${unplannedOf(order, leaderLots)}, unfilled ${unfilledOf(order, leaderLots)}`;
}

const fills = (book: LeaderBook, lots: number, at: number): void => {
  book.noteTold('a', lots, at);
  book.noteFill('a', lots, at);
};

describe('the working orders of a leader', () => {
  it.each<[string, (book: LeaderBook) => void, string]>([
    ['as listed', () => undefined, 'left 10, unplanned 0, unfilled 10'],
    ['a fill is told: it stands no more, and is to be planned', (book) => book.noteTold('a', 4, 2), 'left 6, unplanned 4, unfilled 6'],
    ['and is planned', (book) => fills(book, 4, 2), 'left 6, unplanned 0, unfilled 6'],
    ['the list before the fill', (book) => list(book, 2, listed('a', 6)), 'left 6, unplanned 4, unfilled 6'],
    [
      'the list and the fill are the same',
      (book) => {
        list(book, 2, listed('a', 6));
        fills(book, 4, 3);
      },
      'left 6, unplanned 0, unfilled 6',
    ],
    [
      'an older list tells more than a fill: the fill stands',
      (book) => {
        fills(book, 4, 2);
        list(book, 3, listed('a', 10));
      },
      'left 6, unplanned 0, unfilled 6',
    ],
    [
      'filled by its fills, of which none is planned',
      (book) => {
        book.noteTold('a', 10, 2);
        list(book, 2);
      },
      'left 0, unplanned 10, unfilled 0',
    ],
    ['named no more: all of it may be filled', (book) => list(book, 2), 'left 0, unplanned 10, unfilled 0'],
    [
      'named no more, and its fill is told then',
      (book) => {
        list(book, 2);
        fills(book, 10, 3);
        book.forgetEnded(3 + CANCELLED_AFTER_MS);
      },
      'left 0, unplanned 0, unfilled 0',
    ],
    [
      'named no more, and no fill is told: cancelled',
      (book) => {
        list(book, 2);
        book.forgetEnded(2 + CANCELLED_AFTER_MS);
      },
      'left 0, unplanned 0, unfilled 10',
    ],
    [
      'cancelled with a part filled',
      (book) => {
        fills(book, 3, 2);
        list(book, 2);
        book.forgetEnded(2 + CANCELLED_AFTER_MS);
      },
      'left 0, unplanned 0, unfilled 7',
    ],
    [
      'it went while the leader was out of sight: nothing says how',
      (book) => {
        book.lose();
        list(book, 2);
        book.forgetEnded(2 + CANCELLED_AFTER_MS);
      },
      'left 0, unplanned 10, unfilled 0',
    ],
    [
      'ended long ago',
      (book) => {
        list(book, 3);
        book.forgetEnded(3 + ENDED_KEPT_MS);
      },
      'gone',
    ],
    [
      'ended long ago, with a fill that is not planned',
      (book) => {
        book.noteTold('a', 10, 3);
        list(book, 3);
        book.forgetEnded(3 + ENDED_KEPT_MS);
      },
      'left 0, unplanned 10, unfilled 0',
    ],
  ])('%s', (_what, happens, expected) => {
    const book = new LeaderBook();
    list(book, 1, listed('a', 10));
    happens(book);
    expect(of(book)).toBe(expected);
  });

  it('what was filled of an order before it was listed is in the position it was read with, and a fill told before counts once', () => {
    const book = new LeaderBook();
    book.noteTold('a', 3, 1);
    list(book, 2, listed('a', 7));
    expect(of(book)).toBe('left 7, unplanned 3, unfilled 7');
    book.noteFill('a', 3, 2);
    expect(of(book)).toBe('left 7, unplanned 0, unfilled 7');
    fills(book, 2, 3);
    expect(of(book)).toBe('left 5, unplanned 0, unfilled 5');
  });

  it('a list speaks for its own dex, and is known until the leader is out of sight', () => {
    const book = new LeaderBook();
    list(book, 1, listed('a', 10));
    book.takeList('xyz', [listed('b', 10, { coin: 'xyz:GOLD' })], (coin) => coin.startsWith('xyz:'), 2);
    expect([of(book), book.find('b')?.end, book.knows(''), book.knows('km')]).toEqual(['left 10, unplanned 0, unfilled 10', null, true, false]);
    book.lose('xyz');
    expect([book.knows(''), book.knows('xyz')]).toEqual([true, false]);
    book.lose();
    expect(book.knows('')).toBe(false);
  });

  it('one of the position follows its size', () => {
    const book = new LeaderBook();
    list(book, 1, listed('a', 0, { ofPosition: true, original: 0, buy: false }));
    expect(of(book, 8)).toBe('left 8, unplanned 0, unfilled Infinity');
    list(book, 2);
    expect(of(book, 8)).toBe('left 0, unplanned 8, unfilled 0');
  });
});
