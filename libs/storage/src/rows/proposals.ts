import type { CopyId, EpochMs, Id, LeaderId } from '@lockstep/kernel';
import type { ScopedRow } from './scoped';

/**
 * `open`: it may be approved. Every other status is an end: all of it was approved, or the rest was declined, its time was over (`ended`), or the leader or the
 * copy left (`withdrawn`).
 */
export const PROPOSAL_STATUSES = ['open', 'approved', 'declined', 'ended', 'withdrawn'] as const;
export type ProposalStatus = (typeof PROPOSAL_STATUSES)[number];

/**
 * An increase that a copy's follower is asked about; of one copy and instrument at most one is open. `askedMicro` is everything that was asked about, `leftMicro`
 * what may still be approved, `approvedMicro` what was, all in micro-lots; the sizes beside them are the same in 10^-8, rounded down. Price 10^-8.
 */
export interface ProposalRow extends ScopedRow {
  readonly id: Id<'proposal'>;
  readonly copyNo: bigint;
  readonly copyId: CopyId;
  readonly leaderId: LeaderId;
  readonly coin: string;
  readonly buy: boolean;
  readonly askedMicro: bigint;
  readonly leftMicro: bigint;
  readonly approvedMicro: bigint;
  readonly askedSize: bigint;
  readonly leftSize: bigint;
  readonly approvedSize: bigint;
  readonly price: bigint;
  readonly status: ProposalStatus;
  /** The last command that was carried out on it: one that is made again after a process died does nothing. */
  readonly lastCommandNo: bigint | null;
  readonly createdAt: EpochMs;
  readonly endsAt: EpochMs;
  readonly updatedAt: EpochMs;
}
