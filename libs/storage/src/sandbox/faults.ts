import { type FaultId, testScopeOf } from '@lockstep/tenancy';
import type { SandboxFaultRow } from '../rows/sandboxes';
import * as tables from '../tables';
import { equals, type Page, type PageRequest, pageByTime, type TimeCursor } from '../unit/keyset';
import { ScopedRows } from '../unit/rows';
import type { ScopedSql } from '../unit/sql';

/** Faults that a test environment has set on itself. Whoever sets, counts or ends some holds them first: counts are whole sums, and the bound on them is kept. */
export class SandboxFaults extends ScopedRows<SandboxFaultRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.sandboxFaults);
  }

  /** Keeps others from setting, counting or ending the scope's faults until the unit ends. References to the tenant do not wait for it. */
  async hold(): Promise<void> {
    await this.unit.query(`select id from tenants where id = $1 and $2 = 'test' for no key update`, this.unit.scopeParameters);
  }

  /** Those in force, in the order they were set. A live scope has none, whatever is written. */
  async inForce(): Promise<readonly SandboxFaultRow[]> {
    if (testScopeOf(this.unit.scope) === null) return [];
    const rows = await this.unit.query(
      `select ${tables.sandboxFaults.selectList()} from sandbox_faults
       where tenant_id = $1 and environment = $2 and ends_at > $3 and (times is null or struck < times) order by id`,
      [...this.unit.scopeParameters, new Date(this.unit.now)],
    );
    return rows.map((row) => tables.sandboxFaults.parse(row));
  }

  page(request: PageRequest<TimeCursor>): Promise<Page<SandboxFaultRow, TimeCursor>> {
    return pageByTime(this.unit, this.table, { time: 'createdAt', id: 'id' }, request, equals({}), (row) => ({ at: row.createdAt, id: row.id }));
  }

  /** Writes what faults that are held have met and struck, all by one statement. */
  async noteCounts(met: readonly Pick<SandboxFaultRow, 'id' | 'met' | 'struck'>[]): Promise<void> {
    if (met.length === 0) return;
    await this.unit.execute(
      `update sandbox_faults f set met = noted.met, struck = noted.struck,
         last_struck_at = case when noted.struck > f.struck then $3 else f.last_struck_at end
       from unnest($4::text[], $5::bigint[], $6::bigint[]) as noted(id, met, struck)
       where f.tenant_id = $1 and f.environment = $2 and f.id = noted.id`,
      [
        ...this.unit.scopeParameters,
        new Date(this.unit.now),
        met.map(({ id }) => id),
        met.map((fault) => String(fault.met)),
        met.map((fault) => String(fault.struck)),
      ],
    );
  }

  /** Removes a fault that is held, and returns it as it was; null: there is none. */
  async remove(id: FaultId): Promise<SandboxFaultRow | null> {
    const [row] = await this.unit.query(
      `delete from sandbox_faults where tenant_id = $1 and environment = $2 and id = $3 returning ${tables.sandboxFaults.selectList()}`,
      [...this.unit.scopeParameters, id],
    );
    return row === undefined ? null : tables.sandboxFaults.parse(row);
  }

  /** Removes all that are held; how many. */
  removeAll(): Promise<number> {
    return this.unit.execute('delete from sandbox_faults where tenant_id = $1 and environment = $2', [...this.unit.scopeParameters]);
  }

  /** Removes ended faults that are held, but for the newest `kept`. */
  async forgetEnded(kept: number): Promise<void> {
    await this.unit.execute(
      `delete from sandbox_faults where tenant_id = $1 and environment = $2 and id in (
         select id from sandbox_faults where tenant_id = $1 and environment = $2 and (ends_at <= $3 or struck >= times)
         order by id desc offset $4)`,
      [...this.unit.scopeParameters, new Date(this.unit.now), kept],
    );
  }

  /** Has the look-up of the scope's keys tell until when its faults may strike. Call it last, with the faults held. */
  async tellKeys(): Promise<void> {
    await this.unit.execute(
      `update tenants set test_faults_until = (
         select max(ends_at) from sandbox_faults
         where tenant_id = $1 and environment = $2 and ends_at > $3 and (times is null or struck < times))
       where id = $1 and $2 = 'test'`,
      [...this.unit.scopeParameters, new Date(this.unit.now)],
    );
  }
}
