import type { CopyId, EpochMs, FollowerId, Id, LeaderId } from '@lockstep/kernel';
import type { ScopedRow } from './scoped';

/** That a follower may copy a leader whose access is granted; of a leader and a follower there is one. */
export interface EntitlementRow extends ScopedRow {
  readonly id: Id<'entitlement'>;
  readonly leaderId: LeaderId;
  readonly followerId: FollowerId;
  /** It ends with this moment; null: with none. */
  readonly until: EpochMs | null;
  readonly revokedAt: EpochMs | null;
  /** Who granted it, or changed it last. */
  readonly actor: string;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
}

/** A version of a leader's published terms; it never changes. */
export interface LeaderTermsRow extends ScopedRow {
  readonly leaderId: LeaderId;
  /** From 1, without gaps. */
  readonly version: number;
  readonly documentUrl: string;
  /** SHA-256 of the document, lower-case hexadecimal. */
  readonly sha256: string;
  readonly bindingFrom: EpochMs;
  readonly actor: string;
  readonly createdAt: EpochMs;
}

/** Proof that the follower of a copy consented to a version of its leader's terms; it never changes. */
export interface CopyConsentRow extends ScopedRow {
  readonly copyId: CopyId;
  readonly leaderId: LeaderId;
  readonly version: number;
  readonly actor: string;
  readonly consentedAt: EpochMs;
}
