import type { ActionJson, Json } from '@lockstep/simulation';
import { MARGIN_MODE_DEFAULT, TIF_OF } from './assumptions';
import type { CancelBody, LeverageBody, PlaceBody } from './order-body';
import type { Market } from './symbols';

/*
 * The exchange's actions that the API submits, and that the wallet's signature therefore covers (facts §9.1). Key order is part of the signature.
 */

/** One order, no grouping, no builder. */
export function orderAction(market: Market, body: PlaceBody): ActionJson {
  const order: Json = {
    a: market.assetIndex,
    b: body.side === 'buy',
    p: body.price ?? body.triggerPrice ?? '0',
    s: body.size,
    r: body.reduceOnly,
    t: kindOf(body),
  };
  return { type: 'order', orders: [order], grouping: 'na' };
}

function kindOf({ type, triggerPrice }: PlaceBody): Json {
  if (type === 'market' || type === 'limit') return { limit: { tif: TIF_OF[type] } };
  return { trigger: { isMarket: type === 'stop_market', triggerPx: triggerPrice ?? '0', tpsl: 'sl' } };
}

export const cancelAction = (market: Market, body: CancelBody): ActionJson => ({
  type: 'cancel',
  cancels: [{ a: market.assetIndex, o: Number(body.orderId) }],
});

export const leverageAction = (market: Market, body: LeverageBody): ActionJson => ({
  type: 'updateLeverage',
  asset: market.assetIndex,
  isCross: (body.marginMode ?? MARGIN_MODE_DEFAULT) === 'cross',
  leverage: body.leverage,
});
