import type { AuditLine, PlatformAuditRow } from '../rows/tenancy';
import * as tables from '../tables';
import { type AuditHead, type AuditLink, LINK_COLUMNS, linkOf, readHead } from '../tenancy/audit-chain';
import { type Page, type PageRequest, pageOf, readingOf } from '../unit/keyset';
import type { Sql } from '../unit/sql';

/** What the operator did, in a chain of its own. Append-only. */
export class PlatformAudit {
  constructor(private readonly unit: Sql) {}

  /** Writes a line as the last step of the unit: the chain's head is locked from then to the commit. */
  note(line: AuditLine): void {
    this.unit.lastStep(() => this.insert(line));
  }

  head(): Promise<AuditHead> {
    return readHead(this.unit, 'select top_no, top_digest from platform_audit_head');
  }

  /** Lines of these numbers, in order, with their texts as they were digested. */
  async links(fromNo: bigint, limit: number): Promise<readonly AuditLink[]> {
    const rows = await this.unit.query(`select ${LINK_COLUMNS} from platform_audit_log where no >= $1 order by no limit $2`, [
      fromNo.toString(),
      limit,
    ]);
    return rows.map(linkOf);
  }

  /** Lines by their numbers, of one target or one action where these are given. */
  async page(
    request: PageRequest<string>,
    filter: { readonly targetId?: string; readonly action?: string } = {},
  ): Promise<Page<PlatformAuditRow, string>> {
    const reading = readingOf(request);
    const { beyond, direction, limit } = reading;
    const rows = await this.unit.query(
      `select ${tables.platformAuditLog.selectList()} from platform_audit_log
       where ($1::text is null or target_id = $1) and ($2::text is null or action = $2) and ($3::bigint is null or no ${beyond} $3)
       order by no ${direction} limit ${limit + 1}`,
      [filter.targetId ?? null, filter.action ?? null, reading.from],
    );
    return pageOf(
      reading,
      rows.map((row) => tables.platformAuditLog.parse(row)),
      (row) => row.no.toString(),
    );
  }

  private async insert(line: AuditLine): Promise<void> {
    await this.unit.execute(
      `insert into platform_audit_log (id, actor, action, target_id, request_id, detail, before, after, created_at)
       values ($1, $2, $3, $4, $5, $6::json, $7::json, $8::json, $9)`,
      [
        line.id,
        line.actor,
        line.action,
        line.targetId,
        line.requestId,
        JSON.stringify(line.detail),
        jsonOrNull(line.before),
        jsonOrNull(line.after),
        new Date(line.createdAt),
      ],
    );
  }
}

const jsonOrNull = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
