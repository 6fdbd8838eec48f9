import type { Environment, TenantId } from '@lockstep/kernel';
import { EntitySchema, type EntitySchemaColumnOptions, type ObjectLiteral } from 'typeorm';
import type { ScopedRow } from '../rows/scoped';
import { type Codec, text } from './codec';

/** A raw row as the driver returns it. */
export type SqlRow = Readonly<Record<string, unknown>>;
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
  /** A row by column names (raw SQL) as a domain row. Throws when a column is not what it should be. */
  parse(row: SqlRow): Row;
  /** A row by field names (TypeORM) as a domain row. */
  parseEntity(entity: ObjectLiteral): Row;
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
  const read = (from: (field: keyof Row & string) => unknown): Row => {
    const row: Partial<Row> = {};
    for (const field of fields) row[field] = columns[field].read(from(field));
    return row as Row;
  };
  return {
    name,
    columns,
    fields,
    schema: schemaOf(name, columns, fields, key, generated),
    selectList: (alias) => fields.map((field) => selectItem(columns[field], alias)).join(', '),
    parse: (row) => read((field) => row[columns[field].column]),
    parseEntity: (entity) => read((field) => entity[field]),
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

function selectItem<T>(column: Codec<T>, alias: string | undefined): string {
  return alias === undefined ? column.column : `${alias}.${column.column}`;
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
