import type { EpochMs, Id } from '@lockstep/kernel';
import type { ExportRow } from '../rows/money';
import type { ScopedUnit } from '../scoped-unit';
import * as tables from '../tables';

/** What is known of a file once all its bytes are written. */
export interface RenderedFile {
  readonly fileName: string;
  readonly rowCount: bigint;
  readonly byteCount: bigint;
  readonly sha256: Buffer;
  readonly manifest: unknown;
}

/** Locks an export for rendering: a second renderer waits and then finds the file. Null when there is no such export. */
export async function lockExport(unit: ScopedUnit, id: Id<'export'>): Promise<ExportRow | null> {
  const [found] = await unit.query(
    `select ${tables.exportsTable.selectList()} from exports where tenant_id = $1 and environment = $2 and id = $3 for update`,
    [...unit.scopeParameters, id],
  );
  return found === undefined ? null : tables.exportsTable.parse(found);
}

/** Records a rendered file; it is not offered before `publishExport`. */
export async function keepFile(unit: ScopedUnit, id: Id<'export'>, file: RenderedFile): Promise<void> {
  await unit.exports.update({ id }, { ...file, status: 'running' });
}

/** Offers a rendered file; false when it was offered before. */
export async function publishExport(unit: ScopedUnit, id: Id<'export'>): Promise<boolean> {
  return (await unit.exports.update({ id, status: 'running' }, { status: 'ready', completedAt: unit.now })) === 1;
}

/** Gives an export up; false when it had ended before. */
export async function failExport(unit: ScopedUnit, id: Id<'export'>, reason: string): Promise<boolean> {
  const change = { status: 'failed', error: reason, completedAt: unit.now } as const;
  const queued = await unit.exports.update({ id, status: 'queued' }, change);
  return queued + (await unit.exports.update({ id, status: 'running' }, change)) === 1;
}

/** Hash of the transaction at a place in the chain, hexadecimal; empty before the first. */
export async function chainHashAt(unit: ScopedUnit, seq: bigint): Promise<string> {
  const [found] = await unit.query(
    `select encode(hash, 'hex') as hash from ledger_transactions where tenant_id = $1 and environment = $2 and seq = $3`,
    [...unit.scopeParameters, seq.toString()],
  );
  return found === undefined ? '' : String(found['hash']);
}

/** Removes failed exports and files past their keeping time, settlements never; at most `limit` files. */
export async function removeOldExports(unit: ScopedUnit, before: EpochMs, limit: number): Promise<number> {
  const rows = await unit.query(
    `select id from exports where tenant_id = $1 and environment = $2 and kind <> 'settlement' and completed_at < $3
       and exists (select 1 from export_chunks c where c.tenant_id = $1 and c.environment = $2 and c.export_id = exports.id)
     order by completed_at limit $4`,
    [...unit.scopeParameters, new Date(before), limit],
  );
  for (const found of rows) {
    await unit.execute('delete from export_chunks where tenant_id = $1 and environment = $2 and export_id = $3', [
      ...unit.scopeParameters,
      String(found['id']),
    ]);
  }
  return rows.length;
}
