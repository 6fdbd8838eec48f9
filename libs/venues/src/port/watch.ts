import type { EpochMs, Price } from '@lockstep/kernel';
import type { AccountState, Address, OrderUpdate, VenueFill } from './types';

/** What a watch tells. A snapshot is state and never a signal: it may overlap what was told before. */
export type WatchEvent =
  | { readonly kind: 'connected'; readonly at: EpochMs }
  /** From here until the next `synced` for an address, its fills may be missing. */
  | { readonly kind: 'disconnected'; readonly at: EpochMs; readonly reason: string }
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
  | { readonly kind: 'state'; readonly state: AccountState; readonly receivedAt: EpochMs };

/** Watches leaders (or any address) by the venue's user streams. Reconnects, resubscribes, back-fills and de-duplicates by itself. */
export interface UserWatch {
  /** Starts watching; `seat_refused` when the venue's cap of users per address of ours is reached. Idempotent. */
  watch(address: Address): 'watching' | 'seat_refused';
  unwatch(address: Address): void;
  /** From now on states are read and told of these dexes; those that are new are told by a `synced` of their own. */
  setDexes(dexes: readonly string[]): void;
  close(): Promise<void>;
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

/** Best bids and asks of some coins, told when they change and confirmed every few seconds. A lost connection is made again; nothing is told meanwhile. */
export interface QuoteWatch {
  /** Watches these coins and no others, the first ones where they are more than the venue's share for quotes. Returns what is watched. */
  follow(coins: readonly string[]): readonly string[];
  close(): Promise<void>;
}
