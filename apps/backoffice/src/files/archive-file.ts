import { type Columns, CsvWriter } from '@lockstep/delivery';
import { archiveRowsOf, archiveTable, type ScopedUnit } from '@lockstep/storage';
import type { ChunkWriter } from './chunk-writer';

/** Writes every row of one table of an archive; the caller finishes the writer. Null: no archive has such a table. */
export async function writeArchive(unit: ScopedUnit, name: string, writer: ChunkWriter): Promise<bigint | null> {
  const table = archiveTable(name);
  if (table === null) return null;
  const columns: Columns = table.columns;
  const csv = new CsvWriter(columns);
  let rowCount = 0n;
  await writer.write(csv.header());
  for await (const row of archiveRowsOf(unit, name, table)) {
    await writer.write(csv.row(row));
    rowCount += 1n;
  }
  return rowCount;
}
