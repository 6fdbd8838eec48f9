import type { DepthLevel, DepthUpdate, QuoteUpdate } from '../port';
import type { ConformanceCase } from './driver';
import { eventually, mustEqual } from './expect';

const quotes: ConformanceCase = {
  number: 35,
  name: 'the best bid and ask of a followed coin are told, again after a lost connection, and no more once it is not followed',
  async run(driver) {
    let told: QuoteUpdate[] = [];
    const watch = driver.venue.watchQuotes((update) => told.push(update));
    try {
      mustEqual(watch.follow([driver.coin]).join(), driver.coin, 'what is watched');
      const first = await eventually('a quote', () => told[0] ?? null);
      mustEqual(first.coin, driver.coin, 'the coin');
      mustEqual(first.bid !== null && first.ask !== null && first.bid > 0n && first.bid < first.ask, true, 'the bid stands below the ask');
      await eventually('a confirmation while the book rests', () => told.find((update) => update.receivedAt >= first.receivedAt + 1_000) ?? null);
      await driver.cutConnections();
      told = [];
      await eventually('a quote after the connection was lost', () => told[0] ?? null);
      mustEqual(watch.follow([]).length, 0, 'what is watched then');
      told = [];
      watch.follow([driver.coin]);
      await eventually('a quote when it is followed anew', () => told[0] ?? null);
    } finally {
      await watch.close();
    }
  },
};

const books: ConformanceCase = {
  number: 36,
  name: 'the book of a coin followed deep is told again and again, best prices first; of other coins it is not',
  async run(driver) {
    const told: DepthUpdate[] = [];
    let quoted = 0;
    const watch = driver.venue.watchQuotes(
      () => {
        quoted += 1;
      },
      (update) => told.push(update),
    );
    try {
      watch.follow([driver.coin]);
      await eventually('a quote', () => (quoted > 0 ? quoted : null));
      mustEqual(told.length, 0, 'books of a coin that is not followed deep');
      watch.follow([driver.coin], [driver.coin]);
      const first = await eventually('a book', () => told[0] ?? null);
      mustEqual(first.coin, driver.coin, 'the coin');
      mustEqual(first.bids.length > 0 && first.asks.length > 0, true, 'both sides are told');
      mustEqual(isSorted(first.bids, -1) && isSorted(first.asks, 1), true, 'the best stands first');
      mustEqual((first.bids[0]?.price ?? 0n) < (first.asks[0]?.price ?? 0n), true, 'the bid stands below the ask');
      watch.follow([driver.coin], []);
    } finally {
      await watch.close();
    }
  },
};

/** Whether prices go one way and something stands at each. */
const isSorted = (levels: readonly DepthLevel[], way: 1 | -1): boolean =>
  levels.every(({ price, size }, nth) => size > 0n && (nth === 0 || price > (levels[nth - 1]?.price ?? 0n) === way > 0));

export const QUOTE_CASES: readonly ConformanceCase[] = [quotes, books];
