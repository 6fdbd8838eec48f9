import { decimalText, idText, livemode, timeText, wireTime } from '@lockstep/delivery';
import { formatRate, rate } from '@lockstep/kernel';
import { REASONS } from '@lockstep/replication';
import { type CopyPositionRow, type FillRow, INTERNAL_ORDER, type OrderRow } from '@lockstep/storage';
import { REJECT_CODES } from '@lockstep/venues/port';
import { z } from 'zod';
import { listOf, named } from '../../http/documented';
import { coinField, epochMsField, knownReason, livemodeField, moneyText, reasonField, sideField, waveIdField } from '../../http/fields';

export const REASON_CODES = REASONS.map(([code]) => code);
const stage = epochMsField.nullable();

/** An order as it was sent. */
export const orderSchema = named(
  'Order',
  z
    .object({
      id: idText('ord'),
      livemode: livemodeField,
      copy_id: idText('cpy'),
      leader_id: idText('ldr'),
      wave_id: waveIdField,
      leg: z
        .int()
        .min(0)
        .describe(
          'Part of the decision it belongs to; a flip has two. 16 is a protective stop, 17 a mirror of a leader’s order that enters, 18 one that only reduces.',
        ),
      attempt: z.int().min(0),
      coin: coinField,
      side: sideField,
      reduce_only: z.boolean(),
      limit_price: decimalText.describe('Worst price it may execute at.'),
      trigger_price: decimalText.nullable().describe('Mark price that sets it off; null where it waits for none.'),
      size: decimalText.describe('In units of the instrument.'),
      filled_size: decimalText,
      average_price: decimalText.nullable().describe('Of what was filled; null while nothing is.'),
      status: z
        .enum(['journaled', 'sent', 'unknown', 'resting', 'filled', 'partly_filled', 'rejected', 'withheld', 'cancelled', 'expired'])
        .describe('`unknown`: sent, and the venue has not said yet what became of it. `withheld`: stopped by us before it left.'),
      reject_code: z
        .string()
        .nullable()
        .describe(`Why the venue refused: one of ${REJECT_CODES.join(', ')}, or the venue’s own word.`),
      reason: reasonField(REASON_CODES).nullable().describe('Why we withheld it.'),
      client_order_id: z.string().describe('Ours, 0x and 32 hex digits.'),
      venue_order_id: z.string().nullable(),
      settings_version: z.int().min(1),
      builder_fee_tenths_bp: z.int().min(0).describe('Execution markup it carried, in tenths of a basis point.'),
      expires_at: timeText.nullable().describe('The venue must not execute it after this; null for exits.'),
      stages: z
        .object({ leader_fill: stage, received: stage, decided: stage, sent: stage, filled: stage, answered: stage })
        .describe('When it passed each stage; null where it has not, or where it was not taken.'),
      created_at: timeText,
      updated_at: timeText,
    })
    .describe('An order of a copy.'),
);
export const orderListSchema = listOf('OrderList', orderSchema);

export const orderBody = (row: OrderRow): z.output<typeof orderSchema> => ({
  id: row.id,
  livemode: livemode(row.environment),
  copy_id: row.copyId,
  leader_id: row.leaderId,
  wave_id: row.moveId.toString(),
  leg: row.leg,
  attempt: row.attempt,
  coin: row.coin,
  side: row.side,
  reduce_only: row.reduceOnly,
  limit_price: moneyText(row.price),
  trigger_price: row.triggerPrice === null ? null : moneyText(row.triggerPrice),
  size: moneyText(row.size),
  filled_size: moneyText(row.filledSize),
  average_price: row.avgPrice === 0n ? null : moneyText(row.avgPrice),
  status: row.status,
  reject_code: row.rejectCode,
  reason: knownReason(REASON_CODES, row.reason),
  client_order_id: row.clientOrderId,
  venue_order_id: row.venueOrderId,
  settings_version: row.settingsVersion,
  builder_fee_tenths_bp: row.builderFeeTenths,
  expires_at: row.expiresAfterMs === 0 ? null : wireTime(row.expiresAfterMs),
  stages: { leader_fill: row.m0, received: row.m1, decided: row.m2, sent: row.m3, filled: row.mf, answered: row.m4 },
  created_at: wireTime(row.createdAt),
  updated_at: wireTime(row.updatedAt),
});

/** One execution at the venue, or the part of it attributed to a copy. */
export const fillSchema = named(
  'Fill',
  z
    .object({
      id: idText('fil'),
      livemode: livemodeField,
      copy_id: idText('cpy').nullable().describe('Null for a trade the follower made.'),
      order_id: idText('ord').nullable(),
      internal: z
        .boolean()
        .describe('True where two copies of the venue account traded with each other: no order left, and the venue knows nothing of it.'),
      wave_id: waveIdField.nullable(),
      coin: coinField,
      side: sideField,
      price: decimalText,
      size: decimalText.describe('In units of the instrument.'),
      closed_pnl: decimalText.describe('Realised profit in money, before fees.'),
      fee: decimalText.describe('Whole fee, builder fee included; below zero it was a rebate.'),
      builder_fee: decimalText.describe('Part of `fee` that is the execution markup.'),
      fee_asset: z.string(),
      taker: z.boolean(),
      liquidation: z.boolean(),
      venue_trade_id: z.string(),
      filled_at: timeText.describe('The venue’s time.'),
      recorded_at: timeText,
    })
    .describe('An execution.'),
);
export const fillListSchema = listOf('FillList', fillSchema);

export const fillBody = (row: FillRow): z.output<typeof fillSchema> => ({
  id: row.id,
  livemode: livemode(row.environment),
  copy_id: row.copyId,
  order_id: row.orderId,
  internal: row.venueOrderId === INTERNAL_ORDER,
  wave_id: row.moveId?.toString() ?? null,
  coin: row.coin,
  side: row.side,
  price: moneyText(row.price),
  size: moneyText(row.size),
  closed_pnl: moneyText(row.closedPnl),
  fee: moneyText(row.fee),
  builder_fee: moneyText(row.builderFee),
  fee_asset: row.feeAsset,
  taker: row.crossed,
  liquidation: row.liquidation,
  venue_trade_id: row.tradeId,
  filled_at: wireTime(row.venueTimeMs),
  recorded_at: wireTime(row.recordedAt),
});

/** A copy's virtual position in one instrument. */
export const positionSchema = named(
  'Position',
  z
    .object({
      livemode: livemodeField,
      copy_id: idText('cpy'),
      coin: coinField,
      position: decimalText.describe('Held now, in units of the instrument; below zero is short.'),
      target: decimalText.describe('What the copy is to hold.'),
      ratio: decimalText.describe('Locked ratio of the running episode: target ÷ leader’s position.'),
      average_entry: decimalText.nullable().describe('Null when flat.'),
      realised_pnl: decimalText,
      fees: decimalText,
      funding: decimalText.describe('Above zero received.'),
      forfeited: decimalText.describe('Size given up of this episode’s increases.'),
      forfeit_reason: reasonField(REASON_CODES).nullable(),
      user_closed: z.boolean().describe('The follower closed against the copy; it enters again after the leader was flat.'),
      dust_pending: z.boolean().describe('What is left is too small to close alone and rides with the next order.'),
      last_wave_id: waveIdField,
      updated_at: timeText,
    })
    .describe('What a copy holds in one instrument.'),
);
export const positionListSchema = listOf('PositionList', positionSchema);

export const positionBody = (copyId: string, row: CopyPositionRow): z.output<typeof positionSchema> => ({
  livemode: livemode(row.environment),
  copy_id: copyId,
  coin: row.coin,
  position: moneyText(row.position),
  target: moneyText(row.target),
  ratio: formatRate(rate(row.rho)),
  average_entry: row.avgEntry === 0n ? null : moneyText(row.avgEntry),
  realised_pnl: moneyText(row.realisedPnl),
  fees: moneyText(row.fees),
  funding: moneyText(row.funding),
  forfeited: moneyText(row.forfeited),
  forfeit_reason: knownReason(REASON_CODES, row.forfeitReason),
  user_closed: row.userClosed,
  dust_pending: row.dust,
  last_wave_id: row.lastMoveId.toString(),
  updated_at: wireTime(row.updatedAt),
});
