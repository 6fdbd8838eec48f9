import { z } from 'zod';
import type { OpenOrder, OpenTrigger, OrderUpdate } from '../../port';
import { addressText, averageText, cloidText, idNumber, priceText, sideLetter, sizeText, timeMs } from '../parse/amounts';
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
    tif: z.string().nullish(),
    orderType: z.string().optional(),
    isTrigger: z.boolean().optional(),
    triggerPx: averageText.optional(),
    isPositionTpsl: z.boolean().optional(),
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
      ...tifOf(order.tif),
      ...triggerOf(order),
    }),
  );

const TIFS = new Map([
  ['Ioc', 'ioc'],
  ['Gtc', 'gtc'],
  ['Alo', 'alo'],
  // What the venue's own front end sends as a market order.
  ['FrontendMarket', 'ioc'],
] as const);

function tifOf(text: string | null | undefined): Pick<OpenOrder, 'tif'> {
  for (const [name, tif] of TIFS) if (name === text) return { tif };
  return {};
}

/** The venue names purpose and kind of a trigger in words: `Take Profit Market`, `Take Profit Limit`, `Stop Market`, `Stop Limit`. */
function triggerOf(order: {
  readonly isTrigger?: boolean | undefined;
  readonly triggerPx?: OpenTrigger['price'] | undefined;
  readonly orderType?: string | undefined;
  readonly isPositionTpsl?: boolean | undefined;
}): Pick<OpenOrder, 'trigger'> {
  const { isTrigger = false, triggerPx, orderType = '', isPositionTpsl = false } = order;
  if (!isTrigger || triggerPx === undefined) return {};
  const purpose = orderType.startsWith('Take Profit') ? 'take_profit' : 'stop_loss';
  return { trigger: { price: triggerPx, purpose, market: orderType.endsWith('Market'), ofPosition: isPositionTpsl } };
}

export const openOrdersAnswer = z.array(orderSchema).transform((orders) => orders.filter((order) => isPerpCoin(order.coin)));

/** Subscription to the working orders of a user in one dex: the whole list, each time it changes. */
export const openOrdersSubscription = (user: string, dex: string) => ({ type: 'openOrders', user, ...(dex === '' ? {} : { dex }) });

/** Data of channel `openOrders`. */
export const openOrdersData = z.object({ user: addressText, dex: z.string().default(''), orders: openOrdersAnswer });

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
