import { slippageBound } from './asset';
import { checkMargin, checkOpenInterest } from './check';
import type { Exchange } from './exchange';
import { reducible } from './matching';
import { disarm, endByVenue, endOrder } from './order';
import { execute } from './place';
import type { Asset, Order, Trigger } from './state';

/** Fires every trigger order whose price the mark has met, in order of placement. In a halt and in the post-only period all wait. */
export function fireTriggers(ex: Exchange, asset: Asset): void {
  if (asset.triggers.size === 0 || asset.halted || ex.postOnly) return;
  for (const order of [...asset.triggers]) {
    const { trigger } = order;
    if (trigger !== null && asset.triggers.has(order) && isMet(trigger, asset.markPx)) fire(ex, order, trigger);
  }
}

const isMet = (trigger: Trigger, markPx: number): boolean => (trigger.above ? markPx >= trigger.px : markPx <= trigger.px);

/**
 * A fired reduce-only order is cut to what it can still reduce; one for the whole position takes the position's size. A market one
 * trades no further from the mark than the slippage tolerance, whatever its limit says. A stop entry meets its margin checks only now.
 */
function fire(ex: Exchange, order: Order, trigger: Trigger): void {
  disarm(ex, order);
  if (trigger.isMarket) order.px = slippageBound(order.asset, order.isBuy, order.asset.markPx, ex.settings.triggerSlippagePercent);
  if (order.reduceOnly) {
    const room = reducible(order);
    if (room === 0) {
      endByVenue(ex, order, 'reduceOnlyCanceled');
      return;
    }
    order.lots = trigger.isPositionTpsl ? room : Math.min(order.lots, room);
    order.origLots = order.lots;
  } else {
    const refusal = checkMargin(ex, order) ?? checkOpenInterest(ex, order);
    if (refusal !== null) {
      endOrder(ex, order, refusal);
      return;
    }
  }
  execute(ex, order);
}
