import type { CopyId, EpochMs, FollowerId, LeaderId, VenueAccountId } from '@lockstep/kernel';
import type { LeaderAccess } from '@lockstep/roster';
import type { ScopedRow } from './scoped';

/** A tenant's strategy over a watched account. */
export interface LeaderRow extends ScopedRow {
  readonly id: LeaderId;
  readonly no: bigint;
  readonly watchedNo: bigint;
  readonly name: string;
  readonly terms: unknown;
  readonly status: 'active' | 'paused' | 'closed';
  readonly access: LeaderAccess;
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

/** An account that is a leader follows another, by their watched numbers. */
export interface Following {
  readonly leader: bigint;
  readonly follower: bigint;
}

/** `expiring`: approved, with an end that is near. `removed`: the venue no longer knows it, before its end. */
export const AGENT_STATUSES = ['awaiting_signature', 'signed', 'approved', 'expiring', 'refused', 'expired', 'removed'] as const;
export type AgentStatus = (typeof AGENT_STATUSES)[number];

/** `sub_account` and `vault` have no key of their own: an agent of the master (of a vault: its leader) acts for them. */
export const ACCOUNT_TYPES = ['main', 'sub_account', 'vault'] as const;
export type AccountType = (typeof ACCOUNT_TYPES)[number];

export interface VenueAccountRow extends ScopedRow {
  readonly id: VenueAccountId;
  /** Short number for journals; unique over the platform. */
  readonly no: bigint;
  readonly followerId: FollowerId;
  readonly venue: string;
  readonly network: string;
  /** Lower case. */
  readonly address: string;
  readonly accountType: AccountType;
  /** Whose wallet approves for it, lower case; null of a main account. */
  readonly masterAddress: string | null;
  readonly mode: 'unknown' | 'standard' | 'unified';
  readonly agentAddress: string;
  /** Name of the agent at the venue; null: unnamed, or known to the venue from elsewhere. */
  readonly agentName: string | null;
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

/** What a new account of its own wallet has, its agent unnamed. */
export const MAIN_ACCOUNT = { accountType: 'main', masterAddress: null, agentName: null } as const;

/** An agent key beside the one that signs: `next` waits for its approval, `former` signed before. */
export interface SpareAgentRow extends ScopedRow {
  readonly venueAccountId: VenueAccountId;
  readonly role: 'next' | 'former';
  readonly agentAddress: string;
  readonly agentName: string | null;
  /** Only the engine can open it. */
  readonly sealedAgentKey: Buffer;
  readonly createdAt: EpochMs;
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
  /** When everything must be closed, of a copy that is stopped by a deadline. */
  readonly unwindBy: EpochMs | null;
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
