import type { EpochMs } from '@lockstep/kernel';
import type { ScopedRow } from './scoped';

/**
 * A limit that was told as passed and not as met again yet: what keeps it from being told twice, whatever ends in between. `subjectId` is the follower or leader whose
 * copies share the limit, `limitName` its name in the settings. Money 10^-8.
 */
export interface PassedLimitRow extends ScopedRow {
  readonly subjectId: string;
  readonly limitName: string;
  /** Empty where the limit is not one of an underlying. */
  readonly underlying: string;
  /** The limit, and what was held under it, when it was told. */
  readonly threshold: bigint;
  readonly measured: bigint;
  readonly passedAt: EpochMs;
}
