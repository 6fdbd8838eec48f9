import { z } from 'zod';
import type { OpenOrder, OrderUpdate } from '../../port';
import { cloidText, idNumber, priceText, sideLetter, sizeText, timeMs } from '../parse/amounts';
import { isPerpCoin } from '../parse/read';

/** Working orders of a user in one dex, trigger orders included (facts §9). */
export const frontendOpenOrdersRequest = (user: string, dex: string) => ({ type: 'frontendOpenOrders', user, ...(dex === '' ? {} : { dex }) });

/** An order as lists, status answers and the order stream carry it. */
export const orderSchema = z
  .object({
    coin: z.string(),
    side: sideLetter,
    limitPx: priceText,
    sz: sizeText,
    oid: idNumber,
    timestamp: timeMs,
    origSz: sizeText,
    cloid: cloidText.nullish(),
    reduceOnly: z.boolean().default(false),
  })
  .transform(
    (order): OpenOrder => ({
      coin: order.coin,
      side: order.side,
      limitPrice: order.limitPx,
      remaining: order.sz,
      original: order.origSz,
      orderId: order.oid,
      clientOrderId: order.cloid ?? null,
      reduceOnly: order.reduceOnly,
      time: order.timestamp,
    }),
  );

export const openOrdersAnswer = z.array(orderSchema).transform((orders) => orders.filter((order) => isPerpCoin(order.coin)));

/** Subscription to order updates; the data names no user, so one connection carries one user (facts §10.2). */
export const orderUpdatesSubscription = (user: string) => ({ type: 'orderUpdates', user });

/** Data of channel `orderUpdates`. */
export const orderUpdatesData = z
  .array(z.object({ order: orderSchema, status: z.string(), statusTimestamp: timeMs }))
  .transform((updates) =>
    updates.flatMap(({ order, status, statusTimestamp }): OrderUpdate[] =>
      isPerpCoin(order.coin) ? [{ order, status, statusTime: statusTimestamp }] : [],
    ),
  );
