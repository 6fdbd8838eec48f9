import type { TenantScope } from '@lockstep/kernel';
import type { Observation } from '@lockstep/simulation';
import type { ToldViolation } from './outcome';
import type { Cast } from './play/cast';
import type { SimStore } from './play/platform-store';

/** A journal row as an engine process committed it. */
export interface CommittedRow {
  /** Of its commit: venue time, epoch ms with fractions, and the step of the script. */
  readonly at: number;
  readonly step: number;
  readonly process: string;
  readonly scope: TenantScope;
  readonly moveId: bigint;
  readonly shard: number;
  readonly part: number;
  readonly bytes: Buffer;
}

/** A run that is over. */
export interface SeedEnd {
  readonly store: SimStore;
  readonly cast: Cast;
  readonly violations: readonly ToldViolation[];
}

/** Looks on while a seed is played. It changes nothing. */
export interface SeedWatch {
  /** Everything the auditor is told, before it judges. */
  observed(observation: Observation, step: number): void;
  journaled(row: CommittedRow): void;
  /** The run is over and its store still there. */
  ended(end: SeedEnd): Promise<void>;
}
