import { z } from 'zod';
import { decimalText, idText, timeText } from '../wire';
import { define } from './define';

export const sideText = z.enum(['buy', 'sell']);

const move = z.object({
  leader_id: idText('ldr'),
  move_id: z.string(),
  seq: z.string().describe('Number of the move among the watched account’s moves.'),
  coin: z.string(),
  position_before: decimalText,
  position_after: decimalText,
  vwap: decimalText,
  first_fill_at: timeText,
  last_fill_at: timeText,
});

const order = z.object({
  order_id: z.string(),
  copy_id: idText('cpy'),
  leader_id: idText('ldr'),
  move_id: z.string(),
  coin: z.string(),
  side: sideText,
  reduce_only: z.boolean(),
  price: decimalText,
  size: decimalText,
  filled_size: decimalText,
  average_price: decimalText.nullable(),
  client_order_id: z.string(),
  venue_order_id: z.string().nullable(),
  attempt: z.int().min(1),
});
const withReason = order.extend({ reason: z.string().describe('Reason code.') });

const denied = z.object({
  copy_id: idText('cpy'),
  leader_id: idText('ldr'),
  move_id: z.string(),
  coin: z.string(),
  side: sideText.nullable(),
  wanted_size: decimalText,
  reason: z.string().describe('Reason code of the check that denied it.'),
});

const fill = z.object({
  fill_id: z.string(),
  order_id: z.string().nullable(),
  copy_id: idText('cpy').nullable(),
  venue_account_id: idText('vac'),
  coin: z.string(),
  side: sideText,
  price: decimalText,
  size: decimalText,
  closed_pnl: decimalText,
  fee: decimalText.describe('All the venue took, builder fee included.'),
  builder_fee: decimalText,
  fee_asset: z.string(),
  liquidation: z.boolean(),
  filled_at: timeText,
});

const position = z.object({
  copy_id: idText('cpy'),
  coin: z.string(),
  position: decimalText,
  target: decimalText,
  average_entry: decimalText.nullable(),
  dust_pending: z.boolean(),
  ended_by: z
    .enum(['user', 'delisting'])
    .optional()
    .describe('Where no order of ours closed it: the follower (or a liquidation), or the venue as it delisted the instrument. Absent otherwise.'),
});

/** What happens between a leader's fill and a follower's. */
export const orderEvents = {
  'leader.move': define(1, 'A leader’s position changed.', move),
  'order.sent': define(1, 'An order was handed to the venue.', order),
  'order.filled': define(1, 'An order was filled, wholly or in part, and is done.', order),
  'order.resting': define(1, 'An order rests in the book.', order),
  'order.cancelled': define(1, 'An order left the book unfilled or partly filled.', withReason),
  'order.rejected': define(1, 'The venue refused an order.', withReason),
  'order.withheld': define(1, 'An order was written down but not sent: a stop came first.', withReason),
  'order.denied': define(1, 'One of our checks refused to trade for a copy.', denied),
  'order.unknown': define(1, 'An order was sent and its outcome is not known yet.', order),
  'order.resolved': define(
    1,
    'The outcome of an unknown order was found.',
    order.extend({ outcome: z.enum(['filled', 'resting', 'cancelled', 'rejected', 'never_arrived']) }),
  ),
  'fill.created': define(1, 'A venue account traded.', fill),
  'position.changed': define(1, 'A copy’s position or target changed.', position),
} as const;
