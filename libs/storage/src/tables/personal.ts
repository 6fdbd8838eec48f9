import type { FollowerId } from '@lockstep/kernel';
import type { ErasureWait, FollowerErasureRow, FollowerKeyRow, FollowerRefRow, TenantKeyRow } from '../rows/personal';
import { bytes, orNull, text, time } from '../unit/codec';
import { defineTable, scopeColumns } from '../unit/table';

// What is known of persons, and the keys it is sealed with.

export const tenantKeys = defineTable<TenantKeyRow>(
  'tenant_keys',
  { ...scopeColumns, sealedKey: bytes('sealed_key'), createdAt: time('created_at') },
  ['tenantId', 'environment'],
);
export const followerKeys = defineTable<FollowerKeyRow>(
  'follower_keys',
  { ...scopeColumns, followerId: text<FollowerId>('follower_id'), sealedKey: bytes('sealed_key'), createdAt: time('created_at') },
  ['tenantId', 'environment', 'followerId'],
);
export const followerRefs = defineTable<FollowerRefRow>(
  'follower_refs',
  { ...scopeColumns, followerId: text<FollowerId>('follower_id'), sealedRef: bytes('sealed_ref'), digest: bytes('digest') },
  ['tenantId', 'environment', 'followerId'],
);
export const followerErasures = defineTable<FollowerErasureRow>(
  'follower_erasures',
  {
    ...scopeColumns,
    followerId: text<FollowerId>('follower_id'),
    actor: text('actor'),
    askedAt: time('asked_at'),
    erasedAt: orNull(time('erased_at')),
    waitsFor: orNull(text<ErasureWait>('waits_for')),
  },
  ['tenantId', 'environment', 'followerId'],
);
