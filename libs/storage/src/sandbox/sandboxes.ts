import { type EpochMs, must } from '@lockstep/kernel';
import { businessTime, type ClockFace, type TestClock, testClock, testScopeOf } from '@lockstep/tenancy';
import type { VenueNetworkRow } from '../rows/platform';
import type { SandboxRow, SandboxTaskRow } from '../rows/sandboxes';
import * as tables from '../tables';
import { orNull, time } from '../unit/codec';
import { equals, type Page, type PageRequest, pageByTime, type TimeCursor } from '../unit/keyset';
import { ScopedRows } from '../unit/rows';
import type { ScopedSql } from '../unit/sql';

/** The clock of an owned network; null where nobody owns it. */
export function faceOf({
  clockFrozen,
  clockRealAt,
  clockBusinessAt,
}: Pick<VenueNetworkRow, 'clockFrozen' | 'clockRealAt' | 'clockBusinessAt'>): ClockFace | null {
  return clockRealAt === null || clockBusinessAt === null ? null : { frozen: clockFrozen, realAt: clockRealAt, businessAt: clockBusinessAt };
}

const NETWORK = `select ${tables.venueNetworks.selectList()} from venue_networks where owner_tenant_id = $1 and environment = $2 and $2 = 'test'`;

/** The one world of its own that a test environment may have, and its clock. */
export class Sandboxes extends ScopedRows<SandboxRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.sandboxes);
  }

  /** The scope's sandbox, held against other writers where wanted; null: it has none. A live scope has none by the table's own check. */
  own(lock = false): Promise<SandboxRow | null> {
    return this.findOne({}, lock ? { lock: true } : {});
  }

  /** Makes the scope's sandbox; false when it has one. */
  async begin(row: Pick<SandboxRow, 'id' | 'network' | 'seed'>): Promise<boolean> {
    const now = new Date(this.unit.now);
    const written = await this.unit.execute(
      `insert into sandboxes (tenant_id, environment, id, network, seed, epoch, status, advanced_ms, used_at, created_at)
       values ($1, $2, $3, $4, $5, 0, 'opening', 0, $6, $6) on conflict (tenant_id, environment) do nothing`,
      [...this.unit.scopeParameters, row.id, row.network, row.seed, now],
    );
    return written === 1;
  }

  /** The clock of the scope's world; null: business time is real time. A live scope is never looked up. */
  async clock(): Promise<TestClock | null> {
    const scope = testScopeOf(this.unit.scope);
    if (scope === null) return null;
    const network = await this.network();
    const face = network === null ? null : faceOf(network);
    return face === null ? null : testClock(scope, face);
  }

  /** What time it is for this scope: the unit's time where it has no clock. */
  async businessNow(): Promise<EpochMs> {
    return businessTime(await this.clock(), this.unit.now);
  }

  /** Keeps the scope's world for one worker until `forMs` from now; false while another has it. Asked again by its holder it is extended. */
  async keepFor(worker: string, forMs: number): Promise<boolean> {
    const kept = await this.unit.execute(
      `update sandboxes set worker = $3, worker_until = $5
       where tenant_id = $1 and environment = $2 and (worker is null or worker = $3 or worker_until < $4)`,
      [...this.unit.scopeParameters, worker, new Date(this.unit.now), new Date(this.unit.now + forMs)],
    );
    return kept === 1;
  }

  /** The worker is done with the scope's world. */
  async leave(worker: string): Promise<void> {
    await this.unit.execute('update sandboxes set worker = null, worker_until = null where tenant_id = $1 and environment = $2 and worker = $3', [
      ...this.unit.scopeParameters,
      worker,
    ]);
  }

  /** The network of the scope's world, open or closed; null before it was opened first. */
  async network(): Promise<VenueNetworkRow | null> {
    const [row] = await this.unit.query(NETWORK, this.unit.scopeParameters);
    return row === undefined ? null : tables.venueNetworks.parse(row);
  }

  /** Makes the network of the scope's world, or opens it again; its clock shows `face`. */
  async putNetwork(network: { readonly venue: string; readonly network: string; readonly url: string }, face: ClockFace): Promise<void> {
    must(testScopeOf(this.unit.scope) !== null, 'only a test environment has a world of its own');
    await this.unit.execute(
      `insert into venue_networks (venue, network, environment, url, created_at, owner_tenant_id, clock_frozen, clock_real_at, clock_business_at)
       values ($3, $4, $2, $5, $6, $1, $7, $8, $9)
       on conflict (venue, network) do update set url = excluded.url, closed_at = null, clock_frozen = excluded.clock_frozen,
         clock_real_at = excluded.clock_real_at, clock_business_at = excluded.clock_business_at
         where venue_networks.owner_tenant_id = excluded.owner_tenant_id`,
      [
        ...this.unit.scopeParameters,
        network.venue,
        network.network,
        network.url,
        new Date(this.unit.now),
        face.frozen,
        new Date(face.realAt),
        new Date(face.businessAt),
      ],
    );
  }

  /** Writes what the scope's clock shows. False without a world. */
  async putClock(face: ClockFace): Promise<boolean> {
    const written = await this.unit.execute(
      `update venue_networks set clock_frozen = $3, clock_real_at = $4, clock_business_at = $5
       where owner_tenant_id = $1 and environment = $2 and $2 = 'test'`,
      [...this.unit.scopeParameters, face.frozen, new Date(face.realAt), new Date(face.businessAt)],
    );
    return written > 0;
  }

  /** The scope's world is closed: nothing opens its network until it is opened again. Its clock stands. */
  async closeNetwork(face: ClockFace): Promise<void> {
    await this.unit.execute(
      `update venue_networks set closed_at = $3, clock_frozen = true, clock_real_at = $4, clock_business_at = $5
       where owner_tenant_id = $1 and environment = $2 and $2 = 'test'`,
      [...this.unit.scopeParameters, new Date(this.unit.now), new Date(face.realAt), new Date(face.businessAt)],
    );
  }

  /** How many worlds of all tenants are open, and room for one more is kept until the unit ends: two that ask at once never both take the last place. */
  async openWorlds(): Promise<number> {
    await this.unit.query(`select pg_advisory_xact_lock(hashtextextended('sandbox worlds', 0))`);
    const [row] = await this.unit.query('select count(*) as many from venue_networks where owner_tenant_id is not null and closed_at is null');
    return Number(row?.many);
  }

  /** When a key of the scope was last used; null: never. */
  async keyUsedAt(): Promise<EpochMs | null> {
    const [row] = await this.unit.query('select max(last_used_at) as at from api_keys where tenant_id = $1 and environment = $2', [
      ...this.unit.scopeParameters,
    ]);
    return orNull(time('at')).read(row?.at);
  }
}

/** What is asked of a scope's world. One at a time is carried out, in the order they were asked for. */
export class SandboxTasks extends ScopedRows<SandboxTaskRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.sandboxTasks);
  }

  page(request: PageRequest<TimeCursor>): Promise<Page<SandboxTaskRow, TimeCursor>> {
    return pageByTime(this.unit, this.table, { time: 'createdAt', id: 'id' }, request, equals({}), (row) => ({ at: row.createdAt, id: row.id }));
  }

  /** How many are queued or running. */
  async open(): Promise<number> {
    const [row] = await this.unit.query(
      `select count(*) as many from sandbox_tasks where tenant_id = $1 and environment = $2 and status in ('queued', 'running')`,
      this.unit.scopeParameters,
    );
    return Number(row?.many);
  }

  /** Begins the oldest task that is not ended: queued, or begun by a runner that died. Null: there is none. */
  async claim(): Promise<SandboxTaskRow | null> {
    const [row] = await this.unit.query(
      `update sandbox_tasks set status = 'running', runs = runs + 1, started_at = coalesce(started_at, $3)
       where tenant_id = $1 and environment = $2 and id = (
         select id from sandbox_tasks where tenant_id = $1 and environment = $2 and status in ('queued', 'running') order by id limit 1 for update)
       returning ${tables.sandboxTasks.selectList()}`,
      [...this.unit.scopeParameters, new Date(this.unit.now)],
    );
    return row === undefined ? null : tables.sandboxTasks.parse(row);
  }

  /** Writes what the run decided or did so far; false when another run has taken the task over. */
  async note(task: Pick<SandboxTaskRow, 'id' | 'runs'>, noted: { readonly plan?: unknown; readonly result?: unknown }): Promise<boolean> {
    const written = await this.unit.execute(
      `update sandbox_tasks set plan = coalesce($5, plan), result = coalesce($6, result)
       where tenant_id = $1 and environment = $2 and id = $3 and runs = $4 and status = 'running'`,
      [...this.unit.scopeParameters, task.id, task.runs, jsonOrNull(noted.plan), jsonOrNull(noted.result)],
    );
    return written === 1;
  }

  /** Ends the task; false when another run has taken it over. */
  async end(task: Pick<SandboxTaskRow, 'id' | 'runs'>, ending: { readonly result?: unknown; readonly error: string | null }): Promise<boolean> {
    const written = await this.unit.execute(
      `update sandbox_tasks set status = $5, error = $6, result = coalesce($7, result), ended_at = $8
       where tenant_id = $1 and environment = $2 and id = $3 and runs = $4 and status = 'running'`,
      [
        ...this.unit.scopeParameters,
        task.id,
        task.runs,
        ending.error === null ? 'done' : 'failed',
        ending.error,
        jsonOrNull(ending.result),
        new Date(this.unit.now),
      ],
    );
    return written === 1;
  }

  /** Removes tasks that ended before a moment; how many. */
  forget(before: EpochMs, limit: number): Promise<number> {
    return this.unit.execute(
      `delete from sandbox_tasks where tenant_id = $1 and environment = $2 and id in (
         select id from sandbox_tasks where tenant_id = $1 and environment = $2 and ended_at < $3 order by ended_at limit $4)`,
      [...this.unit.scopeParameters, new Date(before), limit],
    );
  }
}

const jsonOrNull = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));
