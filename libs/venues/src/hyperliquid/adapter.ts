import type {
  DepthUpdate,
  EgressView,
  MarkUpdate,
  MarkWatch,
  OrderSubmission,
  QuoteUpdate,
  QuoteWatch,
  UserWatch,
  Venue,
  VenueAccounts,
  VenueCapabilities,
  VenueFeed,
  WatchEvent,
  WorkingOrders,
} from '../port';
import { HyperliquidAccounts } from './accounts';
import { type HyperliquidConfig, type HyperliquidDeps, type HyperliquidSettings, hyperliquidConfig } from './config';
import { WorkerSubmission } from './submit/submission';
import { HyperliquidTruth } from './truth';
import { VenueEgress } from './venue-egress';
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
  workingOrders: true,
  triggerOrders: true,
  actingFor: true,
  agentExpiry: true,
  clearinghousePerDex: true,
  batch: true,
  postOnly: true,
  fillHistory: true,
  fundingHistory: true,
  approvals: true,
  bookDepth: true,
  requestsPerMinute: null,
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
  readonly accounts: VenueAccounts;
  private readonly bounds: WatchBounds;
  protected readonly ways: VenueEgress;
  private readonly watches = new Set<{ close(): Promise<void> }>();

  constructor(
    private readonly config: HyperliquidConfig,
    private readonly deps: HyperliquidDeps,
  ) {
    this.ways = new VenueEgress(config, deps.clock, deps.log);
    this.truth = new HyperliquidTruth(config, this.ways);
    this.accounts = new HyperliquidAccounts(this.truth);
    // Streams leave through the first address.
    this.bounds = watchBounds(
      config,
      () => deps.clock.monotonic(),
      deps.detectionReads,
      (messages) => this.ways.upkeep(0, messages),
    );
  }

  watchUsers(dexes: readonly string[], sink: (event: WatchEvent) => void): UserWatch {
    const watch = new HyperliquidUserWatch(this.config, this.deps, this.truth, this.bounds, dexes, sink);
    this.watches.add(watch);
    return watch;
  }

  watchMarks(dexes: readonly string[], sink: (updates: readonly MarkUpdate[]) => void): MarkWatch {
    const { openings, messages } = this.bounds;
    const bounds = { admit: openings.of(OPENING_RANK.marks), messages };
    const watch = new HyperliquidMarkWatch(this.config, this.deps, this.truth, dexes, sink, bounds);
    this.watches.add(watch);
    return watch;
  }

  watchQuotes(sink: (update: QuoteUpdate) => void, depth?: (update: DepthUpdate) => void): QuoteWatch {
    const { openings, messages } = this.bounds;
    const watch = new HyperliquidQuoteWatch(this.config, this.deps, sink, { admit: openings.of(OPENING_RANK.quotes), messages }, depth);
    this.watches.add(watch);
    return watch;
  }

  async close(): Promise<void> {
    this.ways.close();
    await Promise.all([...this.watches].map((watch) => watch.close()));
    this.bounds.close();
    await this.truth.close();
  }
}

class HyperliquidVenue extends HyperliquidFeed implements Venue {
  readonly name = 'hyperliquid';
  readonly capabilities = CAPABILITIES;
  readonly orders: OrderSubmission;
  readonly workingOrders: WorkingOrders;
  readonly egress?: EgressView;

  constructor(config: HyperliquidConfig, deps: HyperliquidDeps) {
    super(config, deps);
    const submission = new WorkerSubmission(config, deps, this.ways);
    this.orders = submission;
    this.workingOrders = submission.working;
    if (this.ways.scheduler !== null) this.egress = egressView(this.ways, this.truth);
  }

  override async close(): Promise<void> {
    await Promise.all([super.close(), this.orders.close()]);
  }
}

function egressView(ways: VenueEgress, truth: HyperliquidTruth): EgressView {
  const readAccount: EgressView['readAccount'] = async (signer, address) => {
    const read = await truth.requestBudget(address);
    if (read.ok) ways.scheduler?.accounts.seed(signer, read.value.used, read.value.cap);
  };
  ways.budgetReads.start(readAccount);
  return {
    numberOf: (signer) => ways.ipOf(signer) + 1,
    departures: () => ways.departures(),
    forecast: (orders) => ways.forecast(orders),
    announce: (orders) => ways.announce(orders),
    readAccount,
    comparisonsPerMinute: () => ways.comparisonsPerMinute(),
    standing: () => ways.standing(),
  };
}
