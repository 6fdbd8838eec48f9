import { present } from '@lockstep/kernel';
import type { CopyConsentRow, EntitlementRow, LeaderTermsRow } from '../rows/rights';
import type { PlatformLimitsRow, RiskLimitsRow } from '../rows/risk-limits';
import type { CopyEquityRow, CopyRow, CopySettingsRow, LeaderRow } from '../rows/roster';
import type { CommandRow } from '../rows/tenancy';
import type { ScopedUnit } from '../scoped-unit';
import * as tables from '../tables';
import { text } from '../unit/codec';

/** A copy with what stands once beside it. */
export interface CopyDetails {
  readonly copy: CopyRow;
  /** Of the version the copy names. */
  readonly settings: CopySettingsRow | null;
  /** As the engine last valued it; null before. */
  readonly equity: CopyEquityRow | null;
  readonly access: LeaderRow['access'];
  /** Of its follower for its leader, revoked or not. */
  readonly entitlement: EntitlementRow | null;
  /** The newest. */
  readonly consent: CopyConsentRow | null;
  /** The newest about it. */
  readonly command: CommandRow | null;
}

/** What binds copies from above. */
export interface BindingCopies {
  readonly platformLimits: readonly PlatformLimitsRow[];
  /** The tenant's, and those of the copies' leaders and followers. */
  readonly riskLimits: readonly RiskLimitsRow[];
  /** Every version of the copies' leaders' terms, oldest first. */
  readonly terms: readonly LeaderTermsRow[];
}

/** The newest of each copy is looked up by its own index entry: joined as a whole, all versions of all would be read. */
const DETAILS = `select ${tables.copies.selectAs('c')}, ${tables.copySettings.selectAs('s')}, ${tables.copyEquity.selectAs('q')}, l.access as l_access,
    ${tables.entitlements.selectAs('e')}, ${tables.copyConsents.selectAs('a')}, ${tables.commands.selectAs('w')}
  from copies c
    join leaders l on l.tenant_id = c.tenant_id and l.environment = c.environment and l.id = c.leader_id
    left join copy_settings s on s.tenant_id = c.tenant_id and s.environment = c.environment and s.copy_id = c.id and s.version = c.settings_version
    left join copy_equity q on q.tenant_id = c.tenant_id and q.environment = c.environment and q.copy_no = c.no
    left join entitlements e on e.tenant_id = c.tenant_id and e.environment = c.environment and e.leader_id = c.leader_id and e.follower_id = c.follower_id
    left join lateral (select * from copy_consents n where n.tenant_id = $1 and n.environment = $2 and n.copy_id = c.id order by n.version desc limit 1) a on true
    left join lateral (select * from commands n where n.tenant_id = $1 and n.environment = $2 and n.target_id = c.id order by n.no desc limit 1) w on true
  where c.tenant_id = $1 and c.environment = $2 and `;

const OF_COPIES = (column: string, ids: string): string => `select ${column} from copies where tenant_id = $1 and environment = $2 and ${ids}`;

/** The statements about some copies. `ids` says which. */
const statementsOf = (ids: string) => ({
  details: `${DETAILS}c.${ids}`,
  limits: `select ${tables.riskLimits.selectList()} from risk_limits where tenant_id = $1 and environment = $2
       and (target_id = $1 or target_id in (${OF_COPIES('leader_id', ids)}) or target_id in (${OF_COPIES('follower_id', ids)}))`,
  terms: `select ${tables.leaderTerms.selectList()} from leader_terms where tenant_id = $1 and environment = $2
       and leader_id in (${OF_COPIES('leader_id', ids)}) order by leader_id, version`,
});
const OF_ONE = statementsOf('id = $3');
const OF_MANY = statementsOf('id = any($3::text[])');

/** One copy is the common case, and the planner is told so. */
const asked = (ids: readonly string[]): { readonly statements: typeof OF_ONE; readonly parameter: string | readonly string[] } =>
  ids.length === 1 ? { statements: OF_ONE, parameter: ids[0] ?? '' } : { statements: OF_MANY, parameter: [...ids] };

/** Copies of the scope with what stands once beside each, in one statement; those that are not there are absent. */
export async function detailsOfCopies(unit: ScopedUnit, ids: readonly string[]): Promise<ReadonlyMap<string, CopyDetails>> {
  if (ids.length === 0) return new Map();
  const { statements, parameter } = asked(ids);
  const rows = await unit.query(statements.details, [...unit.scopeParameters, parameter]);
  const details = rows.map(
    (row): CopyDetails => ({
      copy: present(tables.copies.parseAs('c', row), 'the copy'),
      settings: tables.copySettings.parseAs('s', row),
      equity: tables.copyEquity.parseAs('q', row),
      access: text<LeaderRow['access']>('l_access').read(row.l_access),
      entitlement: tables.entitlements.parseAs('e', row),
      consent: tables.copyConsents.parseAs('a', row),
      command: tables.commands.parseAs('w', row),
    }),
  );
  return new Map(details.map((one) => [one.copy.id, one]));
}

/** Limits and terms above copies of the scope, in three statements that are asked at once. */
export async function bindingCopies(unit: ScopedUnit, ids: readonly string[]): Promise<BindingCopies> {
  const { statements, parameter } = asked(ids);
  const scoped = [...unit.scopeParameters, parameter];
  const [platformLimits, limits, terms] = await Promise.all([
    unit.platformLimits.of(['platform', unit.scope.tenantId]),
    unit.query(statements.limits, scoped),
    unit.query(statements.terms, scoped),
  ]);
  return {
    platformLimits,
    riskLimits: limits.map((row) => tables.riskLimits.parse(row)),
    terms: terms.map((row) => tables.leaderTerms.parse(row)),
  };
}
