import type { EpochMs, Price, Size } from '@lockstep/kernel';
import type { AccountState, Address, OpenOrder, OrderUpdate, VenueFill } from './types';

/** What a watch tells. A snapshot is state and never a signal: it may overlap what was told before. */
export type WatchEvent =
  | { readonly kind: 'connected'; readonly at: EpochMs }
  /** From here until the next `synced` for an address, its fills may be missing: for those of `unseen`, or for all where it is absent. */
  | { readonly kind: 'disconnected'; readonly at: EpochMs; readonly reason: string; readonly unseen?: readonly Address[] }
  /**
   * Positions and recent fills read after a (re)connect. `states` has one for each dex that could be read: of a dex without one nothing is known, least
   * of all that it is flat. What could not be read is read later and told by a `synced` of its own. `fills` overlaps; each new one is also in no `fills` event.
   */
  | {
      readonly kind: 'synced';
      readonly address: Address;
      readonly states: readonly AccountState[];
      readonly fills: readonly VenueFill[];
      readonly receivedAt: EpochMs;
    }
  /** Fills never told before on this watch (de-duplicated), grouped as the venue sent them: one block. `receivedAt` is taken when the frame left the socket. */
  | { readonly kind: 'fills'; readonly address: Address; readonly fills: readonly VenueFill[]; readonly receivedAt: EpochMs }
  | { readonly kind: 'orders'; readonly address: Address; readonly updates: readonly OrderUpdate[]; readonly receivedAt: EpochMs }
  /** All working orders of an address in one dex, of those named to `followOrders`: when its stream begins, and after each change. State, like a snapshot. */
  | {
      readonly kind: 'open_orders';
      readonly address: Address;
      readonly dex: string;
      readonly orders: readonly OpenOrder[];
      readonly receivedAt: EpochMs;
    }
  /**
   * The working orders of an address are told no longer, in a dex or, where none is named, in any: what was told of them may miss what it cancels. They are told
   * again with the next `open_orders`.
   */
  | { readonly kind: 'orders_lost'; readonly address: Address; readonly dex?: string }
  | { readonly kind: 'state'; readonly state: AccountState; readonly receivedAt: EpochMs };

/** Watches leaders (or any address). Reconnects, resubscribes, back-fills and de-duplicates by itself. */
export interface UserWatch {
  /**
   * Starts watching. Fills after `since` (the newest one already recorded) are told with the first `synced`; without it older ones may be history.
   * `seat_refused` when the venue's cap of users is reached and nothing else sees an address without a seat. Idempotent.
   */
  watch(address: Address, since?: EpochMs | null): 'watching' | 'seat_refused';
  unwatch(address: Address): void;
  /** From now on states are read and told of these dexes; those that are new are told by a `synced` of their own. */
  setDexes(dexes: readonly string[]): void;
  close(): Promise<void>;
  /** Present where the venue has few user streams and other addresses are seen in another way. */
  readonly seats?: SeatedWatch;
}

/** Watching with few seats: the hottest addresses have a user stream, the others are found in public trades and by reading their states. */
export interface SeatedWatch {
  /** Names the addresses that seats should go to, hottest first. */
  prefer(addresses: readonly Address[]): void;
  /** Names the addresses whose working orders are told from now on, where they have a seat: those that are told already, then as many of the first ones as there is room for. */
  followOrders(addresses: readonly Address[]): void;
  /** Reads the first state of an address before others that wait. */
  hurry(address: Address): void;
  /** How an address is seen now; null when it is not watched. */
  sightOf(address: Address): LeaderSight | null;
  standing(): DetectionStanding;
}

/** `none`: neither source tells its fills now. */
export type DetectionSource = 'stream' | 'sweep' | 'none';

export interface LeaderSight {
  readonly source: DetectionSource;
  /** Whether it holds a seat, also while the stream is down. */
  readonly seat: boolean;
  /** Whether its working orders are told, or would be if it were named to `followOrders`. */
  readonly orders: boolean;
  /** Venue time of its newest fill or checked state; null before the first. */
  readonly lastSeenAt: EpochMs | null;
}

/** Time from the venue's time of a fill to its frame, in ms; null before the first measurement. */
export interface LatencyFigure {
  readonly count: number;
  readonly medianMs: number | null;
  readonly p99Ms: number | null;
}

/** What watching uses of the venue's limits per address of ours. */
export interface DetectionStanding {
  readonly seatsTotal: number;
  readonly seatsUsed: number;
  /** Seats of the total that are kept for addresses whose orders are followed. */
  readonly seatsReserved: number;
  readonly watched: number;
  readonly streamed: number;
  readonly swept: number;
  /** Addresses without a seat whose first state was not read yet. */
  readonly unread: number;
  /** Whether the trades of every coin are told now. */
  readonly sweepCovers: boolean;
  /** How often trades of a coin may have been missed; what was, is read. */
  readonly sweepLosses: number;
  readonly coins: number;
  readonly connections: number;
  readonly connectionsOpened: number;
  readonly subscriptions: number;
  readonly subscriptionsMax: number;
  readonly messagesSent: number;
  readonly weightPerMinuteMax: number;
  readonly weightSpent: number;
  readonly readsWaiting: number;
  readonly stream: LatencyFigure;
  readonly sweep: LatencyFigure;
}

/** Mark prices again and again, changed or not, for limits. */
export interface MarkWatch {
  /** Follows the marks of these dexes from now on; where marks must be asked for, those named first are. */
  setDexes(dexes: readonly string[]): void;
  close(): Promise<void>;
}
export interface MarkUpdate {
  readonly coin: string;
  readonly markPrice: Price;
  readonly receivedAt: EpochMs;
}

/** Best bid and ask of one coin as the venue last told them; null: nobody stands on that side. */
export interface QuoteUpdate {
  readonly coin: string;
  readonly bid: Price | null;
  readonly ask: Price | null;
  readonly receivedAt: EpochMs;
}

/** One price of a book and what stands there. */
export interface DepthLevel {
  readonly price: Price;
  readonly size: Size;
}

/** What stands in one coin's book, best first, as far as the venue tells. Prices may be merged into coarser ones, away from the mid. */
export interface DepthUpdate {
  readonly coin: string;
  readonly bids: readonly DepthLevel[];
  readonly asks: readonly DepthLevel[];
  readonly receivedAt: EpochMs;
}

/** Best bids and asks of some coins, told when they change and confirmed every few seconds. A lost connection is made again; nothing is told meanwhile. */
export interface QuoteWatch {
  /**
   * Watches these coins and no others, the first ones where they are more than the venue's share for quotes. Returns what is watched. Of those named in `deep`
   * the book is told too, every few seconds, where the venue tells books; elsewhere nothing is.
   */
  follow(coins: readonly string[], deep?: readonly string[]): readonly string[];
  close(): Promise<void>;
}
