import type { QuoteUpdate } from '../port';
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

export const QUOTE_CASES: readonly ConformanceCase[] = [quotes];
