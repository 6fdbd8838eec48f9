import { fromLots, lotSize, type Price, price, type Size, size, toLots } from '@lockstep/kernel';
import type { OpenOrder, OrderStanding, VenueFill, VenuePosition } from '../port';
import { fillByPosition } from './own-fills';
import type { OwnOrder, OwnOrders } from './own-orders';

/*
 * Finding an order whose answer was lost, at a venue that knows no client order ids. It is looked for only once its nonce is known to be spent: an order that
 * never landed is not there, whatever the follower did by hand. One process writes an account's orders, and a copy has one order in a coin on its way at a
 * time, so what nobody else explains and fits the order is the order. A follower who trades the same side of the same coin by hand within the same seconds
 * as one that was refused on arrival cannot be told apart; sizes and price bounds keep that small.
 */

/** Clocks and blocks differ: an order may be stamped so much before the nonce it was signed with. */
export const STAMP_SKEW_MS = 2_000;

const NOT_FOUND: OrderStanding = { kind: 'unknown_order' };

/** A working order that fits and is nobody else's. */
export function findWorking(own: OwnOrders, order: OwnOrder, others: readonly string[], working: readonly OpenOrder[]): OrderStanding | null {
  const original = fromLots(order.instrument, order.lots);
  const found = working.find(
    (each) =>
      own.byOrderId(each.orderId) === undefined &&
      !others.includes(each.orderId) &&
      each.coin === order.instrument.coin &&
      (each.side === 'buy') === order.buy &&
      each.limitPrice === order.price &&
      each.original === original &&
      each.time >= order.nonce - STAMP_SKEW_MS,
  );
  if (found === undefined) return null;
  own.bind(order, found.orderId);
  return { kind: 'open', orderId: found.orderId, remaining: found.remaining, original: found.original };
}

/** Fills of the exchange that fit and are nobody else's, gathered by their order. */
export function findByFills(own: OwnOrders, order: OwnOrder, others: readonly string[], fills: readonly VenueFill[]): OrderStanding {
  const fitting = fills.filter((fill) => {
    if (order.orderId !== null) return fill.orderId === order.orderId;
    return own.byOrderId(fill.orderId) === undefined && !others.includes(fill.orderId) && mayBeOf(order, fill);
  });
  const byOrder = new Map<string, { lots: number; time: number }>();
  for (const fill of fitting) {
    const sum = byOrder.get(fill.orderId) ?? { lots: 0, time: fill.time };
    byOrder.set(fill.orderId, { lots: sum.lots + toLots(order.instrument, fill.size), time: fill.time });
  }
  // One that fits whole goes before one that fits in part: two orders of an account may be without an answer at once.
  const whole = (lots: number): number => (lots === order.lots ? 0 : 1);
  const [found] = [...byOrder].filter(([, { lots }]) => lots <= order.lots).sort(([, a], [, b]) => whole(a.lots) - whole(b.lots) || a.time - b.time);
  if (found === undefined) return NOT_FOUND;
  const [orderId, { lots, time }] = found;
  own.bind(order, orderId);
  order.filledLots = lots;
  order.answeredAt = time;
  return standingOf(order);
}

/** Whether a fill nobody explained yet may be the order's. */
export function mayBeOf(order: OwnOrder, fill: VenueFill): boolean {
  if (fill.coin !== order.instrument.coin || (fill.side === 'buy') !== order.buy || fill.liquidation) return false;
  if (fill.time < order.nonce - STAMP_SKEW_MS) return false;
  return order.buy ? fill.price <= order.price : fill.price >= order.price;
}

/** How far the position went in the order's direction since before it; the order filled that much, its own size at most. */
export function findByPosition(own: OwnOrders, order: OwnOrder, before: Size | null, now: VenuePosition | undefined, at: number): OrderStanding {
  if (before === null) return NOT_FOUND;
  const after = now?.size ?? size(0n);
  const moved = order.buy ? after - before : before - after;
  const lots = Math.min(order.lots, Number(moved / lotSize(order.instrument)));
  if (lots <= 0) return NOT_FOUND;
  const orderId = `derived-${order.nonce}`;
  own.bind(order, orderId);
  own.hold(order.address, order.instrument.coin, after);
  order.filledLots = lots;
  order.answeredAt = at;
  order.fills = [fillByPosition(order, orderId, lots, openingPrice(before, now), at)];
  return standingOf(order);
}

/** An opening fill's average is the new position's entry price; of anything else only the bound is known. */
const openingPrice = (before: Size, now: VenuePosition | undefined): Price | null =>
  before === 0n && now !== undefined ? price(now.entryPrice) : null;

/** The standing of an order that was found to have filled: it is immediate-or-cancel, so what is left of it is gone. */
export function standingOf(order: OwnOrder): OrderStanding {
  const original = fromLots(order.instrument, order.lots);
  const filled = fromLots(order.instrument, order.filledLots);
  return {
    kind: 'closed',
    orderId: order.orderId ?? '',
    status: order.filledLots >= order.lots ? 'filled' : 'canceled',
    remaining: size(original - filled),
    original,
    statusTime: order.answeredAt,
  };
}
