import type { Undo } from './transaction';

/** Rows by key, in the order they were first written. A row is never changed: another one takes its place. */
export class Table<Row> {
  private readonly rows = new Map<string, Row>();
  private readonly indexes: Kept<Row>[] = [];

  constructor(private readonly name: string) {}

  /** Has an index told of every row from now on. */
  keep(index: Kept<Row>): void {
    this.indexes.push(index);
  }

  get(key: string): Row | undefined {
    return this.rows.get(key);
  }

  has(key: string): boolean {
    return this.rows.has(key);
  }

  all(): IterableIterator<Row> {
    return this.rows.values();
  }

  get size(): number {
    return this.rows.size;
  }

  filter(wanted: (row: Row) => boolean): Row[] {
    const found: Row[] = [];
    for (const row of this.rows.values()) if (wanted(row)) found.push(row);
    return found;
  }

  find(wanted: (row: Row) => boolean): Row | undefined {
    for (const row of this.rows.values()) if (wanted(row)) return row;
    return undefined;
  }

  /** Writes a new row. Throws when its key is taken. */
  insert(undo: Undo, key: string, row: Row): void {
    if (this.rows.has(key)) undo.refuse(`${this.name}: ${key} stands already`);
    undo.add(() => this.remove(key, row));
    this.set(key, row, undefined);
  }

  /** Writes a row in the place of the one with its key, or as a new one. */
  put(undo: Undo, key: string, row: Row): void {
    const before = this.rows.get(key);
    undo.add(() => (before === undefined ? this.remove(key, row) : this.set(key, before, row)));
    this.set(key, row, before);
  }

  delete(undo: Undo, key: string): void {
    const before = this.rows.get(key);
    if (before === undefined) return;
    // Comes back at the end: nothing that deletes reads an order.
    undo.add(() => this.set(key, before, undefined));
    this.remove(key, before);
  }

  private set(key: string, row: Row, before: Row | undefined): void {
    this.rows.set(key, row);
    for (const index of this.indexes) index.set(key, row, before);
  }

  private remove(key: string, row: Row): void {
    this.rows.delete(key);
    for (const index of this.indexes) index.remove(key, row);
  }
}

interface Kept<Row> {
  set(key: string, row: Row, before: Row | undefined): void;
  remove(key: string, row: Row): void;
}

/** An index over the rows of a table that is empty yet. Rows whose value is null stand in none of its groups. */
export function indexOf<Row, Value extends string | bigint>(table: Table<Row>, keyOf: (row: Row) => Value | null): Index<Row, Value> {
  const index = new Index(keyOf);
  table.keep(index);
  return index;
}

/** Rows of a table by a value of theirs: each group in the order its rows came into it, which for a value that never changes is the table's own. */
class Index<Row, Value extends string | bigint> implements Kept<Row> {
  private readonly groups = new Map<Value, Map<string, Row>>();

  constructor(private readonly keyOf: (row: Row) => Value | null) {}

  /** Every row with a value. */
  of(value: Value): Row[] {
    const group = this.groups.get(value);
    return group === undefined ? [] : [...group.values()];
  }

  /** The first row with a value. */
  first(value: Value): Row | undefined {
    return this.groups.get(value)?.values().next().value;
  }

  set(key: string, row: Row, before: Row | undefined): void {
    const value = this.keyOf(row);
    if (before !== undefined && this.keyOf(before) !== value) this.remove(key, before);
    if (value === null) return;
    const group = this.groups.get(value);
    if (group === undefined) this.groups.set(value, new Map([[key, row]]));
    else group.set(key, row);
  }

  remove(key: string, row: Row): void {
    const value = this.keyOf(row);
    if (value === null) return;
    const group = this.groups.get(value);
    group?.delete(key);
    if (group?.size === 0) this.groups.delete(value);
  }
}

/** JSON as a column keeps it: what JSON cannot say is gone, and nothing is shared with who handed it in. */
export const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

/** A row, or a change of one, as a table keeps it: JSON and bytes are its own, and fields that are undefined are none. */
export function byValue<Row extends object>(row: Row): Row {
  const kept = { ...row };
  for (const field in kept) {
    const value: unknown = kept[field];
    if (typeof value !== 'object' && value !== undefined) continue;
    if (value === undefined) Reflect.deleteProperty(kept, field);
    else if (Buffer.isBuffer(value)) Reflect.set(kept, field, Buffer.from(value));
    else if (value !== null) Reflect.set(kept, field, asJson(value));
  }
  return kept;
}

/** Rows as a reader gets them: theirs to change, bytes and JSON too. */
export const handedOut = <Row extends object>(rows: readonly Row[]): Row[] => rows.map(byValue);

/** Whether a row has every value that is asked for; one that is undefined is not. */
function meets<Row extends object>(row: Row, where: Partial<Row>): boolean {
  for (const field in where) {
    const value = where[field];
    if (value !== undefined && row[field] !== value) return false;
  }
  return true;
}

interface Find<Row> {
  readonly orderBy?: { readonly [K in keyof Row]?: 'ASC' | 'DESC' };
  readonly limit?: number;
  readonly lock?: boolean;
}

/** Writes a change to every row that is wanted; how many there are. */
export function changeIn<Row extends { readonly id: string }>(
  table: Table<Row>,
  undo: Undo,
  where: NoInfer<Partial<Row>>,
  change: NoInfer<Partial<Row>>,
): number {
  const rows = findIn(table, where);
  for (const row of rows) table.put(undo, row.id, { ...row, ...byValue(change) });
  return rows.length;
}

/** Rows that have every value of `where`, ordered and bounded as asked. A row with a text as its `id` is kept under that. */
export function findIn<Row extends object>(table: Table<Row>, where: NoInfer<Partial<Row>>, options: Find<NoInfer<Row>> = {}): Row[] {
  const id: unknown = Reflect.get(where, 'id');
  const named = typeof id === 'string' ? table.get(id) : undefined;
  const found = typeof id === 'string' ? (named !== undefined && meets(named, where) ? [named] : []) : table.filter((row) => meets(row, where));
  const order = Object.entries(options.orderBy ?? {});
  if (order.length > 0) found.sort((a, b) => compareBy(a, b, order));
  return options.limit === undefined ? found : found.slice(0, options.limit);
}

function compareBy(a: object, b: object, order: readonly (readonly [string, unknown])[]): number {
  for (const [field, direction] of order) {
    const [one, other] = [Reflect.get(a, field), Reflect.get(b, field)];
    const by = one < other ? -1 : one > other ? 1 : 0;
    if (by !== 0) return direction === 'DESC' ? -by : by;
  }
  return 0;
}
