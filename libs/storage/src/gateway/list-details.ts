import type { WatchedAccountRow } from '../rows/platform';
import type { CopyEquityRow, CopyRow, CopySettingsRow } from '../rows/roster';
import type { CommandRow } from '../rows/tenancy';
import type { ScopedUnit } from '../scoped-unit';
import * as tables from '../tables';

/** The newest command on each object; objects that never had one are absent. One statement for a whole page. */
export async function latestCommands(unit: ScopedUnit, targetIds: readonly string[]): Promise<ReadonlyMap<string, CommandRow>> {
  if (targetIds.length === 0) return new Map();
  const rows = await unit.query(
    `select distinct on (target_id) ${tables.commands.selectList()} from commands
     where tenant_id = $1 and environment = $2 and target_id = any($3::text[]) order by target_id, no desc`,
    [...unit.scopeParameters, [...targetIds]],
  );
  return new Map(rows.map((row) => tables.commands.parse(row)).map((row) => [row.targetId, row]));
}

/** The settings version each copy names, by copy id. */
export async function settingsInForce(unit: ScopedUnit, copies: readonly CopyRow[]): Promise<ReadonlyMap<string, CopySettingsRow>> {
  if (copies.length === 0) return new Map();
  const rows = await unit.query(
    `select ${tables.copySettings.selectList()} from copy_settings where tenant_id = $1 and environment = $2
     and (copy_id, version) in (select copy_id, version from unnest($3::text[], $4::int[]) as wanted (copy_id, version))`,
    [...unit.scopeParameters, copies.map((copy) => copy.id), copies.map((copy) => copy.settingsVersion)],
  );
  return new Map(rows.map((row) => tables.copySettings.parse(row)).map((row) => [row.copyId, row]));
}

/** Copy equity as the engine last valued it, by copy number; a copy not valued yet is absent. */
export async function equitiesOf(unit: ScopedUnit, copies: readonly CopyRow[]): Promise<ReadonlyMap<bigint, CopyEquityRow>> {
  if (copies.length === 0) return new Map();
  const rows = await unit.query(
    `select ${tables.copyEquity.selectList()} from copy_equity where tenant_id = $1 and environment = $2 and copy_no = any($3::bigint[])`,
    [...unit.scopeParameters, copies.map((copy) => copy.no.toString())],
  );
  return new Map(rows.map((row) => tables.copyEquity.parse(row)).map((row) => [row.copyNo, row]));
}

/** Watched accounts by number. */
export async function watchedAccountsOf(unit: ScopedUnit, nos: readonly bigint[]): Promise<ReadonlyMap<bigint, WatchedAccountRow>> {
  if (nos.length === 0) return new Map();
  const rows = await unit.query(`select ${tables.watchedAccounts.selectList()} from watched_accounts where no = any($1::bigint[])`, [
    nos.map(String),
  ]);
  return new Map(rows.map((row) => tables.watchedAccounts.parse(row)).map((row) => [row.no, row]));
}

/** The leader and the follower of each copy; copies that are not there are absent. */
export async function partiesOfCopies(
  unit: ScopedUnit,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Pick<CopyRow, 'leaderId' | 'followerId'>>> {
  if (ids.length === 0) return new Map();
  const rows = await unit.query(
    `select ${tables.copies.selectList()} from copies where tenant_id = $1 and environment = $2 and id = any($3::text[])`,
    [...unit.scopeParameters, [...ids]],
  );
  return new Map(rows.map((row) => tables.copies.parse(row)).map(({ id, leaderId, followerId }) => [id, { leaderId, followerId }]));
}
