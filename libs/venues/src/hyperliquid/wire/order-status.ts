import { z } from 'zod';
import type { OrderStanding } from '../../port';
import { timeMs } from '../parse/amounts';
import { orderSchema } from './open-orders';

/** Where an order stands, asked by venue id or client order id (facts §9). */
export const orderStatusRequest = (user: string, order: string) => ({ type: 'orderStatus', user, oid: order });

const OPEN = new Set(['open', 'triggered']);

export const orderStatusAnswer = z
  .union([
    z.object({ status: z.literal('order'), order: z.object({ order: orderSchema, status: z.string(), statusTimestamp: timeMs }) }),
    z.object({ status: z.literal('unknownOid') }),
  ])
  .transform((answer): OrderStanding => {
    if (answer.status === 'unknownOid') return { kind: 'unknown_order' };
    const { order, status, statusTimestamp } = answer.order;
    const { orderId, remaining, original } = order;
    if (OPEN.has(status)) return { kind: 'open', orderId, remaining, original };
    return { kind: 'closed', orderId, status, remaining, original, statusTime: statusTimestamp };
  });
