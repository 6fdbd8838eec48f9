/** Makes the columns of one table; a layout asks for each column once, by name. */
export interface ColumnMaker {
  f64(name: string): Float64Array;
  i32(name: string): Int32Array;
  u32(name: string): Uint32Array;
  u16(name: string): Uint16Array;
  u8(name: string): Uint8Array;
  i8(name: string): Int8Array;
}

type Column = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array | Int8Array;

/** Columns of `capacity` rows, filled from the columns of the same name in `from` when given. */
export function columnMaker(capacity: number, from?: Readonly<Record<string, Column>>): ColumnMaker {
  const filled = <T extends Column>(column: T, name: string): T => {
    const before = from?.[name];
    if (before !== undefined) column.set(before);
    return column;
  };
  return {
    f64: (name) => filled(new Float64Array(capacity), name),
    i32: (name) => filled(new Int32Array(capacity), name),
    u32: (name) => filled(new Uint32Array(capacity), name),
    u16: (name) => filled(new Uint16Array(capacity), name),
    u8: (name) => filled(new Uint8Array(capacity), name),
    i8: (name) => filled(new Int8Array(capacity), name),
  };
}

/** Sets every column of a row to zero. */
export function clearRow(columns: Readonly<Record<string, Column>>, row: number): void {
  for (const column of Object.values(columns)) column[row] = 0;
}
