import { FILE_SCHEMA_VERSION, fileName, type Manifest, manifestHash, wireTime } from '@lockstep/delivery';
import { err, ok, present, type Result, type TenantScope } from '@lockstep/kernel';
import { NOTHING_SETTLED, type SettlementMark } from '@lockstep/ledger';
import {
  type ClosePeriodPayload,
  chainHashAt,
  closeSettlement,
  keepFile,
  keepManifest,
  lastSettlement,
  lockExport,
  type MarkPeriodError,
  markOf,
  markPeriod,
  publishExport,
  type ScopedUnit,
  type SettlementRow,
} from '@lockstep/storage';
import { appendEvents, type BackofficeContext, newEvent } from '../context';
import { ChunkWriter, chunksOf } from './chunk-writer';
import { type SettlementFile, writeSettlement } from './settlement-file';

export type ClosePeriodError = MarkPeriodError | 'conflict';

/**
 * Closes a period, in three transactions that each may be repeated: fix what it covers; write file and manifest from one snapshot;
 * close, publish and tell. A runner that dies between them is followed by one that goes on where it stood; two at once end in one file.
 */
export async function closePeriod(
  ctx: BackofficeContext,
  scope: TenantScope,
  wanted: ClosePeriodPayload,
): Promise<Result<SettlementRow, ClosePeriodError>> {
  const marked = await ctx.storage.scoped(scope, (unit) => markPeriod(unit, wanted));
  if (!marked.ok) return marked;
  const settlement = marked.value;
  if (settlement.status === 'closed') return ok(settlement);
  const rendered = await ctx.storage.tryScoped(scope, (unit) => render(ctx, unit, settlement), { isolation: 'repeatable read' });
  if (!rendered.ok) return err(rendered.error);
  return ok(await ctx.storage.scoped(scope, (unit) => publish(ctx, unit, settlement.id)));
}

/** Writes the file once: whoever finds it written leaves it alone. */
async function render(ctx: BackofficeContext, unit: ScopedUnit, settlement: SettlementRow): Promise<void> {
  const exportId = present(settlement.exportId, 'the export of a settlement');
  const found = present(await lockExport(unit, exportId), 'the export row of a settlement');
  if (found.sha256 !== null) return;
  await unit.exports.removeChunks(exportId);
  const before = await lastSettlement(unit, settlement.periodEnd);
  const writer = new ChunkWriter(chunksOf(unit, exportId), ctx.limits.chunkBytes);
  const file = await writeSettlement(unit, markOf(settlement), previousMark(before), writer);
  const manifest = await manifestOf(unit, settlement, before, file);
  const hash = Buffer.from(manifestHash(manifest), 'hex');
  const { byteCount, sha256, rowCount } = file;
  await keepFile(unit, exportId, { fileName: manifest.file_name, rowCount, byteCount, sha256, manifest });
  await keepManifest(unit, settlement.id, { manifest, manifestHash: hash, previousManifestHash: before?.manifestHash ?? null });
}

async function publish(ctx: BackofficeContext, unit: ScopedUnit, id: SettlementRow['id']): Promise<SettlementRow> {
  const first = await closeSettlement(unit, id);
  const closed = present(await unit.settlements.findOne({ id }), 'the settlement just closed');
  const exportId = present(closed.exportId, 'the export of a settlement');
  if (!first) return closed;
  await publishExport(unit, exportId);
  const file = present(await unit.exports.findOne({ id: exportId }), 'the export of a settlement');
  await appendEvents(ctx, unit, [
    newEvent(ctx, 'settlement.closed', {
      settlement_id: id,
      period: { start: wireTime(closed.periodStart), end: wireTime(closed.periodEnd) },
      row_count: Number(file.rowCount),
      sha256: present(file.sha256, 'the digest of a rendered file').toString('hex'),
      manifest_sha256: present(closed.manifestHash, 'the hash of a manifest').toString('hex'),
    }),
  ]);
  ctx.counters.settlementClosed();
  return closed;
}

async function manifestOf(unit: ScopedUnit, settlement: SettlementRow, before: SettlementRow | null, file: SettlementFile): Promise<Manifest> {
  const period = { start: wireTime(settlement.periodStart), end: wireTime(settlement.periodEnd) };
  const { asOfSequence } = markOf(settlement);
  return {
    schema_version: FILE_SCHEMA_VERSION,
    kind: 'settlement',
    file_name: fileName('settlement', period.start, period.end),
    tenant_id: unit.scope.tenantId,
    environment: unit.scope.environment,
    period,
    as_of_sequence: asOfSequence.toString(),
    as_of_hash: await chainHashAt(unit, asOfSequence),
    row_count: Number(file.rowCount),
    byte_count: Number(file.byteCount),
    control_totals: [...file.controlTotals],
    sha256: file.sha256.toString('hex'),
    previous_manifest_sha256: before?.manifestHash?.toString('hex') ?? null,
  };
}

/** Where the settlement before ended. */
export const previousMark = (before: SettlementRow | null): SettlementMark => (before === null ? NOTHING_SETTLED : markOf(before));

/** Writes a closed settlement's file again, to nowhere, and says whether the same bytes came out. */
export async function proveSettlement(ctx: BackofficeContext, scope: TenantScope, settlement: SettlementRow): Promise<boolean> {
  const again = async (unit: ScopedUnit): Promise<boolean> => {
    const before = await lastSettlement(unit, settlement.periodEnd);
    const writer = new ChunkWriter(async () => undefined, ctx.limits.chunkBytes);
    const file = await writeSettlement(unit, markOf(settlement), previousMark(before), writer);
    const kept = settlement.exportId === null ? null : await unit.exports.findOne({ id: settlement.exportId });
    return kept?.sha256?.equals(file.sha256) === true;
  };
  return ctx.storage.scoped(scope, again, { isolation: 'repeatable read', readOnly: true });
}
