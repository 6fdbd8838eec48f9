import { must } from '@lockstep/kernel';
import type { NewRow, ScopedRow } from '../rows/scoped';
import { insertMany } from './bulk';
import type { ScopedSql, Sql } from './sql';
import type { Table } from './table';

export interface FindOptions<Row> {
  readonly orderBy?: { readonly [K in keyof Row]?: 'ASC' | 'DESC' };
  /** Bound of the answer; every list has one. */
  readonly limit?: number;
  /** `for update`: waits for other writers of the rows. */
  readonly lock?: boolean;
}

/** Largest answer of a find without its own limit. A platform that outgrows it pages. */
const FIND_LIMIT_ROWS = 100_000;

/** Values by field name, of any row. */
type Values = Readonly<Record<string, unknown>>;

/** Single rows by their fields. Values are driver values (`Table.encode`). */
class RowAccess<Row> {
  constructor(
    private readonly unit: Sql,
    private readonly table: Table<Row>,
  ) {}

  async insert(values: Values): Promise<void> {
    const given = this.table.columnsOf(values, 'insert');
    const names = given.map(({ column }) => column).join(', ');
    const places = given.map((_, index) => `$${index + 1}`).join(', ');
    await this.unit.execute(
      `insert into ${this.table.name} (${names}) values (${places})`,
      given.map(({ value }) => value),
    );
  }

  async find(where: Values, options: FindOptions<Row>): Promise<readonly Row[]> {
    const { sql, parameters } = this.condition(where);
    const order = Object.entries(options.orderBy ?? {}).map(
      ([field, direction]) => `${this.table.columnOf(field)} ${direction === 'DESC' ? 'desc' : 'asc'}`,
    );
    const rows = await this.unit.query(
      `select ${this.table.selectList()} from ${this.table.name} where ${sql}${order.length === 0 ? '' : ` order by ${order.join(', ')}`}
       limit ${Math.trunc(options.limit ?? FIND_LIMIT_ROWS)}${options.lock === true ? ' for update' : ''}`,
      parameters,
    );
    return rows.map((row) => this.table.parse(row));
  }

  async update(where: Values, change: Values): Promise<number> {
    must(Object.keys(where).length > 0, `an update of ${this.table.name} without a condition`);
    const set = this.table.columnsOf(change, 'update');
    must(set.length > 0, `an update of ${this.table.name} without a change`);
    const { sql, parameters } = this.condition(where, set.length);
    return this.unit.execute(`update ${this.table.name} set ${set.map(({ column }, index) => `${column} = $${index + 1}`).join(', ')} where ${sql}`, [
      ...set.map(({ value }) => value),
      ...parameters,
    ]);
  }

  async count(where: Values): Promise<number> {
    const { sql, parameters } = this.condition(where);
    const [row] = await this.unit.query(`select count(*)::int as many from ${this.table.name} where ${sql}`, parameters);
    return Number(row?.many);
  }

  /** The rows with these values; placeholders follow `before` others. */
  private condition(where: Values, before = 0): { readonly sql: string; readonly parameters: readonly unknown[] } {
    const parameters: unknown[] = [];
    const terms = this.table.columnsOf(where).map(({ column, value }) => {
      if (value === null) return `${column} is null`;
      parameters.push(value);
      return `${column} = $${before + parameters.length}`;
    });
    return { sql: terms.length === 0 ? 'true' : terms.join(' and '), parameters };
  }
}

/** Single rows of a platform table. */
export class Rows<Row extends object> {
  private readonly access: RowAccess<Row>;

  constructor(
    unit: Sql,
    protected readonly table: Table<Row>,
  ) {
    this.access = new RowAccess(unit, table);
  }

  /** Writes one row. A broken unique or foreign key throws (see `constraintOf`). */
  insert(row: Row): Promise<void> {
    return this.access.insert(this.table.encode(row));
  }

  async findOne(where: Partial<Row>, options: FindOptions<Row> = {}): Promise<Row | null> {
    const [first] = await this.find(where, { ...options, limit: 1 });
    return first ?? null;
  }

  find(where: Partial<Row>, options: FindOptions<Row> = {}): Promise<readonly Row[]> {
    return this.access.find(this.table.encode(where), options);
  }

  /** Changes the rows that match and returns their number. An empty `where` is refused. */
  update(where: Partial<Row>, change: Partial<Row>): Promise<number> {
    return this.access.update(this.table.encode(where), this.table.encode(change));
  }

  count(where: Partial<Row>): Promise<number> {
    return this.access.count(this.table.encode(where));
  }
}

type BulkField<Row, Generated extends keyof Row> = Exclude<Exclude<keyof Row & string, keyof ScopedRow>, Generated>;

/** Single rows of a tenant table: the unit's scope is set on every row written and stands in every condition, whatever the caller passed. */
export class ScopedRows<Row extends ScopedRow, Generated extends keyof Row = never> {
  private readonly access: RowAccess<Row>;

  constructor(
    protected readonly unit: ScopedSql,
    protected readonly table: Table<Row>,
  ) {
    this.access = new RowAccess(unit, table);
  }

  /** Writes one row. A broken unique or foreign key throws (see `constraintOf`). */
  insert(row: NewRow<Row, Generated>): Promise<void> {
    return this.access.insert(this.inScope(row));
  }

  /** Writes many rows in one statement per 20,000. Every row names the same fields; a broken key throws and nothing of the unit stands. */
  async insertAll(rows: readonly Pick<Row, BulkField<Row, Generated>>[]): Promise<void> {
    const [first] = rows;
    if (first === undefined) return;
    const fields = this.table.fields.filter((field): field is BulkField<Row, Generated> => Object.hasOwn(first, field));
    await insertMany<Row, BulkField<Row, Generated>>(this.unit, this.table, rows, fields);
  }

  async findOne(where: Partial<NewRow<Row>>, options: FindOptions<Row> = {}): Promise<Row | null> {
    const [first] = await this.find(where, { ...options, limit: 1 });
    return first ?? null;
  }

  find(where: Partial<NewRow<Row>>, options: FindOptions<Row> = {}): Promise<readonly Row[]> {
    return this.access.find(this.inScope(where), options);
  }

  /** Changes the rows that match and returns their number. The scope of a row never changes. */
  update(where: Partial<NewRow<Row>>, change: Partial<NewRow<Row>>): Promise<number> {
    const { tenantId: _tenant, environment: _environment, ...values } = this.table.encode(change);
    return this.access.update(this.inScope(where), values);
  }

  count(where: Partial<NewRow<Row>>): Promise<number> {
    return this.access.count(this.inScope(where));
  }

  private inScope(values: object): Values {
    const { tenantId, environment } = this.unit.scope;
    return { ...this.table.encode(values), tenantId, environment };
  }
}
