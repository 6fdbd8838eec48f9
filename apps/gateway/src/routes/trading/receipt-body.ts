import { decimalText, idText, livemode, timeText } from '@lockstep/delivery';
import { formatDecimal } from '@lockstep/kernel';
import { CAPS, type Receipt, type ReceiptOrder } from '@lockstep/replication';
import type { JournalRow } from '@lockstep/storage';
import { z } from 'zod';
import { named } from '../../http/documented';
import { coinField, epochMsField, livemodeField, reasonField, sideField, waveIdField } from '../../http/fields';
import { REASON_CODES } from './trading-body';

const receiptOrderSchema = named(
  'ReceiptOrder',
  z
    .object({
      client_order_id: z.string(),
      side: sideField,
      purpose: z.enum(['exit', 'entry']),
      reduce_only: z.boolean(),
      size: decimalText,
      limit_price: decimalText,
      reference_price: decimalText.describe('The price its bound is measured from.'),
      expires_at: timeText.nullable(),
      leg: z.int().min(0),
      attempt: z.int().min(0),
      builder_fee_tenths_bp: z.int().min(0),
      egress_no: z.int().min(1).nullable().describe('Number of the egress address it leaves from; null where no limits are kept to.'),
    })
    .describe('An order as it was decided, before it was sent.'),
);

/** What was decided for one copy in one part of a wave. */
export const receiptSchema = named(
  'Receipt',
  z
    .object({
      copy_id: idText('cpy'),
      livemode: livemodeField,
      wave_id: waveIdField,
      part: z.int().min(0).describe('Part of the wave’s journal.'),
      coin: coinField,
      decision: reasonField(REASON_CODES),
      explanation: z.string().describe('The decision as a sentence.'),
      settings_version: z.int().min(0),
      leader: z
        .object({
          before: decimalText,
          after: decimalText,
          liquidated: z.boolean().describe('The venue liquidated the leader in this move; the copy follows it as any reduction.'),
        })
        .describe('The leader’s position around the move.'),
      ratio: decimalText.describe('Today’s ratio by the copy’s mode.'),
      target_before: decimalText,
      target_after: decimalText,
      position: decimalText.describe('Held at the decision.'),
      working: z.object({ buy: decimalText, sell: decimalText }).describe('Sizes of orders that were working or unknown.'),
      mark_price: decimalText.nullable(),
      cuts: z
        .array(z.object({ cap: z.enum(CAPS), amount: decimalText }))
        .describe('Each cap that cut the increase, in the order applied, with the size it took.'),
      orders: z.array(receiptOrderSchema),
      forecast_end: timeText.nullable().describe('When the whole wave was forecast to have its last answer; null where no limits are kept to.'),
      stages: z.object({ leader_fill: epochMsField, received: epochMsField, decided: epochMsField }),
    })
    .describe('What was decided for a copy in a wave; skips have receipts too.'),
);
export type ReceiptBody = z.output<typeof receiptSchema>;

export const receiptListSchema = named(
  'ReceiptList',
  z
    .object({
      data: z.array(receiptSchema),
      before: waveIdField.nullable().describe('Send it as `before` for the next page; null on the last.'),
      has_more: z.boolean(),
    })
    .describe('One page of receipts, newest first.'),
);
export const waveReceiptSchema = named(
  'WaveReceipt',
  z.object({ copy_id: idText('cpy'), wave_id: waveIdField, parts: z.array(receiptSchema) }).describe('Everything decided for a copy in one wave.'),
);

/** Whole lots as a size. */
const lots = (count: number, szDecimals: number): string => formatDecimal(BigInt(count), szDecimals);
/** Micro-lots as a size. */
const microLots = (count: number, szDecimals: number): string => formatDecimal(BigInt(count), szDecimals + 6);
const price = (value: number): string => formatDecimal(BigInt(value), 8);

export const receiptBody = (copyId: string, row: JournalRow, receipt: Receipt): ReceiptBody => ({
  copy_id: copyId,
  livemode: livemode(row.environment),
  wave_id: row.moveId.toString(),
  part: row.part,
  coin: receipt.coin,
  decision: receipt.reason,
  explanation: receipt.explanation,
  settings_version: receipt.settingsVersion,
  leader: {
    before: lots(receipt.leaderBeforeLots, receipt.szDecimals),
    after: lots(receipt.leaderAfterLots, receipt.szDecimals),
    liquidated: receipt.leaderLiquidated,
  },
  ratio: formatDecimal(BigInt(receipt.kappa), 12),
  target_before: microLots(receipt.targetBefore, receipt.szDecimals),
  target_after: microLots(receipt.targetAfter, receipt.szDecimals),
  position: lots(receipt.positionLots, receipt.szDecimals),
  working: { buy: lots(receipt.pendingBuyLots, receipt.szDecimals), sell: lots(receipt.pendingSellLots, receipt.szDecimals) },
  mark_price: receipt.mark === 0 ? null : price(receipt.mark),
  cuts: receipt.cuts.map(({ cap, amount }) => ({ cap, amount: microLots(amount, receipt.szDecimals) })),
  orders: receipt.orders.map((order) => orderBody(order, receipt.szDecimals)),
  forecast_end: receipt.forecastEnd === null ? null : new Date(receipt.forecastEnd).toISOString(),
  stages: { leader_fill: receipt.stages.m0, received: receipt.stages.m1, decided: receipt.stages.m2 },
});

const orderBody = (order: ReceiptOrder, szDecimals: number): z.output<typeof receiptOrderSchema> => ({
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
  egress_no: order.egress,
});
