import type { Environment, TenantId } from '@lockstep/kernel';
import type { BrandingRow, DomainRow } from '../rows/brands';
import { bytes, json, orNull, text, time } from '../unit/codec';
import { defineTable, scopeColumns } from '../unit/table';

/** The logo's bytes are not among the columns: nobody reads them along. */
export const brandings = defineTable<BrandingRow>(
  'brandings',
  {
    ...scopeColumns,
    settings: json('settings'),
    logoType: orNull(text('logo_type')),
    logoSha256: orNull(bytes('logo_sha256')),
    actor: text('actor'),
    updatedAt: time('updated_at'),
  },
  ['tenantId', 'environment'],
);
export const domains = defineTable<DomainRow>(
  'domains',
  {
    host: text('host'),
    tenantId: text<TenantId>('tenant_id'),
    environment: orNull(text<Environment>('environment')),
    actor: text('actor'),
    createdAt: time('created_at'),
  },
  ['host'],
);
