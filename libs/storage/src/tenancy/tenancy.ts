import type { ApiKeyRow, AuditRow, JobRow } from '../rows/tenancy';
import * as tables from '../tables';
import { JobQueue } from '../unit/job-queue';
import { jobSql } from '../unit/job-sql';
import { equals, type Page, type PageRequest, pageByTime, type TimeCursor } from '../unit/keyset';
import { ScopedRows } from '../unit/rows';
import type { ScopedSql } from '../unit/sql';

/** A tenant's keys. The key index row is written beside it in a platform unit. */
export class ApiKeys extends ScopedRows<ApiKeyRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.apiKeys);
  }
}

/** Who did what. Append-only: no role may change or remove a line. */
export class AuditLog extends ScopedRows<AuditRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.auditLog);
  }

  page(request: PageRequest<TimeCursor>, filter: { readonly targetId?: string; readonly action?: string } = {}): Promise<Page<AuditRow, TimeCursor>> {
    const where = equals({ target_id: filter.targetId, action: filter.action });
    return pageByTime(this.unit, this.table, { time: 'createdAt', id: 'id' }, request, where, (row) => ({ at: row.createdAt, id: row.id }));
  }
}

const JOB_STATEMENTS = jobSql('jobs', tables.jobs.selectList(), true);

/** A tenant's jobs: settlement, exports. Claimed scope by scope. */
export class Jobs extends JobQueue<JobRow> {
  private readonly rows: ScopedRows<JobRow>;

  constructor(unit: ScopedSql) {
    super(unit, JOB_STATEMENTS, unit.scopeParameters, (row) => tables.jobs.parse(row));
    this.rows = new ScopedRows(unit, tables.jobs);
  }

  get(id: JobRow['id']): Promise<JobRow | null> {
    return this.rows.findOne({ id });
  }
}
