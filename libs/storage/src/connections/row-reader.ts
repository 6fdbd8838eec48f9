import { must } from '@lockstep/kernel';
import { types } from 'pg';
import type { SqlRow } from '../unit/table';

/** One column of a described statement, as the driver tells it. */
export interface DescribedColumn {
  readonly name: string;
  readonly dataTypeID: number;
}

/** Makes rows of a statement's values, which come as text. */
export class RowReader {
  private readonly columns: readonly { readonly name: string; readonly read: (text: string) => unknown }[];

  constructor(columns: readonly DescribedColumn[]) {
    this.columns = columns.map(({ name, dataTypeID }) => ({ name, read: types.getTypeParser(dataTypeID, 'text') }));
  }

  row(values: readonly (string | null)[]): SqlRow {
    must(values.length === this.columns.length, 'a row has the columns that were described');
    const row: Record<string, unknown> = {};
    let index = 0;
    for (const { name, read } of this.columns) {
      const value = values[index] ?? null;
      row[name] = value === null ? null : read(value);
      index += 1;
    }
    return row;
  }
}
