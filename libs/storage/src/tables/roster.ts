import type { CopyId, FollowerId, LeaderId, VenueAccountId } from '@lockstep/kernel';
import type { CopyEquityRow, CopyRow, CopySettingsRow, FollowerRow, LeaderRow, SpareAgentRow, VenueAccountRow } from '../rows/roster';
import { big, bytes, int, json, orNull, text, time } from '../unit/codec';
import { defineTable, scopeColumns } from '../unit/table';

// Who copies whom.

export const leaders = defineTable<LeaderRow>(
  'leaders',
  {
    ...scopeColumns,
    id: text<LeaderId>('id'),
    no: big('no'),
    watchedNo: big('watched_no'),
    name: text('name'),
    terms: json('terms'),
    status: text<LeaderRow['status']>('status'),
    access: text<LeaderRow['access']>('access'),
    createdAt: time('created_at'),
    updatedAt: time('updated_at'),
  },
  ['tenantId', 'environment', 'id'],
  ['no'],
);
export const followers = defineTable<FollowerRow>(
  'followers',
  {
    ...scopeColumns,
    id: text<FollowerId>('id'),
    externalRef: orNull(text('external_ref')),
    status: text<FollowerRow['status']>('status'),
    createdAt: time('created_at'),
    updatedAt: time('updated_at'),
  },
  ['tenantId', 'environment', 'id'],
);
export const venueAccounts = defineTable<VenueAccountRow>(
  'venue_accounts',
  {
    ...scopeColumns,
    id: text<VenueAccountId>('id'),
    no: big('no'),
    followerId: text<FollowerId>('follower_id'),
    venue: text('venue'),
    network: text('network'),
    address: text('address'),
    accountType: text<VenueAccountRow['accountType']>('account_type'),
    masterAddress: orNull(text('master_address')),
    mode: text<VenueAccountRow['mode']>('mode'),
    agentAddress: text('agent_address'),
    agentName: orNull(text('agent_name')),
    sealedAgentKey: bytes('sealed_agent_key'),
    agentStatus: text<VenueAccountRow['agentStatus']>('agent_status'),
    agentValidUntil: orNull(time('agent_valid_until')),
    builderAddress: orNull(text('builder_address')),
    builderFeeApproved: int('builder_fee_approved'),
    approvals: json('approvals'),
    status: text<VenueAccountRow['status']>('status'),
    statusReason: orNull(text('status_reason')),
    createdAt: time('created_at'),
    updatedAt: time('updated_at'),
  },
  ['tenantId', 'environment', 'id'],
  ['no'],
);
export const spareAgents = defineTable<SpareAgentRow>(
  'spare_agents',
  {
    ...scopeColumns,
    venueAccountId: text<VenueAccountId>('venue_account_id'),
    role: text<SpareAgentRow['role']>('role'),
    agentAddress: text('agent_address'),
    agentName: orNull(text('agent_name')),
    sealedAgentKey: bytes('sealed_agent_key'),
    createdAt: time('created_at'),
  },
  ['tenantId', 'environment', 'venueAccountId', 'role'],
);
export const copies = defineTable<CopyRow>(
  'copies',
  {
    ...scopeColumns,
    id: text<CopyId>('id'),
    no: big('no'),
    leaderId: text<LeaderId>('leader_id'),
    followerId: text<FollowerId>('follower_id'),
    venueAccountId: text<VenueAccountId>('venue_account_id'),
    allocation: big('allocation'),
    state: text('state'),
    stateReason: orNull(text('state_reason')),
    settingsVersion: int('settings_version'),
    createdAt: time('created_at'),
    updatedAt: time('updated_at'),
    startedAt: orNull(time('started_at')),
    stoppedAt: orNull(time('stopped_at')),
    unwindBy: orNull(time('unwind_by')),
  },
  ['tenantId', 'environment', 'id'],
  ['no'],
);
export const copySettings = defineTable<CopySettingsRow>(
  'copy_settings',
  {
    ...scopeColumns,
    copyId: text<CopyId>('copy_id'),
    version: int('version'),
    settings: json('settings'),
    actor: text('actor'),
    effectiveFrom: time('effective_from'),
  },
  ['tenantId', 'environment', 'copyId', 'version'],
);
export const copyEquity = defineTable<CopyEquityRow>(
  'copy_equity',
  {
    ...scopeColumns,
    copyNo: big('copy_no'),
    flows: big('flows'),
    netPnl: big('net_pnl'),
    unrealised: big('unrealised'),
    equity: big('equity'),
    unitNav: big('unit_nav'),
    referenceNav: big('reference_nav'),
    breaker: text<CopyEquityRow['breaker']>('breaker'),
    detail: json('detail'),
    updatedAt: time('updated_at'),
  },
  ['tenantId', 'environment', 'copyNo'],
);
