import type { EpochMs, Id } from '@lockstep/kernel';
import type { Fault } from '@lockstep/tenancy';
import type { ScopedRow } from './scoped';

/** A tenant's own world of the simulated venue; its clock stands with its network (`VenueNetworkRow`). */
export interface SandboxRow extends ScopedRow {
  readonly id: Id<'sandbox'>;
  /** The network's internal name, which no tenant can write; to its tenant it is `sim`. */
  readonly network: string;
  readonly seed: number;
  /** Counts how often the world began from empty books; 0 before the first time. */
  readonly epoch: number;
  readonly status: 'opening' | 'open' | 'closed';
  /** By how much its clock was advanced in this epoch, ms. */
  readonly advancedMs: number;
  readonly openedAt: EpochMs | null;
  /** When something was last asked of it. */
  readonly usedAt: EpochMs;
  readonly createdAt: EpochMs;
}

export type SandboxTaskStatus = 'queued' | 'running' | 'done' | 'failed';

/** Something the back office does with a tenant's world, in the order of their ids. */
export interface SandboxTaskRow extends ScopedRow {
  readonly id: Id<'sandboxTask'>;
  readonly kind: string;
  readonly params: unknown;
  readonly status: SandboxTaskStatus;
  /** What the first run decided before it touched the world, so that a second one decides the same. */
  readonly plan: unknown;
  readonly result: unknown;
  readonly error: string | null;
  /** How often somebody began it; the newest alone may end it. */
  readonly runs: number;
  readonly actor: string;
  readonly createdAt: EpochMs;
  readonly startedAt: EpochMs | null;
  readonly endedAt: EpochMs | null;
}

/** A fault that a test environment has set on itself: whom it strikes, and what of. */
export interface SandboxFaultRow extends ScopedRow, Fault {
  /** Of `server_error`. */
  readonly httpStatus: number | null;
  /** What `Retry-After` says, in whole seconds, where the answer has one. */
  readonly retryAfterS: number | null;
  /** Of `slow`. */
  readonly delayMs: number | null;
  readonly lastStruckAt: EpochMs | null;
  readonly actor: string;
}
