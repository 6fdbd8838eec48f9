import { price, UNIT } from '@lockstep/kernel';
import { CopyBook } from '@lockstep/replication';
import { describe, expect, it } from 'vitest';
import { Markets } from './markets';
import { Quotes } from './quotes';
import { keepAges, SetBackClock } from './set-back-clock';
import type { Registry } from './state/registry';
import { STAGE_COIN } from './testing/scripted-venue';

const START = 1_700_000_000_000;

/** A clock whose wall time a test sets, and whose elapsed time goes on by itself. */
function clocks() {
  let [wall, elapsed] = [START, 500.25];
  const told: number[] = [];
  const clock = new SetBackClock({ now: () => wall, monotonic: () => elapsed }, (by) => told.push(by));
  return {
    clock,
    told,
    pass: (ms: number, wallMs = ms) => {
      wall += wallMs;
      elapsed += ms;
      return clock.now();
    },
  };
}

describe('a clock that is set back', () => {
  it.each<[string, readonly (readonly [number, number])[], readonly number[]]>([
    ['goes with what elapsed', [[1_000, 1_000]], []],
    ['is rounded to whole milliseconds', [[1_000.4, 1_000]], []],
    ['was set forward', [[1_000, 61_000]], []],
    ['was set back by 300 ms', [[1_000, 700]], [300]],
    ['was set back by an hour', [[1_000, -3_599_000]], [3_600_000]],
    [
      'was set forward, and back again',
      [
        [1_000, 61_000],
        [1_000, -59_000],
      ],
      [60_000],
    ],
    [
      'goes slower, until it adds up',
      [
        [1_000, 988],
        [1_000, 988],
      ],
      [24],
    ],
    [
      'was set back twice',
      [
        [1_000, 700],
        [1_000, 1_000],
        [1_000, 900],
      ],
      [300, 100],
    ],
  ])('tells so where it %s', (_what, steps, expected) => {
    const { told, pass } = clocks();
    for (const [elapsed, wall] of steps) pass(elapsed, wall);
    expect(told).toEqual(expected);
  });

  it('makes no price and no reading younger, and newer marks count', () => {
    const [markets, quotes, book] = [new Markets(), new Quotes(), new CopyBook()];
    markets.restore([STAGE_COIN]);
    const { coin } = STAGE_COIN;
    const [mark, later] = [price(3_000n * UNIT), price(3_100n * UNIT)];
    markets.update([{ coin, markPrice: mark, receivedAt: START }]);
    quotes.take({ coin, bid: mark, ask: mark, receivedAt: START });
    quotes.takeDepth({ coin, bids: [], asks: [], receivedAt: START });
    const sheet = book.sheet(STAGE_COIN);
    book.setMark(coin, mark, START);
    book.setBook(coin, mark, mark, START);
    book.setDepth(coin, [], [], START);
    const network = { markets, quotes };
    const account = { network, truthReadAt: START };
    keepAges({ watched: new Map([[1, { network, book }]]), accounts: () => [account] } as unknown as Registry, 60_000);
    const before = START - 60_000;
    expect([markets.get(coin)?.markAt, quotes.get(coin)?.receivedAt, quotes.depth(coin)?.receivedAt]).toEqual([before, before, before]);
    expect([sheet.markAt, sheet.bookAt, sheet.depth?.at, account.truthReadAt]).toEqual([before, before, before, before]);
    markets.update([{ coin, markPrice: later, receivedAt: before + 1 }]);
    book.setMark(coin, later, before + 1);
    expect([markets.get(coin)?.mark, sheet.mark]).toEqual([later, Number(later)]);
  });

  it('leaves what was never told as never told', () => {
    const [markets, book] = [new Markets(), new CopyBook()];
    markets.restore([STAGE_COIN]);
    markets.setBack(1_000);
    const sheet = book.sheet(STAGE_COIN);
    book.setBack(1_000);
    expect([markets.get(STAGE_COIN.coin)?.markAt, sheet.markAt, sheet.bookAt, sheet.depth]).toEqual([0, 0, 0, null]);
  });
});
