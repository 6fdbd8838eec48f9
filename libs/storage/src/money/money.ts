import type { EpochMs, Id } from '@lockstep/kernel';
import type { ExportRow, FeeScheduleRow, SettlementRow } from '../rows/money';
import * as tables from '../tables';
import { bytes } from '../unit/codec';
import type { Filter } from '../unit/filter';
import { equals, type Page, type PageRequest, pageByTime, type TimeCursor } from '../unit/keyset';
import { ScopedRows } from '../unit/rows';
import type { ScopedSql } from '../unit/sql';

/** Versions of a scope's fee schedule. Append-only: which one is in force at a time is the ledger room's decision. */
export class FeeSchedules extends ScopedRows<FeeScheduleRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.feeSchedules);
  }

  /** Keeps others from adding a version until the unit ends, so that versions follow each other. */
  async hold(): Promise<void> {
    await this.unit.query(`select pg_advisory_xact_lock(hashtextextended($1 || '|' || $2 || '|fees', 0))`, [...this.unit.scopeParameters]);
  }

  /** All versions, oldest first. */
  versions(): Promise<readonly FeeScheduleRow[]> {
    return this.find({}, { orderBy: { version: 'ASC' } });
  }

  /** The newest version, null when none was written. Two writers that read the same one meet in the unique version number. */
  latest(): Promise<FeeScheduleRow | null> {
    return this.findOne({}, { orderBy: { version: 'DESC' } });
  }
}

export class Settlements extends ScopedRows<SettlementRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.settlements);
  }

  page(request: PageRequest<TimeCursor>): Promise<Page<SettlementRow, TimeCursor>> {
    return pageByTime(this.unit, this.table, { time: 'periodStart', id: 'id' }, request, equals({}), (row) => ({ at: row.periodStart, id: row.id }));
  }

  /** The newest closed settlement that ends at or before a time: the one whose manifest hash the next chains to. */
  async lastClosedBefore(time: EpochMs): Promise<SettlementRow | null> {
    const [row] = await this.unit.query(
      `select ${tables.settlements.selectList()} from settlements
       where tenant_id = $1 and environment = $2 and status = 'closed' and period_end <= $3 order by period_end desc limit 1`,
      [...this.unit.scopeParameters, new Date(time)],
    );
    return row === undefined ? null : tables.settlements.parse(row);
  }

  /** Opens a period for closing; false when this scope opened or closed it before. */
  async begin(row: {
    readonly id: Id<'settlement'>;
    readonly period: string;
    readonly periodStart: EpochMs;
    readonly periodEnd: EpochMs;
  }): Promise<boolean> {
    const written = await this.unit.execute(
      `insert into settlements (tenant_id, environment, id, period, period_start, period_end, status, created_at)
       values ($1, $2, $3, $4, $5, $6, 'closing', $7) on conflict do nothing`,
      [...this.unit.scopeParameters, row.id, row.period, new Date(row.periodStart), new Date(row.periodEnd), new Date(this.unit.now)],
    );
    return written === 1;
  }
}

/** Exported files, kept in chunks so that neither writing nor a resumed download holds a whole file in memory. */
export class Exports extends ScopedRows<ExportRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.exportsTable);
  }

  /** Writes down a file that is to be made: of which kind, from what, and whether somebody makes it now. */
  async begin({ id, kind, params }: Pick<ExportRow, 'id' | 'kind' | 'params'>, status: 'queued' | 'running' = 'queued'): Promise<void> {
    const unmade = { error: null, fileName: null, rowCount: null, byteCount: null, sha256: null, manifest: null, completedAt: null };
    await this.insert({ id, kind, params, status, ...unmade, createdAt: this.unit.now });
  }

  page(request: PageRequest<TimeCursor>, filter: { readonly kind?: string } = {}): Promise<Page<ExportRow, TimeCursor>> {
    return this.pageWhere(request, equals({ kind: filter.kind }));
  }

  /** As `page`, without the files of one kind. */
  pageWithout(kind: string, request: PageRequest<TimeCursor>): Promise<Page<ExportRow, TimeCursor>> {
    return this.pageWhere(request, { parameters: [kind], sql: (p) => `kind <> ${p(0)}` });
  }

  private pageWhere(request: PageRequest<TimeCursor>, where: Filter): Promise<Page<ExportRow, TimeCursor>> {
    return pageByTime(this.unit, this.table, { time: 'createdAt', id: 'id' }, request, where, (row) => ({ at: row.createdAt, id: row.id }));
  }

  /** Writes one chunk. A chunk of the same number is refused by its key. */
  async addChunk(exportId: Id<'export'>, no: number, firstByte: bigint, content: Buffer): Promise<void> {
    await this.unit.execute('insert into export_chunks (tenant_id, environment, export_id, no, first_byte, bytes) values ($1, $2, $3, $4, $5, $6)', [
      ...this.unit.scopeParameters,
      exportId,
      no,
      firstByte.toString(),
      content,
    ]);
  }

  /** Removes the chunks of an attempt that did not finish. */
  async removeChunks(exportId: Id<'export'>): Promise<number> {
    return this.unit.execute('delete from export_chunks where tenant_id = $1 and environment = $2 and export_id = $3', [
      ...this.unit.scopeParameters,
      exportId,
    ]);
  }

  /** The chunk that holds byte `position`, with the place where it begins; null past the end. */
  async chunkAt(
    exportId: Id<'export'>,
    position: bigint,
  ): Promise<{ readonly no: number; readonly firstByte: bigint; readonly bytes: Buffer } | null> {
    const [row] = await this.unit.query(
      `select no, first_byte, bytes from export_chunks
       where tenant_id = $1 and environment = $2 and export_id = $3 and first_byte <= $4 and first_byte + octet_length(bytes) > $4
       order by no desc limit 1`,
      [...this.unit.scopeParameters, exportId, position.toString()],
    );
    if (row === undefined) return null;
    return { no: Number(row.no), firstByte: BigInt(String(row.first_byte)), bytes: bytes('bytes').read(row.bytes) };
  }
}
