import type { EpochMs, TenantId } from '@lockstep/kernel';
import type { OffboardingRow, OffboardingStep } from '../rows/platform';
import * as tables from '../tables';
import { Rows } from '../unit/rows';
import type { Sql } from '../unit/sql';

/** Steps at which somebody works; the other two are ends. */
const UNDERWAY: readonly OffboardingStep[] = ['closing', 'exporting', 'waiting', 'erasing'];
/** Steps from which there is a way back. */
export const CANCELLABLE: readonly OffboardingStep[] = ['closing', 'exporting', 'waiting'];

/** Where an offboarding was known to be. Whoever read it acts only while it is there still. */
export type KnownOffboarding = Pick<OffboardingRow, 'tenantId' | 'step' | 'beganAt'>;

/** How far each tenant's offboarding is: one row per tenant, begun anew after it was cancelled. */
export class Offboardings extends Rows<OffboardingRow> {
  constructor(private readonly unit: Sql) {
    super(unit, tables.tenantOffboardings);
  }

  of(tenantId: TenantId): Promise<OffboardingRow | null> {
    return this.findOne({ tenantId });
  }

  /** Those that are underway, oldest first. */
  async underway(): Promise<readonly OffboardingRow[]> {
    const rows = await this.unit.query(
      `select ${tables.tenantOffboardings.selectList()} from tenant_offboardings where step = any($1::text[]) order by began_at, tenant_id`,
      [[...UNDERWAY]],
    );
    return rows.map((row) => tables.tenantOffboardings.parse(row));
  }

  /** Begins, also where one was cancelled before; false where one is underway or has ended. */
  async begin(tenantId: TenantId, actor: string, waitingMs: number): Promise<boolean> {
    const begun = await this.unit.query(
      `insert into tenant_offboardings (tenant_id, step, actor, waiting_ms, began_at) values ($1, 'closing', $2, $3, $4)
       on conflict (tenant_id) do update set step = 'closing', actor = excluded.actor, waiting_ms = excluded.waiting_ms, began_at = excluded.began_at,
         closed_at = null, exported_at = null, erase_at = null, ended_at = null
         where tenant_offboardings.step = 'cancelled' returning tenant_id`,
      [tenantId, actor, waitingMs, new Date(this.unit.now)],
    );
    return begun.length === 1;
  }

  /**
   * Whether it is still where it was known to be, begun then, and its tenant suspended. What is true stays true until the unit ends: a cancel waits, and so does whoever
   * makes the tenant active. The unit changes neither row afterwards.
   */
  async stands({ tenantId, step, beganAt }: KnownOffboarding): Promise<boolean> {
    const suspended = await this.unit.query(`select 1 from tenants where id = $1 and status = 'suspended' for share`, [tenantId]);
    if (suspended.length === 0) return false;
    const there = await this.unit.query('select 1 from tenant_offboardings where tenant_id = $1 and step = $2 and began_at = $3 for share', [
      tenantId,
      step,
      new Date(beganAt),
    ]);
    return there.length === 1;
  }

  /** Goes on from where it was known to be; false where it stands elsewhere by now: somebody else was first, or it was cancelled, or begun anew. */
  async goOn({ tenantId, step, beganAt }: KnownOffboarding, change: Partial<OffboardingRow> & { readonly step: OffboardingStep }): Promise<boolean> {
    return (await this.update({ tenantId, step, beganAt }, change)) === 1;
  }

  /** Takes it back; false where it is past that. */
  async cancel(tenantId: TenantId, now: EpochMs): Promise<boolean> {
    for (const step of CANCELLABLE) if ((await this.update({ tenantId, step }, { step: 'cancelled', endedAt: now })) === 1) return true;
    return false;
  }
}
