import type { VenueAccounts } from './accounts';
import type { EgressView } from './egress';
import type { OrderSubmission } from './submit';
import type { VenueTruth } from './truth';
import type { VenueCapabilities } from './types';
import type { DepthUpdate, MarkUpdate, MarkWatch, QuoteUpdate, QuoteWatch, UserWatch, WatchEvent } from './watch';
import type { WorkingOrders } from './working-orders';

/** What anybody may read of a venue, without a key. */
export interface VenueFeed {
  readonly truth: VenueTruth;
  /** Absent where accounts have no kinds, agents or builders. */
  readonly accounts?: VenueAccounts;
  /** `dexes`: those whose account states are read and followed; fills are told of all. */
  watchUsers(dexes: readonly string[], sink: (event: WatchEvent) => void): UserWatch;
  watchMarks(dexes: readonly string[], sink: (updates: readonly MarkUpdate[]) => void): MarkWatch;
  /** `depth` is told the books of coins that are followed deep. */
  watchQuotes(sink: (update: QuoteUpdate) => void, depth?: (update: DepthUpdate) => void): QuoteWatch;
  close(): Promise<void>;
}

/** A venue as the engine sees it. */
export interface Venue extends VenueFeed {
  readonly name: string;
  readonly capabilities: VenueCapabilities;
  readonly orders: OrderSubmission;
  /** Orders that stand at the venue; absent where it takes none (`capabilities.workingOrders`). */
  readonly workingOrders?: WorkingOrders;
  /** What may leave and when; absent where the venue has no limits that are kept to. */
  readonly egress?: EgressView;
}
