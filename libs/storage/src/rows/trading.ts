import type { CopyId, EpochMs, Id, LeaderId, Side } from '@lockstep/kernel';
import type { ScopedRow } from './scoped';

/** A copy's virtual position in one instrument. Sizes, prices and money 10^-8, rho 10^-12. */
export interface CopyPositionRow extends ScopedRow {
  readonly copyNo: bigint;
  readonly coin: string;
  readonly position: bigint;
  readonly target: bigint;
  readonly rho: bigint;
  readonly avgEntry: bigint;
  readonly realisedPnl: bigint;
  readonly fees: bigint;
  readonly funding: bigint;
  /** Size given up of this episode's increments. */
  readonly forfeited: bigint;
  readonly forfeitReason: string | null;
  readonly episodeNo: bigint;
  readonly userClosed: boolean;
  readonly dust: boolean;
  readonly lastMoveId: bigint;
  readonly updatedAt: EpochMs;
}

/** An account's net position as the venue holds it; `own` is the follower's own part. */
export interface VenuePositionRow extends ScopedRow {
  readonly venueAccountNo: bigint;
  readonly coin: string;
  readonly net: bigint;
  readonly own: bigint;
  readonly entryPrice: bigint;
  /** Venue time this is true of. */
  readonly asOfMs: number;
  readonly updatedAt: EpochMs;
}

/** One packed row per (move, engine shard, part): written before the first byte leaves. */
export interface JournalRow extends ScopedRow {
  readonly moveId: bigint;
  readonly shard: number;
  readonly part: number;
  readonly instance: number;
  readonly leaderId: LeaderId;
  readonly coin: string;
  readonly packed: Buffer;
  readonly orderCount: number;
  readonly decisionCount: number;
  /** Highest nonce in the row: counters restart above it. */
  readonly maxNonce: bigint;
  readonly createdAt: EpochMs;
  /** When order rows, intents and events of the row were committed; null: a restart takes them out of the row. */
  readonly writtenAt: EpochMs | null;
  readonly completedAt: EpochMs | null;
}

export type OrderStatus =
  | 'journaled'
  | 'sent'
  | 'unknown'
  | 'resting'
  | 'filled'
  | 'partly_filled'
  | 'rejected'
  | 'withheld'
  | 'cancelled'
  | 'expired';

/** An order as a tenant sees it. Prices and sizes 10^-8; stage marks m0…m4 and mf are epoch ms with fractions. */
export interface OrderRow extends ScopedRow {
  /** `orderIdOf(parts)`: injective in (wave, copy, instance, leg, attempt), rising with the wave. */
  readonly id: Id<'order'>;
  /** The journal row's time, so that writing the row again meets the same key. */
  readonly createdAt: EpochMs;
  readonly moveId: bigint;
  readonly copyNo: bigint;
  readonly copyId: CopyId;
  readonly leaderId: LeaderId;
  readonly venueAccountNo: bigint;
  readonly leg: number;
  readonly attempt: number;
  readonly coin: string;
  readonly side: Side;
  readonly reduceOnly: boolean;
  readonly price: bigint;
  /** Mark price that sets it off; null: it waits for none. */
  readonly triggerPrice: bigint | null;
  readonly size: bigint;
  readonly status: OrderStatus;
  readonly filledSize: bigint;
  readonly avgPrice: bigint;
  readonly venueOrderId: string | null;
  readonly clientOrderId: string;
  readonly rejectCode: string | null;
  readonly reason: string | null;
  readonly settingsVersion: number;
  readonly nonce: bigint;
  /** Venue time after which the action must not execute; 0 is none. */
  readonly expiresAfterMs: number;
  readonly builderFeeTenths: number;
  readonly m0: number | null;
  readonly m1: number | null;
  readonly m2: number | null;
  readonly m3: number | null;
  readonly mf: number | null;
  readonly m4: number | null;
  readonly updatedAt: EpochMs;
}

/** One venue fill, or the part of it attributed to one copy. `copyNo` 0: the follower's own. */
export interface FillRow extends ScopedRow {
  /** `fillIdOf(key)`: derived from the venue's key and the copy. */
  readonly id: Id<'fill'>;
  /** The venue's time. */
  readonly createdAt: EpochMs;
  readonly venueAccountNo: bigint;
  readonly venueTimeMs: number;
  readonly tradeId: string;
  readonly venueOrderId: string;
  readonly orderId: Id<'order'> | null;
  readonly moveId: bigint | null;
  readonly copyNo: bigint;
  readonly copyId: CopyId | null;
  readonly coin: string;
  readonly side: Side;
  readonly price: bigint;
  readonly size: bigint;
  readonly startPosition: bigint;
  readonly closedPnl: bigint;
  /** The whole fee, builder fee included. */
  readonly fee: bigint;
  readonly feeAsset: string;
  readonly builderFee: bigint;
  readonly crossed: boolean;
  readonly liquidation: boolean;
  readonly recordedAt: EpochMs;
}

/** A place in a scope's event stream. */
export interface StreamPosition {
  readonly epoch: string;
  readonly seq: bigint;
}

export interface EventRow extends ScopedRow {
  readonly epoch: string;
  readonly seq: bigint;
  readonly createdAt: EpochMs;
  readonly id: Id<'event'>;
  readonly type: string;
  readonly version: number;
  readonly occurredAt: EpochMs;
  /** The event's data as JSON text, byte for byte as it was appended. */
  readonly data: string;
}
export type NewEvent = Pick<EventRow, 'id' | 'type' | 'version' | 'occurredAt' | 'data'>;
