import { CsvWriter, FILE_COLUMNS, type WireControlTotal, wireMoney, wirePrice, wireSize, wireTime } from '@lockstep/delivery';
import { money, price, size } from '@lockstep/kernel';
import { ControlTotals, fillNotional, parseAccountCode, row } from '@lockstep/ledger';
import { type ExportParams, type FeeLine, type FillRow, feeLinesOf, fillRowsOf, type ScopedUnit } from '@lockstep/storage';
import type { ChunkWriter } from './chunk-writer';
import { wireTotal } from './settlement-file';

export const EXPORT_KINDS = ['fills', 'fees'] as const;
export type ExportKind = (typeof EXPORT_KINDS)[number];

export interface WrittenRows {
  readonly rowCount: bigint;
  /** Of the ledger entries in the file; a file of fills has none. */
  readonly controlTotals: readonly WireControlTotal[];
}

/** Writes an export's rows; the caller finishes the writer. */
export async function writeExport(unit: ScopedUnit, kind: ExportKind, range: ExportParams, writer: ChunkWriter): Promise<WrittenRows> {
  return kind === 'fills' ? writeFills(unit, range, writer) : writeFees(unit, range, writer);
}

async function writeFills(unit: ScopedUnit, range: ExportParams, writer: ChunkWriter): Promise<WrittenRows> {
  const csv = new CsvWriter(FILE_COLUMNS.fills);
  let rowCount = 0n;
  await writer.write(csv.header());
  for await (const fill of fillRowsOf(unit, range)) {
    await writer.write(csv.row(fillCells(fill)));
    rowCount += 1n;
  }
  return { rowCount, controlTotals: [] };
}

async function writeFees(unit: ScopedUnit, range: ExportParams, writer: ChunkWriter): Promise<WrittenRows> {
  const csv = new CsvWriter(FILE_COLUMNS.fees);
  const totals = new ControlTotals();
  let rowCount = 0n;
  await writer.write(csv.header());
  for await (const line of feeLinesOf(unit, range)) {
    await writer.write(csv.row(feeCells(line)));
    const [debit, credit] = line.amount > 0n ? [line.amount, money(0n)] : [money(0n), money(-line.amount)];
    totals.add(row(line.account, line.asset, money(0n), debit, credit, 1));
    rowCount += 1n;
  }
  // Fee accounts alone do not balance, so the total of a whole asset would say nothing.
  const perAccount = totals.list().filter((total) => total.account !== '*');
  return { rowCount, controlTotals: perAccount.map(wireTotal) };
}

function fillCells(fill: FillRow) {
  return {
    fill_id: fill.id,
    time: wireTime(fill.createdAt),
    copy_id: fill.copyId,
    order_id: fill.orderId,
    coin: fill.coin,
    side: fill.side,
    price: wirePrice(price(fill.price)),
    size: wireSize(size(fill.size)),
    notional: wireMoney(fillNotional(size(fill.size), price(fill.price))),
    closed_pnl: wireMoney(money(fill.closedPnl)),
    fee: wireMoney(money(fill.fee)),
    builder_fee: wireMoney(money(fill.builderFee)),
    fee_asset: fill.feeAsset,
    liquidity: fill.crossed ? 'taker' : 'maker',
    liquidation: fill.liquidation ? 'yes' : 'no',
  };
}

function feeCells(line: FeeLine) {
  const account = parseAccountCode(line.account);
  const name = account.ok && account.value.owner === 'copy' ? `copy:${account.value.name}` : line.account;
  return {
    sequence: line.seq.toString(),
    time: wireTime(line.occurredAt),
    source: line.source,
    kind: line.kind,
    account: name,
    copy_id: line.copyId,
    coin: line.coin,
    notional: line.notional === null ? null : wireMoney(line.notional),
    asset: line.asset,
    amount: wireMoney(line.amount),
  };
}
