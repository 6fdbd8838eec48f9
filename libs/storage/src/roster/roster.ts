import type { CopyId, FollowerId, LeaderId, VenueAccountId } from '@lockstep/kernel';
import type { CopyEquityRow, CopyRow, CopySettingsRow, FollowerRow, Following, LeaderRow, SpareAgentRow, VenueAccountRow } from '../rows/roster';
import type { NewRow } from '../rows/scoped';
import * as tables from '../tables';
import { text } from '../unit/codec';
import { equals, type Page, type PageRequest, pageByTime, type TimeCursor } from '../unit/keyset';
import { ScopedRows } from '../unit/rows';
import type { ScopedSql } from '../unit/sql';

const BY_TIME = { time: 'createdAt', id: 'id' } as const;
const cursorOf = (row: { readonly createdAt: number; readonly id: string }): TimeCursor => ({ at: row.createdAt, id: row.id });

export class Leaders extends ScopedRows<LeaderRow, 'no'> {
  constructor(unit: ScopedSql) {
    super(unit, tables.leaders);
  }

  page(request: PageRequest<TimeCursor>, filter: { readonly status?: LeaderRow['status'] } = {}): Promise<Page<LeaderRow, TimeCursor>> {
    return pageByTime(this.unit, this.table, BY_TIME, request, equals({ status: filter.status }), cursorOf);
  }

  /** Who may copy these leaders. */
  async accessOf(ids: readonly LeaderId[]): Promise<ReadonlyMap<LeaderId, LeaderRow['access']>> {
    return new Map([...(await this.of(ids))].map(([id, { access }]) => [id, access]));
  }

  /** These leaders; one that is not the scope's is absent. */
  async of(ids: readonly LeaderId[]): Promise<ReadonlyMap<LeaderId, LeaderRow>> {
    if (ids.length === 0) return new Map();
    const rows = await this.unit.query(
      `select ${tables.leaders.selectList()} from leaders where tenant_id = $1 and environment = $2 and id = any($3::text[])`,
      [...this.unit.scopeParameters, [...new Set(ids)]],
    );
    return new Map(rows.map((row) => tables.leaders.parse(row)).map((row) => [row.id, row]));
  }
}

export class Followers extends ScopedRows<FollowerRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.followers);
  }

  page(request: PageRequest<TimeCursor>, filter: { readonly id?: string } = {}): Promise<Page<FollowerRow, TimeCursor>> {
    return pageByTime(this.unit, this.table, BY_TIME, request, equals({ id: filter.id }), cursorOf);
  }

  /** Followers by external references of before there were keys; one that nobody has is absent. */
  async idsOf(externalRefs: readonly string[]): Promise<ReadonlyMap<string, FollowerId>> {
    if (externalRefs.length === 0) return new Map();
    const rows = await this.unit.query(
      'select id, external_ref from followers where tenant_id = $1 and environment = $2 and external_ref = any($3::text[])',
      [...this.unit.scopeParameters, [...externalRefs]],
    );
    return new Map(rows.map((row) => [text('external_ref').read(row.external_ref), text<FollowerId>('id').read(row.id)]));
  }

  /** Followers behind an id whose external reference of before is not sealed yet, by id, held until the unit ends; those that somebody else holds are left out. */
  async plain(limit: number, after = ''): Promise<readonly FollowerRow[]> {
    const rows = await this.unit.query(
      `select ${tables.followers.selectList()} from followers where tenant_id = $1 and environment = $2 and external_ref is not null
         and id > $4 order by id limit $3 for update skip locked`,
      [...this.unit.scopeParameters, limit, after],
    );
    return rows.map((row) => tables.followers.parse(row));
  }
}

export class VenueAccounts extends ScopedRows<VenueAccountRow, 'no'> {
  constructor(unit: ScopedSql) {
    super(unit, tables.venueAccounts);
  }

  page(request: PageRequest<TimeCursor>, filter: { readonly followerId?: string } = {}): Promise<Page<VenueAccountRow, TimeCursor>> {
    return pageByTime(this.unit, this.table, BY_TIME, request, equals({ follower_id: filter.followerId }), cursorOf);
  }

  /** Holds names that an account may take against other writers until the unit ends, in one order. */
  async holdNames(names: readonly string[]): Promise<void> {
    for (const name of names.toSorted())
      await this.unit.query(`select pg_advisory_xact_lock(hashtextextended($1 || '|' || $2 || '|venue_account|' || $3, 0))`, [
        ...this.unit.scopeParameters,
        name,
      ]);
  }

  /** These accounts, held until the unit ends and in one order, so that two that hold several never wait for each other; one that is not the scope's is absent. */
  async hold(ids: readonly VenueAccountId[]): Promise<ReadonlyMap<VenueAccountId, VenueAccountRow>> {
    if (ids.length === 0) return new Map();
    const rows = await this.unit.query(
      `select ${tables.venueAccounts.selectList()} from venue_accounts
       where tenant_id = $1 and environment = $2 and id = any($3::text[]) order by id for update`,
      [...this.unit.scopeParameters, [...new Set(ids)]],
    );
    return new Map(rows.map((row) => tables.venueAccounts.parse(row)).map((row) => [row.id, row]));
  }

  /**
   * Every account that may trade or has yet to be activated, and the closed ones of followers whose erasure waits: their funding is still to be read. This is what an
   * engine loads.
   */
  async loadable(): Promise<readonly VenueAccountRow[]> {
    const rows = await this.unit.query(
      `select ${tables.venueAccounts.selectList()} from venue_accounts where tenant_id = $1 and environment = $2
         and (status in ('pending', 'active') or status = 'closed' and follower_id in (
           select e.follower_id from follower_erasures e where e.tenant_id = $1 and e.environment = $2 and e.erased_at is null)) order by no`,
      [...this.unit.scopeParameters],
    );
    return rows.map((row) => tables.venueAccounts.parse(row));
  }
}

/** Agent keys beside those that sign. */
export class SpareAgents extends ScopedRows<SpareAgentRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.spareAgents);
  }

  /** Puts a key in its place; the one that stood there is forgotten. */
  async put(row: NewRow<SpareAgentRow>): Promise<void> {
    await this.drop(row.venueAccountId, row.role);
    await this.insert(row);
  }

  async drop(venueAccountId: VenueAccountId, role: SpareAgentRow['role']): Promise<void> {
    await this.unit.query('delete from spare_agents where tenant_id = $1 and environment = $2 and venue_account_id = $3 and role = $4', [
      ...this.unit.scopeParameters,
      venueAccountId,
      role,
    ]);
  }

  /** Former keys of accounts, by account: what an engine loads beside the ones that sign. */
  async former(): Promise<ReadonlyMap<VenueAccountId, SpareAgentRow>> {
    const rows = await this.find({ role: 'former' });
    return new Map(rows.map((row) => [row.venueAccountId, row]));
  }
}

export class Copies extends ScopedRows<CopyRow, 'no'> {
  private readonly versions: ScopedRows<CopySettingsRow>;

  constructor(unit: ScopedSql) {
    super(unit, tables.copies);
    this.versions = new ScopedRows(unit, tables.copySettings);
  }

  page(
    request: PageRequest<TimeCursor>,
    filter: { readonly leaderId?: string; readonly followerId?: string; readonly state?: string } = {},
  ): Promise<Page<CopyRow, TimeCursor>> {
    const where = equals({ leader_id: filter.leaderId, follower_id: filter.followerId, state: filter.state });
    return pageByTime(this.unit, this.table, BY_TIME, request, where, cursorOf);
  }

  /** The copies of a venue account that are not stopped, oldest first. */
  runningOn(venueAccountId: VenueAccountId): Promise<readonly CopyRow[]> {
    return this.runningOnAll([venueAccountId]);
  }

  /** As `runningOn`, of several accounts. */
  async runningOnAll(venueAccountIds: readonly VenueAccountId[]): Promise<readonly CopyRow[]> {
    if (venueAccountIds.length === 0) return [];
    const rows = await this.unit.query(
      `select ${tables.copies.selectList()} from copies
       where tenant_id = $1 and environment = $2 and venue_account_id = any($3::text[]) and state <> 'stopped' order by no`,
      [...this.unit.scopeParameters, [...venueAccountIds]],
    );
    return rows.map((row) => tables.copies.parse(row));
  }

  /** Which of these accounts are somebody's leader too, and by which number they are watched. */
  async watchedAs(venueAccountIds: readonly VenueAccountId[]): Promise<ReadonlyMap<VenueAccountId, bigint>> {
    const rows = await this.unit.query(
      `select a.id, w.no from venue_accounts a join watched_accounts w on (w.venue, w.network, w.address) = (a.venue, a.network, a.address)
       where a.tenant_id = $1 and a.environment = $2 and a.id = any($3::text[])`,
      [...this.unit.scopeParameters, [...venueAccountIds]],
    );
    return new Map(rows.map((row) => [tables.venueAccounts.columns.id.read(row.id), tables.watchedAccounts.columns.no.read(row.no)]));
  }

  /**
   * Who follows whom among accounts that are leaders themselves: the watched numbers of leader and follower of every copy that is not stopped. Nobody else of the
   * tenant looks until the unit ends, so that two copies that are no loop each do not become one together.
   */
  async followingLeaders(): Promise<readonly Following[]> {
    await this.unit.query(`select pg_advisory_xact_lock(hashtextextended($1 || '|' || $2 || '|following', 0))`, [...this.unit.scopeParameters]);
    const rows = await this.unit.query(
      `select distinct l.watched_no as leader, w.no as follower
       from copies c
       join leaders l on l.tenant_id = c.tenant_id and l.environment = c.environment and l.id = c.leader_id
       join venue_accounts a on a.tenant_id = c.tenant_id and a.environment = c.environment and a.id = c.venue_account_id
       join watched_accounts w on (w.venue, w.network, w.address) = (a.venue, a.network, a.address)
       where c.tenant_id = $1 and c.environment = $2 and c.state <> 'stopped'`,
      [...this.unit.scopeParameters],
    );
    const { no } = tables.watchedAccounts.columns;
    return rows.map((row) => ({ leader: no.read(row.leader), follower: no.read(row.follower) }));
  }

  /** Writes a further settings version. The caller holds the copy's row (`lock`), so that versions follow each other. */
  addSettings(row: NewRow<CopySettingsRow>): Promise<void> {
    return this.versions.insert(row);
  }

  /** The first settings versions of many new copies, in one statement. */
  addAllSettings(rows: readonly NewRow<CopySettingsRow>[]): Promise<void> {
    return this.versions.insertAll(rows);
  }

  settings(copyId: CopyId, version: number): Promise<CopySettingsRow | null> {
    return this.versions.findOne({ copyId, version });
  }

  /** All versions, newest first; at most 1000. */
  settingsHistory(copyId: CopyId): Promise<readonly CopySettingsRow[]> {
    return this.versions.find({ copyId }, { orderBy: { version: 'DESC' }, limit: 1_000 });
  }
}

/** Copy equity and unit NAV as the engine last valued them. */
export class CopyEquities extends ScopedRows<CopyEquityRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.copyEquity);
  }
}
