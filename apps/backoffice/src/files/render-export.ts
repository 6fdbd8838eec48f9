import { archiveFileName, FILE_SCHEMA_VERSION, fileName, type Manifest, wireTime } from '@lockstep/delivery';
import { err, type Id, ok, present, type Result, type TenantScope } from '@lockstep/kernel';
import { ARCHIVE_KIND, chainHashAt, failExport, keepFile, lockExport, publishExport, type ScopedUnit } from '@lockstep/storage';
import { z } from 'zod';
import { appendEvents, type BackofficeContext, newEvent } from '../context';
import { writeArchive } from './archive-file';
import { ChunkWriter, chunksOf, type WrittenBytes } from './chunk-writer';
import { EXPORT_KINDS, type WrittenRows, writeExport } from './export-file';

export type RenderExportError = 'no_such_export' | 'bad_request' | 'conflict';

const range = { fromMs: z.int().min(0), toMs: z.int().min(0) };
const request = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(EXPORT_KINDS), params: z.object(range) }),
  z.object({ kind: z.literal(ARCHIVE_KIND), params: z.object({ ...range, table: z.string() }) }),
]);
type ExportRequest = z.output<typeof request>;

/** Writes an export's file and manifest from one snapshot, then offers it and tells. Repeating it changes nothing. */
export async function renderExport(ctx: BackofficeContext, scope: TenantScope, id: Id<'export'>): Promise<Result<true, RenderExportError>> {
  const rendered = await ctx.storage.tryScoped(scope, (unit) => render(ctx, unit, id), { isolation: 'repeatable read' });
  if (!rendered.ok) return err(rendered.error);
  if (!rendered.value.ok) return rendered.value;
  await ctx.storage.scoped(scope, (unit) => publish(ctx, unit, id));
  return ok(true);
}

/** Marks an export as failed and tells. */
export async function giveUpExport(ctx: BackofficeContext, scope: TenantScope, id: Id<'export'>, reason: string): Promise<void> {
  await ctx.storage.scoped(scope, async (unit) => {
    const found = await unit.exports.findOne({ id });
    if (found === null || !(await failExport(unit, id, reason))) return;
    await appendEvents(ctx, unit, [newEvent(ctx, 'export.failed', { export_id: id, kind: found.kind, reason })]);
  });
}

async function render(ctx: BackofficeContext, unit: ScopedUnit, id: Id<'export'>): Promise<Result<true, RenderExportError>> {
  const found = await lockExport(unit, id);
  if (found === null) return err('no_such_export');
  if (found.sha256 !== null) return ok(true);
  const wanted = request.safeParse(found);
  if (!wanted.success) return err('bad_request');
  await unit.exports.removeChunks(id);
  const writer = new ChunkWriter(chunksOf(unit, id), ctx.limits.chunkBytes);
  const rows = await writeRows(unit, wanted.data, writer);
  if (rows === null) return err('bad_request');
  const bytes = await writer.finish();
  const manifest = await manifestOf(unit, wanted.data, rows, bytes);
  await keepFile(unit, id, { fileName: manifest.file_name, rowCount: rows.rowCount, byteCount: bytes.byteCount, sha256: bytes.sha256, manifest });
  return ok(true);
}

async function writeRows(unit: ScopedUnit, wanted: ExportRequest, writer: ChunkWriter): Promise<WrittenRows | null> {
  if (wanted.kind !== ARCHIVE_KIND) return writeExport(unit, wanted.kind, wanted.params, writer);
  const rowCount = await writeArchive(unit, wanted.params.table, writer);
  return rowCount === null ? null : { rowCount, controlTotals: [] };
}

async function publish(ctx: BackofficeContext, unit: ScopedUnit, id: Id<'export'>): Promise<void> {
  if (!(await publishExport(unit, id))) return;
  const file = present(await unit.exports.findOne({ id }), 'the export just published');
  await appendEvents(ctx, unit, [
    newEvent(ctx, 'export.ready', {
      export_id: id,
      kind: file.kind,
      file_name: present(file.fileName, 'the name of a rendered file'),
      row_count: Number(file.rowCount),
      byte_count: Number(file.byteCount),
      sha256: present(file.sha256, 'the digest of a rendered file').toString('hex'),
    }),
  ]);
  ctx.counters.exportRendered();
}

async function manifestOf(unit: ScopedUnit, wanted: ExportRequest, rows: WrittenRows, bytes: WrittenBytes): Promise<Manifest> {
  const period = { start: wireTime(wanted.params.fromMs), end: wireTime(wanted.params.toMs) };
  const { seq } = await unit.ledger.head();
  return {
    schema_version: FILE_SCHEMA_VERSION,
    kind: wanted.kind,
    file_name: wanted.kind === ARCHIVE_KIND ? archiveFileName(wanted.params.table) : fileName(wanted.kind, period.start, period.end),
    tenant_id: unit.scope.tenantId,
    environment: unit.scope.environment,
    period,
    as_of_sequence: seq.toString(),
    as_of_hash: await chainHashAt(unit, seq),
    row_count: Number(rows.rowCount),
    byte_count: Number(bytes.byteCount),
    control_totals: [...rows.controlTotals],
    sha256: bytes.sha256.toString('hex'),
    previous_manifest_sha256: null,
  };
}
