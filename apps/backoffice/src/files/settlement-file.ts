import { CsvWriter, FILE_COLUMNS, type WireControlTotal, wireMoney } from '@lockstep/delivery';
import { money, must } from '@lockstep/kernel';
import { type ControlTotal, ControlTotals, parseAccountCode, type SettlementMark, type StatementRow } from '@lockstep/ledger';
import { type ScopedUnit, statementRowsOf } from '@lockstep/storage';
import type { ChunkWriter, WrittenBytes } from './chunk-writer';

export interface SettlementFile extends WrittenBytes {
  readonly rowCount: bigint;
  readonly controlTotals: readonly WireControlTotal[];
}

/**
 * Writes a settlement's CSV from the ledger alone: one row per ledger account and asset. What it covers is fixed by the two marks, so the
 * same bytes come out whenever it runs. Throws when an asset's rows do not sum to zero: such a file must not leave.
 */
export async function writeSettlement(
  unit: ScopedUnit,
  mark: SettlementMark,
  previous: SettlementMark,
  writer: ChunkWriter,
): Promise<SettlementFile> {
  const csv = new CsvWriter(FILE_COLUMNS.settlement);
  const totals = new ControlTotals();
  let rowCount = 0n;
  await writer.write(csv.header());
  for await (const row of statementRowsOf(unit, mark, previous)) {
    totals.add(row);
    rowCount += 1n;
    await writer.write(csv.row(cellsOf(row)));
  }
  must(totals.unbalancedAssets().length === 0, `the settlement does not balance in ${totals.unbalancedAssets().join(', ')}`);
  return { ...(await writer.finish()), rowCount, controlTotals: totals.list().map(wireTotal) };
}

function cellsOf(row: StatementRow) {
  const account = parseAccountCode(row.account);
  must(account.ok, `ledger account ${row.account} is not in the chart`);
  const copy = account.value.owner === 'copy' ? account.value.copyId : null;
  return {
    account: copy === null ? row.account : `copy:${account.value.name}`,
    copy_id: copy,
    asset: row.asset,
    opening: wireMoney(row.opening),
    debits: wireMoney(row.debits),
    credits: wireMoney(row.credits),
    net: wireMoney(money(row.debits - row.credits)),
    closing: wireMoney(row.closing),
    entry_count: String(row.entryCount),
  };
}

/** A control total as the manifest carries it. */
export const wireTotal = (total: ControlTotal): WireControlTotal => ({
  asset: total.asset,
  account: total.account,
  debits: wireMoney(total.debits),
  credits: wireMoney(total.credits),
  closing: wireMoney(total.closing),
  entry_count: total.entryCount,
});
