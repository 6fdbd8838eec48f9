import { MIGRATIONS } from '../../../../migrations';
import type { Sql } from '../unit/sql';

/** How the database's schema stands to the one this process was built for. */
export interface SchemaDifference {
  /** Migrations of this build the database has not run. */
  readonly missing: number;
  /** Migrations the database has run and this build does not know: a newer process made them. */
  readonly newer: number;
}

/** Compares what the database has run with what this build brings. */
export async function schemaDifference(unit: Pick<Sql, 'query'>): Promise<SchemaDifference> {
  const rows = await unit.query('select name from schema_migrations');
  const run = new Set(rows.map(({ name }) => String(name)));
  const known = MIGRATIONS.map((migration) => new migration().name ?? migration.name);
  const missing = known.filter((name) => !run.has(name)).length;
  return { missing, newer: run.size - (known.length - missing) };
}

/** The database's clock, epoch ms. */
export async function databaseTime(unit: Pick<Sql, 'query'>): Promise<number> {
  const [row] = await unit.query('select (extract(epoch from clock_timestamp()) * 1000)::float8 as at');
  return Number(row?.at);
}
