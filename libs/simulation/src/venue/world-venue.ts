import type { Venue, VenueCapabilities } from '@lockstep/venues/port';
import type { VirtualProcess } from '../clock/virtual-time';
import { Asking } from './ask';
import type { Link } from './link';
import { type SubmissionTerms, WorldOrders } from './submission';
import type { Traffic } from './traffic';
import { WorldAccounts, WorldTruth } from './truth';
import { type WatchTerms, WorldUserWatch, watchWorldMarks, watchWorldQuotes } from './watching';
import { WorldWorkingOrders } from './working';
import type { WorldClock } from './world-clock';

export interface WorldVenueTerms extends SubmissionTerms, WatchTerms {
  /** An action or question without an answer for so long has none, in ms. */
  readonly answerTimeoutMs: number;
}

export const WORLD_VENUE_TERMS: WorldVenueTerms = {
  chunk: 32,
  chunkMs: 2,
  statesEveryMs: 3_000,
  marksEveryMs: 1_000,
  quotesEveryMs: 1_000,
  booksEveryMs: 5_000,
  recentFills: 200,
  answerTimeoutMs: 3_000,
  tellsOrders: false,
};

/** What the simulated exchange can do of what the port knows. */
export const WORLD_CAPABILITIES: VenueCapabilities = {
  userStream: true,
  orderStream: false,
  clientOrderId: true,
  actionExpiry: true,
  builderFee: true,
  nonceNoop: true,
  reduceOnly: true,
  workingOrders: true,
  triggerOrders: true,
  actingFor: true,
  agentExpiry: true,
  clearinghousePerDex: true,
  batch: false,
  postOnly: true,
  fillHistory: true,
  fundingHistory: true,
  approvals: true,
  bookDepth: true,
  requestsPerMinute: null,
};

/** One engine process's connection to a world, without sockets and signatures: the port's promises over the exchange itself and a link that misbehaves as it is told. */
export function openWorldVenue(
  clock: WorldClock,
  link: Link,
  process: VirtualProcess,
  traffic: Traffic,
  terms: WorldVenueTerms = WORLD_VENUE_TERMS,
): Venue {
  const asking = new Asking(clock, link, process, terms.answerTimeoutMs);
  const orders = new WorldOrders(asking, process, terms, traffic);
  return {
    name: 'hyperliquid',
    capabilities: { ...WORLD_CAPABILITIES, orderStream: terms.tellsOrders },
    orders,
    workingOrders: new WorldWorkingOrders(asking, orders, traffic),
    truth: new WorldTruth(asking, traffic),
    accounts: new WorldAccounts(asking),
    watchUsers: (dexes, sink) => new WorldUserWatch(asking, process, dexes, sink, terms, traffic),
    watchMarks: (dexes, sink) => {
      const watch = watchWorldMarks(asking, process, terms.marksEveryMs, sink, traffic);
      watch.setDexes(dexes);
      return watch;
    },
    watchQuotes: (sink, depth) => watchWorldQuotes(asking, process, terms, sink, traffic, depth),
    close: () => Promise.resolve(),
  };
}
