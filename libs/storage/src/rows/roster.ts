import type { CopyId, EpochMs, FollowerId, LeaderId, VenueAccountId } from '@lockstep/kernel';
import type { ScopedRow } from './scoped';

/** A tenant's strategy over a watched account. */
export interface LeaderRow extends ScopedRow {
  readonly id: LeaderId;
  readonly no: bigint;
  readonly watchedNo: bigint;
  readonly name: string;
  readonly terms: unknown;
  readonly status: 'active' | 'paused' | 'closed';
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
}

export interface FollowerRow extends ScopedRow {
  readonly id: FollowerId;
  readonly externalRef: string | null;
  readonly status: 'active' | 'suspended' | 'closed';
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
}

export type AgentStatus = 'awaiting_signature' | 'signed' | 'approved' | 'refused' | 'expired';

export interface VenueAccountRow extends ScopedRow {
  readonly id: VenueAccountId;
  /** Short number for journals; unique over the platform. */
  readonly no: bigint;
  readonly followerId: FollowerId;
  readonly venue: string;
  readonly network: string;
  /** Lower case. */
  readonly address: string;
  readonly mode: 'unknown' | 'standard' | 'unified';
  readonly agentAddress: string;
  /** Only the engine can open it. */
  readonly sealedAgentKey: Buffer;
  readonly agentStatus: AgentStatus;
  readonly agentValidUntil: EpochMs | null;
  readonly builderAddress: string | null;
  /** Tenths of a basis point the follower approved for `builderAddress`. */
  readonly builderFeeApproved: number;
  /** Typed data offered and signatures received, as the gateway keeps them. */
  readonly approvals: unknown;
  readonly status: 'pending' | 'active' | 'suspended' | 'closed';
  readonly statusReason: string | null;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
}

export interface CopyRow extends ScopedRow {
  readonly id: CopyId;
  /** Short number for journals and client order ids; unique over the platform, below 2^40. */
  readonly no: bigint;
  readonly leaderId: LeaderId;
  readonly followerId: FollowerId;
  readonly venueAccountId: VenueAccountId;
  /** Money, 10^-8. */
  readonly allocation: bigint;
  /** A state of roster's copy life. */
  readonly state: string;
  readonly stateReason: string | null;
  readonly settingsVersion: number;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
  readonly startedAt: EpochMs | null;
  readonly stoppedAt: EpochMs | null;
}

export interface CopySettingsRow extends ScopedRow {
  readonly copyId: CopyId;
  readonly version: number;
  readonly settings: unknown;
  readonly actor: string;
  readonly effectiveFrom: EpochMs;
}

/** Copy equity and unit NAV. Money 10^-8, NAV 10^-12. */
export interface CopyEquityRow extends ScopedRow {
  readonly copyNo: bigint;
  /** Allocation plus and minus its changes. */
  readonly flows: bigint;
  readonly netPnl: bigint;
  readonly unrealised: bigint;
  readonly equity: bigint;
  readonly unitNav: bigint;
  /** NAV the breaker measures from. */
  readonly referenceNav: bigint;
  readonly breaker: 'armed' | 'triggered' | 'off';
  readonly detail: unknown;
  readonly updatedAt: EpochMs;
}
