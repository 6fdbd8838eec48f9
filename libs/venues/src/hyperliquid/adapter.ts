import type {
  MarkUpdate,
  MarkWatch,
  OrderSubmission,
  QuoteUpdate,
  QuoteWatch,
  UserWatch,
  Venue,
  VenueCapabilities,
  VenueFeed,
  WatchEvent,
} from '../port';
import { type HyperliquidConfig, type HyperliquidDeps, type HyperliquidSettings, hyperliquidConfig } from './config';
import { WorkerSubmission } from './submit/submission';
import { HyperliquidTruth } from './truth';
import { HyperliquidMarkWatch } from './watch/mark-watch';
import { OPENING_RANK } from './watch/opening-gate';
import { HyperliquidQuoteWatch } from './watch/quote-watch';
import { HyperliquidUserWatch } from './watch/user-watch';
import { type WatchBounds, watchBounds } from './watch/watch-bounds';

const CAPABILITIES: VenueCapabilities = {
  userStream: true,
  orderStream: true,
  clientOrderId: true,
  actionExpiry: true,
  builderFee: true,
  nonceNoop: true,
  reduceOnly: true,
};

/**
 * The Hyperliquid venue, or anything that speaks its protocol, such as the simulated one. Signing threads and their connections start at
 * once; `orders` waits for them by itself. Throws when a setting is out of range.
 */
export function createHyperliquidVenue(settings: HyperliquidSettings, deps: HyperliquidDeps): Venue {
  return new HyperliquidVenue(hyperliquidConfig(settings), deps);
}

/** The venue's public side alone: reads and watches, no key, no signing thread. Throws when a setting is out of range. */
export function createHyperliquidFeed(settings: HyperliquidSettings, deps: HyperliquidDeps): VenueFeed {
  return new HyperliquidFeed(hyperliquidConfig(settings), deps);
}

class HyperliquidFeed implements VenueFeed {
  readonly truth: HyperliquidTruth;
  private readonly bounds: WatchBounds;
  private readonly watches = new Set<{ close(): Promise<void> }>();

  constructor(
    private readonly config: HyperliquidConfig,
    private readonly deps: HyperliquidDeps,
  ) {
    this.truth = new HyperliquidTruth(config);
    this.bounds = watchBounds(config, () => deps.clock.monotonic(), deps.detectionReads);
  }

  watchUsers(dexes: readonly string[], sink: (event: WatchEvent) => void): UserWatch {
    const watch = new HyperliquidUserWatch(this.config, this.deps, this.truth, this.bounds, dexes, sink);
    this.watches.add(watch);
    return watch;
  }

  watchMarks(dexes: readonly string[], sink: (updates: readonly MarkUpdate[]) => void): MarkWatch {
    const watch = new HyperliquidMarkWatch(this.config, this.deps, this.truth, dexes, sink, this.bounds.openings.of(OPENING_RANK.marks));
    this.watches.add(watch);
    return watch;
  }

  watchQuotes(sink: (update: QuoteUpdate) => void): QuoteWatch {
    const watch = new HyperliquidQuoteWatch(this.config, this.deps, sink, this.bounds.openings.of(OPENING_RANK.quotes));
    this.watches.add(watch);
    return watch;
  }

  async close(): Promise<void> {
    await Promise.all([...this.watches].map((watch) => watch.close()));
    this.bounds.close();
    await this.truth.close();
  }
}

class HyperliquidVenue extends HyperliquidFeed implements Venue {
  readonly name = 'hyperliquid';
  readonly capabilities = CAPABILITIES;
  readonly orders: OrderSubmission;

  constructor(config: HyperliquidConfig, deps: HyperliquidDeps) {
    super(config, deps);
    this.orders = new WorkerSubmission(config, deps.workerFile, deps.log);
  }

  override async close(): Promise<void> {
    await Promise.all([super.close(), this.orders.close()]);
  }
}
