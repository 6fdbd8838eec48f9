import type { ScopedSql } from '../unit/sql';
import type { SqlRow } from '../unit/table';

/** Rows fetched at a time: a file of millions of rows is made in the memory of one batch. */
const FETCH_ROWS = 5_000;

/** Streams a query's rows through a server-side cursor inside the unit's transaction. One at a time per unit. */
export async function* streamRows(unit: ScopedSql, statement: string, parameters: readonly unknown[]): AsyncGenerator<SqlRow> {
  await unit.query(`declare backoffice_rows no scroll cursor for ${statement}`, [...unit.scopeParameters, ...parameters]);
  try {
    for (;;) {
      const rows = await unit.query(`fetch ${FETCH_ROWS} from backoffice_rows`);
      yield* rows;
      if (rows.length < FETCH_ROWS) return;
    }
  } finally {
    await unit.query('close backoffice_rows');
  }
}
