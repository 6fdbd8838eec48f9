import type { DetectionStanding } from '../../port';
import type { HyperliquidConfig } from '../config';
import type { Latencies } from './latencies';
import type { TradeSweep } from './trade-sweep';
import type { UserSeats } from './user-seats';
import type { UserSession } from './user-session';
import type { WatchBounds } from './watch-bounds';

/** What a watch knows of itself. */
export interface WatchFacts {
  readonly config: HyperliquidConfig;
  readonly bounds: WatchBounds;
  readonly sweep: TradeSweep | null;
  readonly sessions: readonly UserSession[];
  readonly seats: UserSeats;
  /** Dexes whose states are streamed of each address with a seat. */
  readonly dexes: number;
  readonly losses: number;
  /** Connections besides the sweep's. */
  readonly connections: number;
  readonly readsWaiting: number;
  readonly latencies: { readonly stream: Latencies; readonly sweep: Latencies };
}

/** What watching uses of the venue's limits, for the API and for benches. */
export function standingOf(facts: WatchFacts): DetectionStanding {
  const { config, bounds, sweep, sessions, seats, dexes } = facts;
  const seated = seats.seated.size;
  return {
    seatsTotal: seats.total,
    seatsUsed: seated,
    seatsReserved: seats.reserved,
    watched: sessions.length,
    streamed: sessions.filter((session) => session.streams).length,
    swept: sessions.filter((session) => !session.hasSeat && session.isBased).length,
    unread: sessions.filter((session) => !session.isBased).length,
    sweepCovers: sweep?.covers ?? false,
    sweepLosses: facts.losses,
    coins: sweep?.coinCount ?? 0,
    connections: facts.connections + (sweep?.openConnections ?? 0),
    connectionsOpened: bounds.openings.opened,
    subscriptions: (sweep?.subscriptions ?? 0) + seated * (1 + dexes),
    subscriptionsMax: config.sweepSubscriptionsMax + config.userSeatsMax * (1 + dexes),
    messagesSent: bounds.messages.spentTotal,
    weightPerMinuteMax: config.detectionWeightPerMinute,
    weightSpent: bounds.weightSpent(),
    readsWaiting: facts.readsWaiting,
    stream: facts.latencies.stream.figure,
    sweep: facts.latencies.sweep.figure,
  };
}
