import type { ApiKeyRow, AuditLine, AuditRow, JobRow } from '../rows/tenancy';
import * as tables from '../tables';
import { JobQueue } from '../unit/job-queue';
import { jobSql } from '../unit/job-sql';
import { equals, type Page, type PageRequest, pageByTime, type TimeCursor } from '../unit/keyset';
import { ScopedRows } from '../unit/rows';
import type { ScopedSql } from '../unit/sql';
import { type AuditHead, type AuditLink, LINK_COLUMNS, linkOf, readHead } from './audit-chain';

/** What the database adds to a line. */
type LinkedField = 'no' | 'previous' | 'digest';

/** A tenant's keys. The key index row is written beside it in a platform unit. */
export class ApiKeys extends ScopedRows<ApiKeyRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.apiKeys);
  }
}

/** Who did what, chained line by line. Append-only: no role may change or remove a line. */
export class AuditLog extends ScopedRows<AuditRow, LinkedField> {
  private readonly noted: AuditLine[] = [];

  constructor(unit: ScopedSql) {
    super(unit, tables.auditLog);
  }

  /** Writes a line as the last step of the unit: the chain's head is locked from then to the commit, behind every other lock. */
  note(line: AuditLine): void {
    if (this.noted.length === 0) this.unit.lastStep(() => this.insertAll(this.noted));
    this.noted.push(line);
  }

  /** Where the chain stands; number 0 before its first line. */
  head(): Promise<AuditHead> {
    return readHead(this.unit, 'select top_no, top_digest from audit_heads where tenant_id = $1 and environment = $2', this.unit.scopeParameters);
  }

  /** Lines of these numbers, in order, with their texts as they were digested. */
  async links(fromNo: bigint, limit: number): Promise<readonly AuditLink[]> {
    const rows = await this.unit.query(
      `select ${LINK_COLUMNS} from audit_log where tenant_id = $1 and environment = $2 and no >= $3 order by no limit $4`,
      [...this.unit.scopeParameters, fromNo.toString(), limit],
    );
    return rows.map(linkOf);
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
