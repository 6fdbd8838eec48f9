import { livemode } from '@lockstep/delivery';
import { type CopyId, formatDecimal } from '@lockstep/kernel';
import { decodeJournal, type Receipt, type ReceiptOrder, receiptOf } from '@lockstep/replication';
import type { JournalRow } from '@lockstep/storage';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { Needs } from '../../auth/access';
import { type Call, CurrentCall } from '../../http/call';
import { idField } from '../../http/fields';
import { Reads } from '../../http/reads';

const waveId = z.string().regex(/^\d{1,18}$/, { error: 'a wave number' });
class CopyPath extends createZodDto(z.object({ id: idField('cpy') })) {}
class ReceiptPath extends createZodDto(z.object({ id: idField('cpy'), waveId })) {}
class ReceiptsQuery extends createZodDto(z.object({ limit: z.coerce.number().int().min(1).max(200).default(50), before: waveId.optional() })) {}

/** Journal rows looked through for one page: a leader's waves, of which one copy may have had few. */
const ROWS_PER_RECEIPT = 4;

/** Receipts: what was decided for a copy in each wave, skips included, read from the very rows that were committed before the orders left. */
@ApiTags('receipts')
@Controller('v1/copies')
export class ReceiptsController {
  constructor(@Inject(Reads) private readonly reads: Reads) {}

  @Get(':id/receipts')
  @Needs('receipts:read')
  list(@CurrentCall() call: Call, @Param() path: CopyPath, @Query() query: ReceiptsQuery) {
    return this.reads.one(call, async (unit) => {
      const copy = await unit.copies.findOne({ id: path.id as CopyId });
      if (copy === null) return null;
      const before = query.before === undefined ? null : BigInt(query.before);
      const limit = query.limit * ROWS_PER_RECEIPT;
      const rows = await unit.journal.ofLeader(copy.leaderId, before, limit);
      const data = receiptsIn(rows, copy.no).slice(0, query.limit);
      const last = data.at(-1)?.wave_id ?? rows.at(-1)?.moveId.toString() ?? null;
      const more = rows.length === limit || receiptsIn(rows, copy.no).length > query.limit;
      return { data: data.map((receipt) => ({ copy_id: copy.id, ...receipt })), before: more ? last : null, has_more: more };
    });
  }

  @Get(':id/receipts/:waveId')
  @Needs('receipts:read')
  get(@CurrentCall() call: Call, @Param() path: ReceiptPath) {
    return this.reads.one(call, async (unit) => {
      const copy = await unit.copies.findOne({ id: path.id as CopyId });
      if (copy === null) return null;
      const parts = receiptsIn(await unit.journal.ofMove(BigInt(path.waveId)), copy.no);
      return parts.length === 0 ? null : { copy_id: copy.id, wave_id: path.waveId, parts };
    });
  }
}

function receiptsIn(rows: readonly JournalRow[], copyNo: bigint) {
  return rows.flatMap((row) => {
    const decoded = decodeJournal(row.packed);
    const receipt = decoded.ok ? receiptOf(decoded.value, Number(copyNo)) : null;
    return receipt === null ? [] : [receiptBody(row, receipt)];
  });
}

/** Whole lots as a size. */
const lots = (count: number, szDecimals: number): string => formatDecimal(BigInt(count), szDecimals);
/** Micro-lots as a size. */
const microLots = (count: number, szDecimals: number): string => formatDecimal(BigInt(count), szDecimals + 6);
const price = (value: number): string => formatDecimal(BigInt(value), 8);

const receiptBody = (row: JournalRow, receipt: Receipt) => ({
  livemode: livemode(row.environment),
  wave_id: row.moveId.toString(),
  part: row.part,
  coin: receipt.coin,
  decision: receipt.reason,
  explanation: receipt.explanation,
  settings_version: receipt.settingsVersion,
  leader: { before: lots(receipt.leaderBeforeLots, receipt.szDecimals), after: lots(receipt.leaderAfterLots, receipt.szDecimals) },
  ratio: formatDecimal(BigInt(receipt.kappa), 12),
  target_before: microLots(receipt.targetBefore, receipt.szDecimals),
  target_after: microLots(receipt.targetAfter, receipt.szDecimals),
  position: lots(receipt.positionLots, receipt.szDecimals),
  working: { buy: lots(receipt.pendingBuyLots, receipt.szDecimals), sell: lots(receipt.pendingSellLots, receipt.szDecimals) },
  mark_price: receipt.mark === 0 ? null : price(receipt.mark),
  cuts: receipt.cuts.map(({ cap, amount }) => ({ cap, amount: microLots(amount, receipt.szDecimals) })),
  orders: receipt.orders.map((order) => orderBody(order, receipt.szDecimals)),
  stages: { leader_fill: receipt.stages.m0, received: receipt.stages.m1, decided: receipt.stages.m2 },
});

const orderBody = (order: ReceiptOrder, szDecimals: number) => ({
  client_order_id: order.clientOrderId,
  side: order.side,
  purpose: order.purpose,
  reduce_only: order.reduceOnly,
  size: lots(order.lots, szDecimals),
  limit_price: price(order.limitPrice),
  reference_price: price(order.reference),
  expires_at: order.expiresAfter === null ? null : new Date(order.expiresAfter).toISOString(),
  leg: order.leg,
  attempt: order.attempt,
  builder_fee_tenths_bp: order.builderFee,
});
