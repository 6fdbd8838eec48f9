import type { Id } from '@lockstep/kernel';
import type { ApiKeyRow, AuditRow, CommandRow, JobRow, PlatformAuditRow, PlatformJobRow } from '../rows/tenancy';
import { big, bytes, int, json, orNull, text, texts, time } from '../unit/codec';
import { type Columns, defineTable, scopeColumns } from '../unit/table';

// What belongs to a tenant as a customer.

const jobColumns: Columns<PlatformJobRow> = {
  id: text<Id<'job'>>('id'),
  kind: text('kind'),
  uniqueKey: orNull(text('unique_key')),
  payload: json('payload'),
  status: text<JobRow['status']>('status'),
  runAt: time('run_at'),
  attempts: int('attempts'),
  attemptsMax: int('attempts_max'),
  lockedUntil: orNull(time('locked_until')),
  error: orNull(text('error')),
  result: json('result'),
  createdAt: time('created_at'),
  finishedAt: orNull(time('finished_at')),
};
export const jobs = defineTable<JobRow>('jobs', { ...scopeColumns, ...jobColumns }, ['tenantId', 'environment', 'id']);
export const platformJobs = defineTable<PlatformJobRow>('platform_jobs', jobColumns, ['id']);

export const apiKeys = defineTable<ApiKeyRow>(
  'api_keys',
  {
    ...scopeColumns,
    id: text<Id<'apiKey'>>('id'),
    kid: text('kid'),
    label: text('label'),
    prefix: text('prefix'),
    last4: text('last4'),
    scopes: texts('scopes'),
    narrowedTo: texts('narrowed_to'),
    allowedAddresses: texts('allowed_addresses'),
    signed: text<ApiKeyRow['signed']>('signed'),
    apiVersion: text('api_version'),
    status: text<ApiKeyRow['status']>('status'),
    replacedBy: orNull(text<Id<'apiKey'>>('replaced_by')),
    createdAt: time('created_at'),
    expiresAt: orNull(time('expires_at')),
    revokedAt: orNull(time('revoked_at')),
    lastUsedAt: orNull(time('last_used_at')),
  },
  ['tenantId', 'environment', 'id'],
);
export const commands = defineTable<CommandRow>(
  'commands',
  {
    ...scopeColumns,
    no: big('no'),
    kind: text('kind'),
    targetId: text('target_id'),
    payload: json('payload'),
    actor: text('actor'),
    status: text<CommandRow['status']>('status'),
    result: json('result'),
    createdAt: time('created_at'),
    begunAt: orNull(time('begun_at')),
    appliedAt: orNull(time('applied_at')),
  },
  ['tenantId', 'environment', 'no'],
);
const lineColumns: Columns<PlatformAuditRow> = {
  no: big('no'),
  id: text<Id<'audit'>>('id'),
  actor: text('actor'),
  action: text('action'),
  targetId: orNull(text('target_id')),
  requestId: orNull(text('request_id')),
  detail: json('detail'),
  before: json('before'),
  after: json('after'),
  createdAt: time('created_at'),
  previous: bytes('previous'),
  digest: bytes('digest'),
};
/** The database numbers and links the lines. */
const LINKED = ['no', 'previous', 'digest'] as const;
export const auditLog = defineTable<AuditRow>('audit_log', { ...scopeColumns, ...lineColumns }, ['tenantId', 'environment', 'id'], LINKED);
export const platformAuditLog = defineTable<PlatformAuditRow>('platform_audit_log', lineColumns, ['no'], LINKED);
