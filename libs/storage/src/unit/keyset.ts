import type { EpochMs } from '@lockstep/kernel';
import type { ScopedRow } from '../rows/scoped';
import type { Filter } from './filter';
import type { ScopedSql } from './sql';
import type { SqlRow, Table } from './table';
import { inside } from './within';

/** A place in a list ordered by (time, id): the tie-breaker is in the order and in the cursor, so equal times lose no row. */
export interface TimeCursor {
  readonly at: EpochMs;
  readonly id: string;
}

/** What every list call takes. `after` is exclusive and is the last row of the previous page. */
export interface PageRequest<Cursor> {
  /** 1 to 1000. */
  readonly limit: number;
  readonly after: Cursor | null;
  readonly order: 'newest_first' | 'oldest_first';
}
export interface Page<Row, Cursor> {
  readonly rows: readonly Row[];
  /** Where the next page begins; null at the end. */
  readonly next: Cursor | null;
}

export const PAGE_LIMIT_MAX_ROWS = 1_000;

export const NO_FILTER: Filter = { parameters: [], sql: () => 'true' };

/** `column = value` for every given value; undefined values add no condition. Columns are ours, values are parameters. */
export function equals(columns: Readonly<Record<string, string | number | undefined>>): Filter {
  const given = Object.entries(columns).filter(([, value]) => value !== undefined);
  return {
    parameters: given.map(([, value]) => value),
    sql: (p) => (given.length === 0 ? 'true' : given.map(([column], index) => `${column} = ${p(index)}`).join(' and ')),
  };
}

/** One page of a tenant table by (time column, id column), in either direction. */
export async function pageByTime<Row extends ScopedRow>(
  unit: ScopedSql,
  table: Table<Row>,
  by: { readonly time: keyof Row & string; readonly id: keyof Row & string },
  page: PageRequest<TimeCursor>,
  filter: Filter,
  cursorOf: (row: Row) => TimeCursor,
): Promise<Page<Row, TimeCursor>> {
  const order = `${table.columns[by.time].column}, ${table.columns[by.id].column}`;
  const cursor = page.after === null ? [] : [new Date(page.after.at), page.after.id];
  return runPage(unit, table, order, ['timestamptz', 'text'], cursor, page, filter, cursorOf);
}

/** One page of a tenant table by a rising id alone. */
export async function pageById<Row extends ScopedRow>(
  unit: ScopedSql,
  table: Table<Row>,
  id: keyof Row & string,
  page: PageRequest<string>,
  filter: Filter,
  cursorOf: (row: Row) => string,
): Promise<Page<Row, string>> {
  const column = table.columns[id];
  const type = column.type === 'bigint' ? 'bigint' : 'text';
  return runPage(unit, table, column.column, [type], page.after === null ? [] : [page.after], page, filter, cursorOf);
}

async function runPage<Row extends ScopedRow, Cursor>(
  unit: ScopedSql,
  table: Table<Row>,
  order: string,
  types: readonly string[],
  cursor: readonly unknown[],
  page: PageRequest<Cursor>,
  filter: Filter,
  cursorOf: (row: Row) => Cursor,
): Promise<Page<Row, Cursor>> {
  const limit = Math.min(Math.max(1, Math.trunc(page.limit)), PAGE_LIMIT_MAX_ROWS);
  const newest = page.order === 'newest_first';
  const bounds = unit.within === null ? NO_FILTER : inside(table.name, unit.within);
  const within = 3 + filter.parameters.length;
  const base = within + bounds.parameters.length;
  const place = cursor.map((_, index) => `$${base + index}::${types[index] ?? 'text'}`);
  const beyond = cursor.length === 0 ? 'true' : `(${order}) ${newest ? '<' : '>'} (${place.join(', ')})`;
  const direction = newest ? 'desc' : 'asc';
  const statement = `select ${table.selectList()} from ${table.name}
    where tenant_id = $1 and environment = $2 and (${filter.sql((index) => `$${index + 3}`)})
      and (${bounds.sql((index) => `$${index + within}`)}) and ${beyond}
    order by ${order
      .split(', ')
      .map((column) => `${column} ${direction}`)
      .join(', ')}
    limit ${limit + 1}`;
  const found: readonly SqlRow[] = await unit.query(statement, [...unit.scopeParameters, ...filter.parameters, ...bounds.parameters, ...cursor]);
  const rows = found.slice(0, limit).map((row) => table.parse(row));
  const last = rows.at(-1);
  return { rows, next: found.length > limit && last !== undefined ? cursorOf(last) : null };
}
