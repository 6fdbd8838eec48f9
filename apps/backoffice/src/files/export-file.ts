import { CsvWriter, FILE_COLUMNS, wireMoney, wirePrice, wireSize, wireTime } from '@lockstep/delivery';
import { money, price, size } from '@lockstep/kernel';
import { fillNotional, parseAccountCode } from '@lockstep/ledger';
import { type ExportParams, type FeeLine, type FillRow, feeLinesOf, fillRowsOf, type ScopedUnit } from '@lockstep/storage';
import type { ChunkWriter } from './chunk-writer';

export const EXPORT_KINDS = ['fills', 'fees'] as const;
export type ExportKind = (typeof EXPORT_KINDS)[number];

/** Writes an export's rows and returns their number; the caller finishes the writer. */
export async function writeExport(unit: ScopedUnit, kind: ExportKind, range: ExportParams, writer: ChunkWriter): Promise<bigint> {
  return kind === 'fills' ? writeFills(unit, range, writer) : writeFees(unit, range, writer);
}

async function writeFills(unit: ScopedUnit, range: ExportParams, writer: ChunkWriter): Promise<bigint> {
  const csv = new CsvWriter(FILE_COLUMNS.fills);
  let rows = 0n;
  await writer.write(csv.header());
  for await (const fill of fillRowsOf(unit, range)) {
    await writer.write(csv.row(fillCells(fill)));
    rows += 1n;
  }
  return rows;
}

async function writeFees(unit: ScopedUnit, range: ExportParams, writer: ChunkWriter): Promise<bigint> {
  const csv = new CsvWriter(FILE_COLUMNS.fees);
  let rows = 0n;
  await writer.write(csv.header());
  for await (const line of feeLinesOf(unit, range)) {
    await writer.write(csv.row(feeCells(line)));
    rows += 1n;
  }
  return rows;
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
