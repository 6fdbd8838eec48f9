import type { CopyId, FollowerId, Id, LeaderId } from '@lockstep/kernel';
import type { CopyConsentRow, EntitlementRow, LeaderTermsRow } from '../rows/rights';
import { int, orNull, text, time } from '../unit/codec';
import { defineTable, scopeColumns } from '../unit/table';

// Whether a follower may copy a leader, and on which published terms.

export const entitlements = defineTable<EntitlementRow>(
  'entitlements',
  {
    ...scopeColumns,
    id: text<Id<'entitlement'>>('id'),
    leaderId: text<LeaderId>('leader_id'),
    followerId: text<FollowerId>('follower_id'),
    until: orNull(time('until')),
    revokedAt: orNull(time('revoked_at')),
    actor: text('actor'),
    createdAt: time('created_at'),
    updatedAt: time('updated_at'),
  },
  ['tenantId', 'environment', 'id'],
);
export const leaderTerms = defineTable<LeaderTermsRow>(
  'leader_terms',
  {
    ...scopeColumns,
    leaderId: text<LeaderId>('leader_id'),
    version: int('version'),
    documentUrl: text('document_url'),
    sha256: text('sha256'),
    bindingFrom: time('binding_from'),
    actor: text('actor'),
    createdAt: time('created_at'),
  },
  ['tenantId', 'environment', 'leaderId', 'version'],
);
export const copyConsents = defineTable<CopyConsentRow>(
  'copy_consents',
  {
    ...scopeColumns,
    copyId: text<CopyId>('copy_id'),
    leaderId: text<LeaderId>('leader_id'),
    version: int('version'),
    actor: text('actor'),
    consentedAt: time('consented_at'),
  },
  ['tenantId', 'environment', 'copyId', 'version'],
);
