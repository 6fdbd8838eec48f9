import type { EpochMs, FollowerId } from '@lockstep/kernel';
import type { ScopedRow } from './scoped';

/** The key of a scope, sealed for the deployment; followers' keys are sealed with it. */
export interface TenantKeyRow extends ScopedRow {
  readonly sealedKey: Buffer;
  readonly createdAt: EpochMs;
}

/** The key of a follower, sealed with its scope's. Destroyed by an erasure: rows of this table are all there is of it. */
export interface FollowerKeyRow extends ScopedRow {
  readonly followerId: FollowerId;
  readonly sealedKey: Buffer;
  readonly createdAt: EpochMs;
}

/** A tenant's own name for a follower, sealed with the follower's key. */
export interface FollowerRefRow extends ScopedRow {
  readonly followerId: FollowerId;
  readonly sealedRef: Buffer;
  /** By which it is found again, and by which no two followers have one; made with the scope's key. */
  readonly digest: Buffer;
}

/** What an erasure waits for: that funding of its accounts is read, or that what was booked is settled. */
export const ERASURE_WAITS = ['funding', 'settlement'] as const;
export type ErasureWait = (typeof ERASURE_WAITS)[number];

/** That a follower's person is to be erased, or was. */
export interface FollowerErasureRow extends ScopedRow {
  readonly followerId: FollowerId;
  readonly actor: string;
  readonly askedAt: EpochMs;
  readonly erasedAt: EpochMs | null;
  /** Null: nothing, or not known yet. */
  readonly waitsFor: ErasureWait | null;
}
