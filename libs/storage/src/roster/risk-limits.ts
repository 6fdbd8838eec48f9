import type { PlatformLimitsRow, RiskLimitsRow } from '../rows/risk-limits';
import * as tables from '../tables';
import { Rows, ScopedRows } from '../unit/rows';
import type { ScopedSql, Sql } from '../unit/sql';

/** Who sets limits. `actor` is an API key's id, or `operator:` and an operator key's kid. */
export interface SetLimits {
  readonly limits: unknown;
  readonly actor: string;
}

/** A scope's own limits. Whether the target is the tenant's is the caller's to check. */
export class RiskLimits extends ScopedRows<RiskLimitsRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.riskLimits);
  }

  /** Limits that stand for a target, held against other writers until the unit ends; null: none were ever set. */
  async hold(targetId: string): Promise<unknown> {
    // A row to hold, also where there was none: two first changes at the same time would else each lose the other's.
    await this.unit.execute(
      `insert into risk_limits (tenant_id, environment, target_id, version, limits, actor, updated_at) values ($1, $2, $3, 1, '{}', '', $4)
       on conflict (tenant_id, environment, target_id) do nothing`,
      [...this.unit.scopeParameters, targetId, new Date(this.unit.now)],
    );
    return (await this.findOne({ targetId }, { lock: true }))?.limits ?? null;
  }

  /** Puts limits in force for a target that is held, in place of those that stood. */
  async put(targetId: string, { limits, actor }: SetLimits): Promise<void> {
    await this.unit.execute(
      `update risk_limits set version = version + 1, limits = $4::json, actor = $5, updated_at = $6
       where tenant_id = $1 and environment = $2 and target_id = $3`,
      [...this.unit.scopeParameters, targetId, JSON.stringify(limits), actor, new Date(this.unit.now)],
    );
  }

  /** Limits of these targets; one that has none is absent. */
  async of(targetIds: readonly string[]): Promise<readonly RiskLimitsRow[]> {
    if (targetIds.length === 0) return [];
    const rows = await this.unit.query(
      `select ${tables.riskLimits.selectList()} from risk_limits where tenant_id = $1 and environment = $2 and target_id = any($3::text[])`,
      [...this.unit.scopeParameters, [...new Set(targetIds)]],
    );
    return rows.map((row) => tables.riskLimits.parse(row));
  }

  /** Every one of the scope. Without a bound: a limit left out would not bind. */
  async all(): Promise<readonly RiskLimitsRow[]> {
    const rows = await this.unit.query(
      `select ${tables.riskLimits.selectList()} from risk_limits where tenant_id = $1 and environment = $2 order by target_id`,
      [...this.unit.scopeParameters],
    );
    return rows.map((row) => tables.riskLimits.parse(row));
  }
}

/** The operator's limits, for everyone or for one tenant. */
export class PlatformLimits extends Rows<PlatformLimitsRow> {
  constructor(private readonly unit: Sql) {
    super(unit, tables.platformLimits);
  }

  /** Limits that stand for a target, held against other writers until the unit ends. */
  async hold(targetId: string): Promise<unknown> {
    await this.unit.execute(
      `insert into platform_limits (target_id, version, limits, actor, updated_at) values ($1, 1, '{}', '', $2) on conflict (target_id) do nothing`,
      [targetId, new Date(this.unit.now)],
    );
    return (await this.findOne({ targetId }, { lock: true }))?.limits ?? null;
  }

  /** Puts limits in force for a target that is held, in place of those that stood. */
  async put(targetId: string, { limits, actor }: SetLimits): Promise<void> {
    await this.unit.execute('update platform_limits set version = version + 1, limits = $2::json, actor = $3, updated_at = $4 where target_id = $1', [
      targetId,
      JSON.stringify(limits),
      actor,
      new Date(this.unit.now),
    ]);
  }

  /** Limits of these targets; one that has none is absent. */
  async of(targetIds: readonly string[]): Promise<readonly PlatformLimitsRow[]> {
    const rows = await this.unit.query(`select ${tables.platformLimits.selectList()} from platform_limits where target_id = any($1::text[])`, [
      [...targetIds],
    ]);
    return rows.map((row) => tables.platformLimits.parse(row));
  }

  /** Every one. Without a bound: a limit left out would not bind. */
  async all(): Promise<readonly PlatformLimitsRow[]> {
    const rows = await this.unit.query(`select ${tables.platformLimits.selectList()} from platform_limits order by target_id`);
    return rows.map((row) => tables.platformLimits.parse(row));
  }
}
