import type { Id } from '@lockstep/kernel';
import type { ExportRow, FeeScheduleRow, LedgerAccountRow, SettlementRow } from '../rows/money';
import { big, bytes, int, json, orNull, text, time, wide } from '../unit/codec';
import { defineTable, scopeColumns } from '../unit/table';

// Ledger balances, fee schedules, settlements, exports.

export const ledgerAccounts = defineTable<LedgerAccountRow>(
  'ledger_accounts',
  {
    ...scopeColumns,
    code: text('code'),
    asset: text('asset'),
    balance: wide('balance'),
    entryCount: big('entry_count'),
    throughSeq: big('through_seq'),
  },
  ['tenantId', 'environment', 'code', 'asset'],
);
export const feeSchedules = defineTable<FeeScheduleRow>(
  'fee_schedules',
  {
    ...scopeColumns,
    id: text<Id<'feeSchedule'>>('id'),
    version: int('version'),
    markupTenths: int('markup_tenths'),
    flow: text<FeeScheduleRow['flow']>('flow'),
    builderAddress: orNull(text('builder_address')),
    builderOwner: text<FeeScheduleRow['builderOwner']>('builder_owner'),
    operatorShare: big('operator_share'),
    missingApproval: text<FeeScheduleRow['missingApproval']>('missing_approval'),
    actor: text('actor'),
    createdAt: time('created_at'),
    effectiveFrom: time('effective_from'),
  },
  ['tenantId', 'environment', 'id'],
);
export const settlements = defineTable<SettlementRow>(
  'settlements',
  {
    ...scopeColumns,
    id: text<Id<'settlement'>>('id'),
    period: text('period'),
    periodStart: time('period_start'),
    periodEnd: time('period_end'),
    status: text<SettlementRow['status']>('status'),
    throughSeq: orNull(big('through_seq')),
    exportId: orNull(text<Id<'export'>>('export_id')),
    manifest: json('manifest'),
    manifestHash: orNull(bytes('manifest_hash')),
    prevManifestHash: orNull(bytes('prev_manifest_hash')),
    createdAt: time('created_at'),
    closedAt: orNull(time('closed_at')),
  },
  ['tenantId', 'environment', 'id'],
);
export const exportsTable = defineTable<ExportRow>(
  'exports',
  {
    ...scopeColumns,
    id: text<Id<'export'>>('id'),
    kind: text('kind'),
    params: json('params'),
    status: text<ExportRow['status']>('status'),
    error: orNull(text('error')),
    fileName: orNull(text('file_name')),
    rowCount: orNull(big('row_count')),
    byteCount: orNull(big('byte_count')),
    sha256: orNull(bytes('sha256')),
    manifest: json('manifest'),
    createdAt: time('created_at'),
    completedAt: orNull(time('completed_at')),
  },
  ['tenantId', 'environment', 'id'],
);
