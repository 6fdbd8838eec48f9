import type { CopyId, FollowerId, LeaderId } from '@lockstep/kernel';
import type { CopyConsentRow, EntitlementRow, LeaderTermsRow } from '../rows/rights';
import * as tables from '../tables';
import { equals, type Page, type PageRequest, pageByTime, type TimeCursor } from '../unit/keyset';
import { ScopedRows } from '../unit/rows';
import type { ScopedSql } from '../unit/sql';

/** Who may copy leaders whose access is granted. */
export class Entitlements extends ScopedRows<EntitlementRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.entitlements);
  }

  page(
    request: PageRequest<TimeCursor>,
    filter: { readonly leaderId?: string; readonly followerId?: string } = {},
  ): Promise<Page<EntitlementRow, TimeCursor>> {
    const where = equals({ leader_id: filter.leaderId, follower_id: filter.followerId });
    return pageByTime(this.unit, this.table, { time: 'createdAt', id: 'id' }, request, where, (row) => ({ at: row.createdAt, id: row.id }));
  }

  /** The one of a leader and a follower, held against other writers until the unit ends; null: there is none yet, and nobody else makes it meanwhile. */
  async hold(leaderId: LeaderId, followerId: FollowerId): Promise<EntitlementRow | null> {
    await this.unit.query(`select pg_advisory_xact_lock(hashtextextended($1 || '|' || $2 || '|entitlement|' || $3 || '|' || $4, 0))`, [
      ...this.unit.scopeParameters,
      leaderId,
      followerId,
    ]);
    return this.findOne({ leaderId, followerId }, { lock: true });
  }

  /** Every one of the scope that is not revoked, ended or not. Without a bound: a follower left out could not go on. */
  async granted(): Promise<readonly EntitlementRow[]> {
    const rows = await this.unit.query(
      `select ${tables.entitlements.selectList()} from entitlements where tenant_id = $1 and environment = $2 and revoked_at is null order by id`,
      [...this.unit.scopeParameters],
    );
    return rows.map((row) => tables.entitlements.parse(row));
  }

  /** Those of copies, revoked ones too, by leader and follower; a pair without one is absent. */
  async ofCopies(pairs: readonly Pick<EntitlementRow, 'leaderId' | 'followerId'>[]): Promise<ReadonlyMap<string, EntitlementRow>> {
    if (pairs.length === 0) return new Map();
    const rows = await this.unit.query(
      `select ${tables.entitlements.selectList('e')} from entitlements e
       where e.tenant_id = $1 and e.environment = $2 and (e.leader_id, e.follower_id) in (select * from unnest($3::text[], $4::text[]))`,
      [...this.unit.scopeParameters, pairs.map(({ leaderId }) => leaderId), pairs.map(({ followerId }) => followerId)],
    );
    return new Map(rows.map((row) => tables.entitlements.parse(row)).map((row) => [`${row.leaderId} ${row.followerId}`, row]));
  }
}

/** Versions of leaders' published terms; rows are added alone. */
export class LeaderTerms extends ScopedRows<LeaderTermsRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.leaderTerms);
  }

  /** Every version of the scope. Without a bound: terms left out would not bind. */
  async all(): Promise<readonly LeaderTermsRow[]> {
    const rows = await this.unit.query(
      `select ${tables.leaderTerms.selectList()} from leader_terms where tenant_id = $1 and environment = $2 order by leader_id, version`,
      [...this.unit.scopeParameters],
    );
    return rows.map((row) => tables.leaderTerms.parse(row));
  }

  /** Every version of these leaders' terms, oldest first. */
  async of(leaderIds: readonly LeaderId[]): Promise<readonly LeaderTermsRow[]> {
    if (leaderIds.length === 0) return [];
    const rows = await this.unit.query(
      `select ${tables.leaderTerms.selectList()} from leader_terms
       where tenant_id = $1 and environment = $2 and leader_id = any($3::text[]) order by leader_id, version`,
      [...this.unit.scopeParameters, [...new Set(leaderIds)]],
    );
    return rows.map((row) => tables.leaderTerms.parse(row));
  }
}

/** What followers of copies consented to; rows are added alone. */
export class CopyConsents extends ScopedRows<CopyConsentRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.copyConsents);
  }

  /** The newest version each of these copies consented to; a copy without consent is absent. */
  async newestOf(copyIds: readonly CopyId[]): Promise<ReadonlyMap<string, CopyConsentRow>> {
    if (copyIds.length === 0) return new Map();
    const rows = await this.unit.query(
      `select distinct on (copy_id) ${tables.copyConsents.selectList()} from copy_consents
       where tenant_id = $1 and environment = $2 and copy_id = any($3::text[]) order by copy_id, version desc`,
      [...this.unit.scopeParameters, [...copyIds]],
    );
    return new Map(rows.map((row) => tables.copyConsents.parse(row)).map((row) => [row.copyId, row]));
  }
}
