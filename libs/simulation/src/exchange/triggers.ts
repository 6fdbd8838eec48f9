import type { Exchange } from './exchange';
import { reducible } from './matching';
import { endByVenue, endOrder } from './order';
import { execute } from './place';
import type { Asset, Order } from './state';

/** Fires every trigger order whose price the mark has met, in order of placement. */
export function fireTriggers(ex: Exchange, asset: Asset): void {
  if (asset.triggers.size === 0) return;
  for (const order of [...asset.triggers]) if (asset.triggers.has(order) && isMet(order, asset.markPx)) fire(ex, order);
}

function isMet(order: Order, markPx: number): boolean {
  const { trigger } = order;
  return trigger !== null && (trigger.above ? markPx >= trigger.px : markPx <= trigger.px);
}

/** A fired reduce-only order is cut to what it can still reduce; one for the whole position takes the position's size. */
function fire(ex: Exchange, order: Order): void {
  endOrder(ex, order, 'triggered');
  if (order.reduceOnly) {
    const room = reducible(order);
    if (room === 0) {
      endByVenue(ex, order, 'reduceOnlyCanceled');
      return;
    }
    order.lots = order.trigger?.isPositionTpsl === true ? room : Math.min(order.lots, room);
    order.origLots = order.lots;
  }
  execute(ex, order);
}
