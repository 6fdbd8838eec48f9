import { type EpochMs, must } from '@lockstep/kernel';
import type { ColumnType } from 'typeorm';

/**
 * How one column is named, typed, read and written. `read` is the parse boundary: PostgreSQL's bigint and numeric arrive as text,
 * times as Date; a value of another shape than the column promises is a defect and throws.
 */
export interface Codec<T> {
  readonly column: string;
  readonly type: ColumnType;
  readonly array: boolean;
  readonly nullable: boolean;
  read(value: unknown): T;
  write(value: T): unknown;
}

function codec<T>(column: string, type: ColumnType, read: (value: unknown) => T, write: (value: T) => unknown = (value) => value): Codec<T> {
  return { column, type, array: false, nullable: false, read, write };
}

const refuse = (column: string, value: unknown): never => {
  throw new TypeError(`column ${column} held a value of type ${typeof value}`);
};

/** Text; `T` narrows it to the closed set or id kind that the table's CHECK or its writers guarantee. */
export const text = <T extends string = string>(column: string): Codec<T> =>
  codec(column, 'text', (value) => (typeof value === 'string' ? (value as T) : refuse(column, value)));

/** bigint column as bigint; `T` narrows it to a unit (Price, Size …). */
export const big = <T extends bigint = bigint>(column: string): Codec<T> =>
  codec(
    column,
    'bigint',
    (value) => (typeof value === 'string' ? (BigInt(value) as T) : refuse(column, value)),
    (value) => value.toString(),
  );

/** numeric(38,0) column as bigint. */
export const wide = (column: string): Codec<bigint> =>
  codec(
    column,
    'numeric',
    (value) => (typeof value === 'string' ? BigInt(value) : refuse(column, value)),
    (value) => value.toString(),
  );

/** bigint column that always fits a JavaScript integer: venue times in ms, asset numbers. */
export const safeInt = (column: string): Codec<number> =>
  codec(
    column,
    'bigint',
    (value) => {
      const number = Number(value);
      must(typeof value === 'string' && Number.isSafeInteger(number), `column ${column} is beyond the safe integers`);
      return number;
    },
    (value) => value.toString(),
  );

export const int = (column: string): Codec<number> =>
  codec(column, 'integer', (value) => (typeof value === 'number' ? value : refuse(column, value)));
export const double = (column: string): Codec<number> =>
  codec(column, 'double precision', (value) => (typeof value === 'number' ? value : refuse(column, value)));
export const bool = (column: string): Codec<boolean> =>
  codec(column, 'boolean', (value) => (typeof value === 'boolean' ? value : refuse(column, value)));
export const bytes = (column: string): Codec<Buffer> => codec(column, 'bytea', (value) => (Buffer.isBuffer(value) ? value : refuse(column, value)));

/** Public time as epoch ms. */
export const time = (column: string): Codec<EpochMs> =>
  codec(
    column,
    'timestamptz',
    (value) => (value instanceof Date ? value.getTime() : refuse(column, value)),
    (value) => new Date(value),
  );

/** JSON as it was parsed by the driver: unknown until its owner decodes it. bigint must be text before it gets here. */
export const json = (column: string): Codec<unknown> => ({ ...codec<unknown>(column, 'json', (value) => value ?? null), nullable: true });

/** JSON kept as text, byte for byte. Read it through a select that casts to text. */
export const jsonText = (column: string): Codec<string> =>
  codec(column, 'json', (value) => (typeof value === 'string' ? value : JSON.stringify(value)));

export const texts = (column: string): Codec<string[]> => ({
  ...codec(column, 'text', (value) => (Array.isArray(value) ? value.map(String) : refuse(column, value))),
  array: true,
});

/** The same column, null allowed. */
export function orNull<T>(inner: Codec<T>): Codec<T | null> {
  return {
    ...inner,
    nullable: true,
    read: (value) => (value === null || value === undefined ? null : inner.read(value)),
    write: (value) => (value === null ? null : inner.write(value)),
  };
}
