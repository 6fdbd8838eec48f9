import type { ScopedRow } from '../rows/scoped';
import { arrayLiteral } from './array-literal';
import type { ScopedSql } from './sql';
import type { SqlRow, Table } from './table';

/** What an insert does when the key exists. */
export interface OnConflict<Row> {
  readonly key: readonly (keyof Row & string)[];
  /** Fields taken from the new row; absent or empty: the old row stays. */
  readonly update?: readonly (keyof Row & string)[];
}

/** Rows of one statement: keeps messages and plans bounded; larger batches are split. */
const STATEMENT_ROWS_MAX = 20_000;

/**
 * Inserts many rows of a tenant table with one `unnest` statement per 20,000: COPY is refused under row-level security and ORM inserts are ten times slower.
 * Fields left out of every row take the column's default. Returns the raw columns in `returning` of the rows written; rows a conflict kept are not among them.
 * Two rows of the same key in one batch with `update` are refused by the database.
 */
export async function insertMany<Row extends ScopedRow, Field extends Exclude<keyof Row & string, keyof ScopedRow>>(
  unit: ScopedSql,
  table: Table<Row>,
  rows: readonly Pick<Row, Field>[],
  fields: readonly Field[],
  options: { readonly onConflict?: OnConflict<Row>; readonly returning?: readonly (keyof Row & string)[] } = {},
): Promise<readonly SqlRow[]> {
  if (rows.length === 0) return [];
  if (rows.length > STATEMENT_ROWS_MAX) {
    const first = await insertMany(unit, table, rows.slice(0, STATEMENT_ROWS_MAX), fields, options);
    return [...first, ...(await insertMany(unit, table, rows.slice(STATEMENT_ROWS_MAX), fields, options))];
  }
  const names = fields.map((field) => table.columns[field].column);
  const arrays = fields.map((field, index) => `$${index + 3}::${table.columns[field].type}[]`);
  const returning = (options.returning ?? []).map((field) => table.columns[field].column);
  const statement = `insert into ${table.name} (tenant_id, environment, ${names.join(', ')})
    select $1, $2, ${names.map((name) => `r.${name}`).join(', ')} from unnest(${arrays.join(', ')}) as r(${names.join(', ')})
    ${conflictClause(table, options.onConflict)}
    ${returning.length > 0 ? `returning ${returning.join(', ')}` : ''}`;
  const columns = fields.map((field) => columnValues(table, rows, field));
  return unit.query(statement, [...unit.scopeParameters, ...columns]);
}

function conflictClause<Row>(table: Table<Row>, onConflict: OnConflict<Row> | undefined): string {
  if (onConflict === undefined) return '';
  const key = onConflict.key.map((field) => table.columns[field].column).join(', ');
  const update = (onConflict.update ?? []).map((field) => table.columns[field].column);
  if (update.length === 0) return `on conflict (${key}) do nothing`;
  return `on conflict (${key}) do update set ${update.map((column) => `${column} = excluded.${column}`).join(', ')}`;
}

function columnValues<Row, Field extends keyof Row>(table: Table<Row>, rows: readonly Pick<Row, Field>[], field: Field): string {
  const codec = table.columns[field];
  let before: Row[Field] | undefined;
  let encoded: unknown = null;
  const values = rows.map((row, index) => {
    // Batches repeat themselves from row to row (times, coins, leaders): the same value is encoded once.
    if (index === 0 || row[field] !== before) {
      before = row[field];
      encoded = codec.write(row[field]);
    }
    return encoded;
  });
  return arrayLiteral(codec.type === 'text' || codec.type === 'json', values);
}
