import { err, ok, present, type Result, type TenantId } from '@lockstep/kernel';
import type { DailySeedRow, EngineInstanceRow, PlatformFlagRow } from '../rows/platform';
import * as tables from '../tables';
import type { TurnedBy } from '../tenancy/kill-switches';
import { Rows } from '../unit/rows';
import type { Sql } from '../unit/sql';

/** Highest instance number a client order id can carry. */
const INSTANCE_MAX = 65_535;

/** Held by whoever begins a term, and shared by every unit of the term that runs. */
const TERM_LOCK = `hashtextextended('lockstep.engine_instances', 0)`;
/**
 * Ends the sessions whose units hold up a new term: one of an engine that is cut off or does not run stays open for a minute. Sessions of another login are waited
 * for.
 */
const END_UNITS = `select pg_terminate_backend(held.pid) from pg_locks held join pg_stat_activity active on active.pid = held.pid
  where held.locktype = 'advisory' and held.mode = 'ShareLock' and held.granted and held.objsubid = 1
    and held.database = (select oid from pg_database where datname = current_database())
    and (held.classid::bigint << 32 | held.objid::bigint) = ${TERM_LOCK} and pg_has_role(active.usesysid, 'MEMBER')`;

/** Engine instances, daily permutation seeds and platform-wide switches. */
export class PlatformEngines {
  readonly instances: Rows<EngineInstanceRow>;
  private readonly seeds: Rows<DailySeedRow>;
  private readonly flags: Rows<PlatformFlagRow>;

  constructor(private readonly unit: Sql) {
    this.instances = new Rows(unit, tables.engineInstances);
    this.seeds = new Rows(unit, tables.dailySeeds);
    this.flags = new Rows(unit, tables.platformFlags);
  }

  /**
   * Takes an instance number no other engine uses: a new one, or when all 65,535 are taken one whose engine stopped or fell silent for `silentMs`.
   * Reuse is safe for client order ids, because waves are never numbered twice. A new term begins with it: units of earlier terms that are open have ended
   * by then, and no later one is begun (`UnitOptions.term`).
   */
  async claimInstance(label: string, silentMs: number): Promise<Result<EngineInstanceRow, 'no_instance_free'>> {
    const [free] = await this.unit.query(`select pg_try_advisory_xact_lock(${TERM_LOCK}) as held`);
    if (free?.held !== true) {
      await this.unit.query(END_UNITS);
      await this.unit.query(`select pg_advisory_xact_lock(${TERM_LOCK})`);
    }
    const [top] = await this.unit.query('select coalesce(max(no), 0) as top, coalesce(max(term), 0) as term from engine_instances');
    const next = Number(top?.top) + 1;
    const no = next <= INSTANCE_MAX ? next : await this.silentInstance(silentMs);
    if (no === null) return err('no_instance_free');
    const now = new Date(this.unit.now);
    const [row] = await this.unit.query(
      `insert into engine_instances (no, label, started_at, heartbeat_at, term) values ($1, $2, $3, $3, $4)
       on conflict (no) do update
         set label = excluded.label, started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at, stopped_at = null, term = excluded.term
       returning ${tables.engineInstances.selectList()}`,
      [no, label, now, Number(top?.term) + 1],
    );
    return ok(tables.engineInstances.parse(present(row, 'the claimed instance')));
  }

  /** The instance whose term is the newest, whether it still runs or not; null before the first engine. */
  async newest(): Promise<EngineInstanceRow | null> {
    const [row] = await this.unit.query(`select ${tables.engineInstances.selectList()} from engine_instances order by term desc limit 1`);
    return row === undefined ? null : tables.engineInstances.parse(row);
  }

  async heartbeat(no: number): Promise<void> {
    await this.instances.update({ no }, { heartbeatAt: this.unit.now });
  }

  async stopped(no: number): Promise<void> {
    await this.instances.update({ no }, { stoppedAt: this.unit.now });
  }

  /** The day's seed; `made` is kept when the day has none yet, so that all engines permute alike. */
  async dailySeed(day: string, made: { readonly commitment: Buffer; readonly seed: Buffer }): Promise<DailySeedRow> {
    await this.unit.execute('insert into daily_seeds (day, commitment, seed) values ($1, $2, $3) on conflict (day) do nothing', [
      day,
      made.commitment,
      made.seed,
    ]);
    return present(await this.seeds.findOne({ day }), 'the seed of the day');
  }

  /** Every switch that is on, all tenants' included. Without a bound: a switch left out would be a stop that does not stop. */
  async activeFlags(): Promise<readonly PlatformFlagRow[]> {
    const rows = await this.unit.query(`select ${tables.platformFlags.selectList()} from platform_flags where active order by updated_at, name`);
    return rows.map((row) => tables.platformFlags.parse(row));
  }

  /** The switch of this name; null when it was never set. */
  flag(name: string): Promise<PlatformFlagRow | null> {
    return this.flags.findOne({ name });
  }

  /** Turns a switch of the operator's: the platform's, or a tenant's with `tenantId`. True when it stood otherwise before. */
  async setFlag(name: string, active: boolean, by: TurnedBy & { readonly tenantId: TenantId | null }): Promise<boolean> {
    const rows = active
      ? await this.unit.query(
          `insert into platform_flags (name, tenant_id, active, actor, reason, updated_at) values ($1, $2, true, $3, $4, $5)
           on conflict (name) do update set active = true, actor = excluded.actor, reason = excluded.reason, updated_at = excluded.updated_at
             where not platform_flags.active
           returning name`,
          [name, by.tenantId, by.actor, by.reason, new Date(this.unit.now)],
        )
      : await this.unit.query(
          `update platform_flags set active = false, actor = $2, reason = $3, updated_at = $4 where name = $1 and active returning name`,
          [name, by.actor, by.reason, new Date(this.unit.now)],
        );
    return rows.length > 0;
  }

  private async silentInstance(silentMs: number): Promise<number | null> {
    const [row] = await this.unit.query(
      'select no from engine_instances where stopped_at is not null or heartbeat_at < $1 order by heartbeat_at limit 1 for update',
      [new Date(this.unit.now - silentMs)],
    );
    return row === undefined ? null : Number(row.no);
  }
}
