import type { CopyId, EpochMs, FollowerId, LeaderId, Money, VenueAccountId } from '@lockstep/kernel';
import type { CopyState, CopyStateReason } from './copy-life';
import type { ChainLimits } from './settings-chain';

/** A tenant's strategy: one watched account under that tenant's terms. */
export interface Leader {
  readonly id: LeaderId;
  readonly name: string;
  /** Number of the watched (venue, network, address); several tenants may share it. */
  readonly watchedNo: number;
  readonly status: 'active' | 'suspended' | 'closed';
  readonly visibility: 'public' | 'private';
  readonly limits: ChainLimits;
}

/** A tenant's end user. `reference` is the tenant's own name for them. */
export interface Follower {
  readonly id: FollowerId;
  readonly reference: string;
  readonly status: 'active' | 'suspended';
}

/** An account at a venue through which a follower trades. The agent key stands here only sealed, as a reference. */
export interface VenueAccount {
  readonly id: VenueAccountId;
  readonly followerId: FollowerId;
  readonly venue: string;
  readonly network: string;
  readonly address: string;
  readonly mode: 'standard' | 'unified';
  readonly agentAddress: string | null;
  readonly agentValidUntil: EpochMs | null;
  /** Tenths of a basis point the wallet approved for our builder; 0 when none. */
  readonly builderApproved: number;
  readonly status: 'awaiting_approval' | 'active' | 'disabled';
}

/** Follower × leader with an allocation. */
export interface Copy {
  readonly id: CopyId;
  readonly copyNo: number;
  readonly leaderId: LeaderId;
  readonly followerId: FollowerId;
  readonly venueAccountId: VenueAccountId;
  readonly allocation: Money;
  readonly state: CopyState;
  readonly stateReason: CopyStateReason;
  readonly settingsVersion: number;
}
