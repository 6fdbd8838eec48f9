import type { EpochMs } from '@lockstep/kernel';
import type { ScopedRow } from './scoped';

/** Limits as they stand, by the id of what they bind. */
export interface PlatformLimitsRow {
  /** `platform`, or the id of a tenant. */
  readonly targetId: string;
  /** From 1, one more with each change. */
  readonly version: number;
  /** JSON of roster's `ChainLimits`. */
  readonly limits: unknown;
  readonly actor: string;
  readonly updatedAt: EpochMs;
}

/** A tenant's own limits: `targetId` is the tenant's, a leader's or a follower's id. */
export interface RiskLimitsRow extends ScopedRow, PlatformLimitsRow {}
