import type { MarkUpdate, MarkWatch, OrderSubmission, QuoteUpdate, QuoteWatch, UserWatch, Venue, VenueCapabilities, WatchEvent } from '../port';
import { type PerpsStudioConfig, type PerpsStudioDeps, type PerpsStudioSettings, perpsStudioConfig } from './config';
import { KeyBudget } from './key-budget';
import { KeyEgress } from './key-egress';
import { OwnOrders } from './own-orders';
import { PerpsStudioSubmission } from './submit/submission';
import { RestClient } from './transport/rest';
import { PerpsStudioTruth } from './truth';
import { LeaderPoll } from './watch/leader-poll';
import { PerpsStudioMarkWatch } from './watch/mark-watch';
import { PerpsStudioQuoteWatch } from './watch/quote-watch';

/**
 * perps.studio's Provider API as a venue, for one API key. Throws when a setting is out of range. What it can do depends on `underlying`: with the
 * exchange's own public side, leaders are watched by its streams and fills and funding are told; without it, leaders are polled and fills are derived.
 */
export function createPerpsStudioVenue(settings: PerpsStudioSettings, deps: PerpsStudioDeps): Venue {
  return new PerpsStudioVenue(perpsStudioConfig(settings, deps.underlying === null), deps);
}

/** What the API can do by itself, and what the underlying exchange adds. */
function capabilitiesOf({ requestsPerMinute }: PerpsStudioConfig, { underlying }: PerpsStudioDeps): VenueCapabilities {
  const told = underlying !== null;
  return {
    userStream: told,
    orderStream: false,
    clientOrderId: false,
    actionExpiry: false,
    builderFee: false,
    // By setting again the leverage that stands: the API has no noop (submit/submission.ts).
    nonceNoop: true,
    reduceOnly: true,
    workingOrders: false,
    triggerOrders: false,
    actingFor: false,
    agentExpiry: false,
    clearinghousePerDex: false,
    batch: false,
    postOnly: false,
    fillHistory: told,
    fundingHistory: told,
    approvals: false,
    bookDepth: false,
    requestsPerMinute,
  };
}

class PerpsStudioVenue implements Venue {
  readonly name = 'perps_studio';
  readonly capabilities: VenueCapabilities;
  readonly truth: PerpsStudioTruth;
  readonly orders: OrderSubmission;
  readonly egress: KeyEgress;
  private readonly budget: KeyBudget;
  private readonly rest: RestClient;
  private readonly watches = new Set<{ close(): Promise<void> }>();
  private markWatch: PerpsStudioMarkWatch | null = null;

  constructor(
    private readonly config: PerpsStudioConfig,
    private readonly deps: PerpsStudioDeps,
  ) {
    this.capabilities = capabilitiesOf(config, deps);
    const own = new OwnOrders(config.ordersKept);
    this.budget = new KeyBudget({
      perMinute: config.requestsPerMinute,
      kept: config.keptPerMinute,
      now: () => deps.clock.monotonic(),
      onLeft: (of) => this.egress.left(of),
      onHeld: () => this.egress.refused(),
    });
    this.egress = new KeyEgress(config, deps.clock, this.budget, deps.underlying !== null);
    this.rest = new RestClient(config, deps, this.budget);
    this.truth = new PerpsStudioTruth(config, deps, this.rest, own);
    this.orders = new PerpsStudioSubmission(config, deps, this.rest, this.budget, own, this.truth);
  }

  watchUsers(dexes: readonly string[], sink: (event: WatchEvent) => void): UserWatch {
    const { config, deps, truth } = this;
    const watch = deps.underlying?.watchUsers(dexes, sink) ?? new LeaderPoll(config, deps, truth, dexes, (coin) => this.markWatch?.mark(coin), sink);
    this.watches.add(watch);
    return watch;
  }

  watchMarks(dexes: readonly string[], sink: (updates: readonly MarkUpdate[]) => void): MarkWatch {
    const watch = new PerpsStudioMarkWatch(this.config, this.deps, this.truth, dexes, sink);
    this.markWatch = watch;
    this.watches.add(watch);
    return watch;
  }

  watchQuotes(sink: (update: QuoteUpdate) => void): QuoteWatch {
    const watch = new PerpsStudioQuoteWatch(this.config, this.deps, sink);
    this.watches.add(watch);
    return watch;
  }

  async close(): Promise<void> {
    await this.orders.close();
    this.budget.close();
    await Promise.all([...this.watches].map((watch) => watch.close()));
    await this.rest.close();
  }
}
