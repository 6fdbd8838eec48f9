import type { Id } from '@lockstep/kernel';
import type { FaultId } from '@lockstep/tenancy';
import type { SandboxFaultRow, SandboxRow, SandboxTaskRow } from '../rows/sandboxes';
import { int, json, orNull, safeInt, text, time } from '../unit/codec';
import { defineTable, scopeColumns } from '../unit/table';

// Worlds of their own that test environments have, what is asked of them, and the faults they set on themselves.

export const sandboxes = defineTable<SandboxRow>(
  'sandboxes',
  {
    ...scopeColumns,
    id: text<Id<'sandbox'>>('id'),
    network: text('network'),
    seed: safeInt('seed'),
    epoch: int('epoch'),
    status: text<SandboxRow['status']>('status'),
    advancedMs: safeInt('advanced_ms'),
    openedAt: orNull(time('opened_at')),
    usedAt: time('used_at'),
    createdAt: time('created_at'),
  },
  ['tenantId', 'environment'],
);
export const sandboxTasks = defineTable<SandboxTaskRow>(
  'sandbox_tasks',
  {
    ...scopeColumns,
    id: text<Id<'sandboxTask'>>('id'),
    kind: text('kind'),
    params: json('params'),
    status: text<SandboxTaskRow['status']>('status'),
    plan: json('plan'),
    result: json('result'),
    error: orNull(text('error')),
    runs: int('runs'),
    actor: text('actor'),
    createdAt: time('created_at'),
    startedAt: orNull(time('started_at')),
    endedAt: orNull(time('ended_at')),
  },
  ['tenantId', 'environment', 'id'],
);
export const sandboxFaults = defineTable<SandboxFaultRow>(
  'sandbox_faults',
  {
    ...scopeColumns,
    id: text<FaultId>('id'),
    kind: text<SandboxFaultRow['kind']>('kind'),
    operation: orNull(text('operation')),
    keyId: orNull(text<Id<'apiKey'>>('key_id')),
    times: orNull(int('times')),
    probability: orNull(int('probability')),
    seed: safeInt('seed'),
    everyEvents: orNull(int('every_events')),
    httpStatus: orNull(int('http_status')),
    retryAfterS: orNull(int('retry_after_s')),
    delayMs: orNull(int('delay_ms')),
    met: safeInt('met'),
    struck: safeInt('struck'),
    lastStruckAt: orNull(time('last_struck_at')),
    actor: text('actor'),
    createdAt: time('created_at'),
    endsAt: time('ends_at'),
  },
  ['tenantId', 'environment', 'id'],
);
