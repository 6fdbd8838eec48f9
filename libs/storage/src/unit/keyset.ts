import { type EpochMs, must } from '@lockstep/kernel';
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

/**
 * What every list call takes. `after` is exclusive and is the last row of the previous page; `before`, exclusive too, is the first row of the page that
 * follows, and has the page in front of it read. At most one of them is given.
 */
export interface PageRequest<Cursor> {
  /** 1 to 1000. */
  readonly limit: number;
  readonly after: Cursor | null;
  readonly before?: Cursor | null;
  readonly order: 'newest_first' | 'oldest_first';
}
/** Rows in the order of the list, whichever way they were read. */
export interface Page<Row, Cursor> {
  readonly rows: readonly Row[];
  /** The row after which the next page begins; null at the end. */
  readonly next: Cursor | null;
  /** The row in front of which the page before ends; null at the beginning. */
  readonly previous: Cursor | null;
}

/** How a page is read: from which row, in which direction, how many rows. */
export interface PageReading<Cursor> {
  readonly limit: number;
  readonly from: Cursor | null;
  readonly backwards: boolean;
  /** The comparison of a row that is to be read with `from`. */
  readonly beyond: '<' | '>';
  readonly direction: 'asc' | 'desc';
}

export function readingOf<Cursor>(page: PageRequest<Cursor>): PageReading<Cursor> {
  const before = page.before ?? null;
  must(before === null || page.after === null, 'a page is read in one direction');
  const backwards = before !== null;
  const falling = (page.order === 'newest_first') !== backwards;
  return {
    limit: Math.min(Math.max(1, Math.trunc(page.limit)), PAGE_LIMIT_MAX_ROWS),
    from: before ?? page.after,
    backwards,
    beyond: falling ? '<' : '>',
    direction: falling ? 'desc' : 'asc',
  };
}

/** The page of what a reading found, one row more than its limit where there are more. */
export function pageOf<Row, Cursor>(
  { limit, from, backwards }: PageReading<Cursor>,
  found: readonly Row[],
  cursorOf: (row: Row) => Cursor,
): Page<Row, Cursor> {
  const more = found.length > limit;
  const read = found.slice(0, limit);
  const rows = backwards ? read.toReversed() : read;
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return { rows, next: null, previous: null };
  // What the reading came from lies on its other side.
  return {
    rows,
    next: backwards || more ? cursorOf(last) : null,
    previous: (backwards ? more : from !== null) ? cursorOf(first) : null,
  };
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
  const reading = readingOf(page);
  const place = reading.from === null ? [] : [new Date(reading.from.at), reading.from.id];
  return runPage(unit, table, { order, types: ['timestamptz', 'text'], place }, reading, filter, cursorOf);
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
  const reading = readingOf(page);
  const place = reading.from === null ? [] : [reading.from];
  return runPage(unit, table, { order: column.column, types: [type], place }, reading, filter, cursorOf);
}

async function runPage<Row extends ScopedRow, Cursor>(
  unit: ScopedSql,
  table: Table<Row>,
  { order, types, place }: { readonly order: string; readonly types: readonly string[]; readonly place: readonly unknown[] },
  reading: PageReading<Cursor>,
  filter: Filter,
  cursorOf: (row: Row) => Cursor,
): Promise<Page<Row, Cursor>> {
  const { limit, beyond, direction } = reading;
  const bounds = unit.within === null ? NO_FILTER : inside(table.name, unit.within);
  const within = 3 + filter.parameters.length;
  const base = within + bounds.parameters.length;
  const places = place.map((_, index) => `$${base + index}::${types[index] ?? 'text'}`);
  const statement = `select ${table.selectList()} from ${table.name}
    where tenant_id = $1 and environment = $2 and (${filter.sql((index) => `$${index + 3}`)})
      and (${bounds.sql((index) => `$${index + within}`)}) and ${place.length === 0 ? 'true' : `(${order}) ${beyond} (${places.join(', ')})`}
    order by ${order
      .split(', ')
      .map((column) => `${column} ${direction}`)
      .join(', ')}
    limit ${limit + 1}`;
  const found: readonly SqlRow[] = await unit.query(statement, [...unit.scopeParameters, ...filter.parameters, ...bounds.parameters, ...place]);
  return pageOf(
    reading,
    found.map((row) => table.parse(row)),
    cursorOf,
  );
}
