import { KILL_SWITCH } from '@lockstep/risk';
import type { PlatformFlagRow } from '../rows/platform';
import * as tables from '../tables';
import { type Page, type PageRequest, pageOf, readingOf, type TimeCursor } from '../unit/keyset';
import type { ScopedSql } from '../unit/sql';

/** Who turns a switch, and why. */
export interface TurnedBy {
  /** API key's id, or `operator:` and an operator key's kid. */
  readonly actor: string;
  readonly reason: string | null;
}

/** What stops new risk of a scope from outside of its copies. */
export interface StopsInForce {
  /** Names of flags that are on, by name: the scope's own, the operator's for the tenant, and the platform's. */
  readonly names: readonly string[];
  readonly suspended: boolean;
}

/**
 * A scope's own kill switches. They stand in the platform's list of flags, where the engine reads them with all others; every statement here names the
 * scope, so that neither another tenant's switch nor the operator's is ever turned. Whether the target is the tenant's own is the caller's to check.
 */
export class KillSwitches {
  constructor(private readonly unit: ScopedSql) {}

  /** Turns the switch of this name. True when it stood otherwise before. */
  async turn(name: string, active: boolean, by: TurnedBy): Promise<boolean> {
    const parameters = [...this.unit.scopeParameters, name, by.actor, by.reason, new Date(this.unit.now)];
    const rows = active
      ? await this.unit.query(
          `insert into platform_flags (tenant_id, environment, name, active, actor, reason, updated_at) values ($1, $2, $3, true, $4, $5, $6)
           on conflict (name) do update set active = true, actor = excluded.actor, reason = excluded.reason, updated_at = excluded.updated_at
             where platform_flags.tenant_id = $1 and platform_flags.environment = $2 and not platform_flags.active
           returning name`,
          parameters,
        )
      : await this.unit.query(
          `update platform_flags set active = false, actor = $4, reason = $5, updated_at = $6
           where tenant_id = $1 and environment = $2 and name = $3 and active returning name`,
          parameters,
        );
    return rows.length > 0;
  }

  /** The scope's own switch of this name; null when it was never set. */
  async find(name: string): Promise<PlatformFlagRow | null> {
    const [row] = await this.unit.query(
      `select ${tables.platformFlags.selectList()} from platform_flags where tenant_id = $1 and environment = $2 and name = $3`,
      [...this.unit.scopeParameters, name],
    );
    return row === undefined ? null : tables.platformFlags.parse(row);
  }

  /** The flags that are on and may stop something of this scope, and whether its tenant is suspended, in one statement. */
  async inForce(): Promise<StopsInForce> {
    const rows = await this.unit.query(
      `select name, false as suspended from platform_flags where active and (tenant_id is null or (tenant_id = $1 and (environment = $2 or environment is null)))
       union all select null, true from tenants where id = $1 and status = 'suspended'
       order by name`,
      this.unit.scopeParameters,
    );
    const names = rows.flatMap(({ name }) => (typeof name === 'string' ? [name] : []));
    return { names, suspended: rows.some(({ suspended }) => suspended === true) };
  }

  /** Every switch that is on and stops something of this scope: its own, the operator's for the tenant, the platform's. By the time it was turned. */
  async page(request: PageRequest<TimeCursor>): Promise<Page<PlatformFlagRow, TimeCursor>> {
    const reading = readingOf(request);
    const { beyond, direction, limit } = reading;
    const place = reading.from === null ? [] : [new Date(reading.from.at), reading.from.id];
    const rows = await this.unit.query(
      `select ${tables.platformFlags.selectList()} from platform_flags
       where active and (name = $3 or (tenant_id = $1 and (environment = $2 or environment is null)))
         and ${place.length === 0 ? 'true' : `(updated_at, name) ${beyond} ($4::timestamptz, $5::text)`}
       order by updated_at ${direction}, name ${direction} limit ${limit + 1}`,
      [...this.unit.scopeParameters, KILL_SWITCH, ...place],
    );
    return pageOf(
      reading,
      rows.map((row) => tables.platformFlags.parse(row)),
      (row) => ({ at: row.updatedAt, id: row.name }),
    );
  }
}
