import type { Undo } from './transaction';

/** Rows by key, in the order they were first written. A row is never changed: another one takes its place. */
export class Table<Row> {
  private readonly rows = new Map<string, Row>();

  constructor(private readonly name: string) {}

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
    undo.add(() => this.rows.delete(key));
    this.rows.set(key, row);
  }

  /** Writes a row in the place of the one with its key, or as a new one. */
  put(undo: Undo, key: string, row: Row): void {
    const before = this.rows.get(key);
    undo.add(() => (before === undefined ? this.rows.delete(key) : this.rows.set(key, before)));
    this.rows.set(key, row);
  }

  delete(undo: Undo, key: string): void {
    const before = this.rows.get(key);
    if (before === undefined) return;
    // Comes back at the end: nothing that deletes reads an order.
    undo.add(() => this.rows.set(key, before));
    this.rows.delete(key);
  }
}

/** JSON as a column keeps it: what JSON cannot say is gone, and nothing is shared with who handed it in. */
export const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

/** A row, or a change of one, as a table keeps it: JSON and bytes are its own, and fields that are undefined are none. */
export function byValue<Row extends object>(row: Row): Row {
  const kept = { ...row };
  for (const [field, value] of Object.entries(row)) {
    if (value === undefined) Reflect.deleteProperty(kept, field);
    else if (Buffer.isBuffer(value)) Reflect.set(kept, field, Buffer.from(value));
    else if (typeof value === 'object' && value !== null) Reflect.set(kept, field, asJson(value));
  }
  return kept;
}

/** Rows as a reader gets them: theirs to change, bytes and JSON too. */
export const handedOut = <Row extends object>(rows: readonly Row[]): Row[] => rows.map(byValue);

/** True when a row has every value of a condition. */
export function matches<Row extends object>(row: Row, where: Partial<Row>): boolean {
  for (const [field, value] of Object.entries(where)) if (value !== undefined && Reflect.get(row, field) !== value) return false;
  return true;
}

interface Find<Row> {
  readonly orderBy?: { readonly [K in keyof Row]?: 'ASC' | 'DESC' };
  readonly limit?: number;
  readonly lock?: boolean;
}

/** Rows that match, ordered and bounded as asked. */
export function findIn<Row extends object>(table: Table<Row>, where: NoInfer<Partial<Row>>, options: Find<NoInfer<Row>> = {}): Row[] {
  const found = table.filter((row) => matches(row, where));
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
