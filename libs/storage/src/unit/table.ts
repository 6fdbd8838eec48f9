import { type Environment, present, type TenantId } from '@lockstep/kernel';
import { type ColumnType, EntitySchema, type EntitySchemaColumnOptions, type ObjectLiteral } from 'typeorm';
import type { ScopedRow } from '../rows/scoped';
import { type Codec, text } from './codec';

/** A raw row as the driver returns it. */
export type SqlRow = Readonly<Record<string, unknown>>;
/** A column with a value for it. */
export interface ColumnValue {
  readonly column: string;
  readonly value: unknown;
}
export type Columns<Row> = { readonly [K in keyof Row]-?: Codec<Row[K]> };

/** A table and its row type: the one place that says how columns become fields. */
export interface Table<Row> {
  readonly name: string;
  readonly columns: Columns<Row>;
  /** Field names in column order. */
  readonly fields: readonly (keyof Row & string)[];
  /** TypeORM's view of the table. Its values are raw: `parse` and `encode` are ours. */
  readonly schema: EntitySchema<ObjectLiteral>;
  /** `select` list with every column under its own name; `alias` is the table's in the query. */
  selectList(alias?: string): string;
  /** `select` list of a table that others are joined with: every column under the alias and its name. */
  selectAs(alias: string): string;
  /** The row of `selectAs` in a joined one; null where none was joined. */
  parseAs(alias: string, row: SqlRow): Row | null;
  /** A row by column names (raw SQL) as a domain row. Throws when a column is not what it should be. */
  parse(row: SqlRow): Row;
  /**
   * Columns of the given fields, in column order, with their driver values (`encode`). Of an insert those the database fills are left out, of an update the
   * primary key's as well.
   */
  columnsOf(values: Readonly<Record<string, unknown>>, of?: 'insert' | 'update'): readonly ColumnValue[];
  /** The column of a field. */
  columnOf(field: string): string;
  /** Known fields of an object to driver values, by field name; the callers' signatures say which fields may stand there. */
  encode(values: object): Record<string, unknown>;
}

/** Describes a table. `key` names the primary key's fields; `generated` those the database fills. */
export function defineTable<Row>(
  name: string,
  columns: Columns<Row>,
  key: readonly (keyof Row & string)[],
  generated: readonly (keyof Row & string)[] = [],
): Table<Row> {
  const fields = Object.keys(columns) as (keyof Row & string)[];
  const left: Readonly<Record<'insert' | 'update', ReadonlySet<string>>> = { insert: new Set(generated), update: new Set([...generated, ...key]) };
  const codecs = new Map<string, { readonly column: string; readonly type: ColumnType }>(fields.map((field) => [field, columns[field]]));
  const keyColumns = key.map((field) => columns[field].column);
  const namesUnder = remembered((prefix) => new Map(fields.map((field) => [field, `${prefix}${columns[field].column}`])));
  const keyUnder = remembered((prefix) => keyColumns.map((column) => `${prefix}${column}`));
  const read = (row: SqlRow, prefix: string): Row => {
    const parsed: Partial<Row> = {};
    for (const [field, under] of namesUnder(prefix)) parsed[field] = columns[field].read(row[under]);
    return parsed as Row;
  };
  const listed = remembered((alias) => fields.map((field) => selectItem(columns[field], alias)).join(', '));
  return {
    name,
    columns,
    fields,
    schema: schemaOf(name, columns, fields, key, generated),
    selectList: (alias = '') => listed(alias),
    parse: (row) => read(row, ''),
    selectAs: (alias) => fields.map((field) => `${selectItem(columns[field], alias)} as ${alias}_${columns[field].column}`).join(', '),
    parseAs: (alias, row) => (keyUnder(`${alias}_`).every((column) => row[column] === null) ? null : read(row, `${alias}_`)),
    columnsOf: (values, of) =>
      [...codecs]
        .filter(([field]) => values[field] !== undefined && !(of !== undefined && left[of].has(field)))
        .map(([field, { column, type }]) => ({ column, value: type === 'json' ? jsonText(values[field]) : values[field] })),
    columnOf: (field) => present(codecs.get(field), `field ${field} of ${name}`).column,
    encode: (values) => {
      const encoded: Record<string, unknown> = {};
      for (const field of fields) {
        const value: unknown = Reflect.get(values, field);
        if (value !== undefined) encoded[field] = columns[field].write(value as Row[typeof field]);
      }
      return encoded;
    },
  };
}

/** The two columns every tenant table begins with. */
export const scopeColumns: Columns<ScopedRow> = { tenantId: text<TenantId>('tenant_id'), environment: text<Environment>('environment') };

/** A list would else travel as an array. */
const jsonText = (value: unknown): unknown => (value === null ? null : JSON.stringify(value));

const selectItem = <T>({ column }: Codec<T>, alias: string): string => (alias === '' ? column : `${alias}.${column}`);

/** What is made once for each alias: those that stand in our statements are few. */
function remembered<T>(make: (alias: string) => T): (alias: string) => T {
  const made = new Map<string, T>();
  return (alias) => {
    const known = made.get(alias);
    if (known !== undefined) return known;
    const fresh = make(alias);
    made.set(alias, fresh);
    return fresh;
  };
}

function schemaOf<Row>(
  name: string,
  columns: Columns<Row>,
  fields: readonly (keyof Row & string)[],
  key: readonly string[],
  generated: readonly string[],
): EntitySchema<ObjectLiteral> {
  const described: Record<string, EntitySchemaColumnOptions> = {};
  for (const field of fields) {
    const { column, type, array, nullable } = columns[field];
    const madeByDatabase = generated.includes(field);
    described[field] = {
      name: column,
      type,
      array,
      nullable,
      primary: key.includes(field),
      insert: !madeByDatabase,
      update: !madeByDatabase && !key.includes(field),
    };
  }
  return new EntitySchema<ObjectLiteral>({ name, tableName: name, columns: described });
}
