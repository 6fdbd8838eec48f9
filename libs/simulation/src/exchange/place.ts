import { bestLevel, crosses } from './book';
import { checkOrder, checkTrigger, isTooFar, type Rejection, textAboveCap, textOf } from './check';
import { formatUnits, parseUnits, parseUnitsCut, TOO_MANY_DECIMALS } from './decimals';
import type { Exchange } from './exchange';
import { type Execution, positionLots, take } from './matching';
import { admitOrder, awaitTrigger, endOrder, noteStatus, type OrderDraft, releaseChildren, rest } from './order';
import type { Asset, BuilderFee, Order, OrderStatus, Tif, VenueAccount } from './state';
import { badAloPrice, ORDER_TEXTS, REJECTIONS, withAsset } from './texts';

/** One element of an `order` action, its texts not yet read as numbers. */
export interface OrderRequest {
  readonly assetId: number;
  readonly isBuy: boolean;
  readonly px: string;
  readonly size: string;
  readonly reduceOnly: boolean;
  readonly tif: Tif | null;
  readonly trigger: { readonly isMarket: boolean; readonly triggerPx: string; readonly tpsl: 'tp' | 'sl' } | null;
  readonly cloid: string | null;
}

export interface PlaceContext {
  readonly owner: VenueAccount;
  readonly builder: BuilderFee | null;
  readonly isPositionTpsl: boolean;
}

/** What became of one order. */
export type Placed =
  | { readonly kind: 'resting'; readonly order: Order }
  | { readonly kind: 'filled'; readonly order: Order; readonly execution: Execution }
  | { readonly kind: 'waiting'; readonly order: Order }
  | { readonly kind: 'error'; readonly text: string };

/** Reads, checks and executes one order in the venue's order of checks. */
export function placeOrder(ex: Exchange, context: PlaceContext, request: OrderRequest): Placed {
  const draft = readOrder(ex, context, request);
  if (typeof draft === 'string') return { kind: 'error', text: withAsset(draft, request.assetId) };
  const refusal = draft.trigger === null ? checkOrder(ex, draft) : checkTrigger(ex, draft);
  if (refusal !== null) return reject(ex, draft, refusal);
  if (draft.trigger === null) return execute(ex, admitOrder(ex, draft));
  const order = admitOrder(ex, draft.trigger.isPositionTpsl ? { ...draft, lots: Math.abs(positionLots(draft.owner, draft.asset)) } : draft);
  awaitTrigger(ex, order);
  ex.totals.acceptedOrders += 1;
  return { kind: 'waiting', order };
}

/** Leaves the refused order in the history. */
export function reject(ex: Exchange, draft: OrderDraft, status: Rejection, text: string = textOf(status, draft.asset)): Placed {
  noteStatus(ex, admitOrder(ex, draft), status);
  return { kind: 'error', text: withAsset(text, draft.asset.id) };
}

/** The draft of a readable order, or the text of why it cannot be one. */
export function readOrder(ex: Exchange, context: PlaceContext, request: OrderRequest): OrderDraft | string {
  const asset = ex.assetsById.get(request.assetId);
  if (asset === undefined) return ORDER_TEXTS.unknownAsset;
  const lots = parseUnits(request.size, asset.spec.szDecimals);
  if (lots === 0 && !wholePosition(context, request)) return ORDER_TEXTS.zeroSize;
  if (lots < 0) return ORDER_TEXTS.invalidSize;
  const limit = readPrice(asset, request.px);
  const met = request.trigger === null ? null : readPrice(asset, request.trigger.triggerPx);
  if (limit.px === 0 || met?.px === 0) return ORDER_TEXTS.invalidPrice;
  const { px } = limit;
  const isTooFine = limit.isTooFine || met?.isTooFine === true;
  const trigger = met === null ? null : readTrigger(context, request, met.px);
  if (asset.halted) return ORDER_TEXTS.halted;
  const { owner, builder } = context;
  if (asset.pair !== null && request.trigger !== null) return ORDER_TEXTS.spotLimitOnly;
  if (request.cloid !== null && ex.settings.uniqueOpenCloids && owner.openCloids.has(request.cloid)) return ORDER_TEXTS.duplicateCloid;
  // What waits for a trigger is judged by the price it waits for.
  if (!isTooFine && isTooFar(px, trigger?.px ?? asset.markPx, ex.settings.referenceBandPercent)) return ORDER_TEXTS.farFromReference;
  const oversize = textAboveCap(ex, asset, request.tif, px * lots);
  if (oversize !== null) return oversize;
  const { isBuy, reduceOnly, cloid } = request;
  return { owner, asset, isBuy, px, lots, tif: request.tif ?? 'Gtc', reduceOnly, cloid, builder, trigger, isTooFine };
}

/** Only a take-profit or stop-loss of the whole position may leave its size open: it has the position's. */
const wholePosition = (context: PlaceContext, { trigger }: OrderRequest): boolean => context.isPositionTpsl && trigger !== null;

/** A price in units, 0 when it is none. A price finer than the grid is cut to it, so that the refused order can be shown, and refused by the tick check. */
export function readPrice(asset: Asset, text: string): { readonly px: number; readonly isTooFine: boolean } {
  const px = parseUnits(text, asset.pxDecimals);
  if (px === TOO_MANY_DECIMALS) return { px: Math.max(1, parseUnitsCut(text, asset.pxDecimals)), isTooFine: true };
  return { px: Math.max(0, px), isTooFine: false };
}

function readTrigger(context: PlaceContext, request: OrderRequest, px: number): OrderDraft['trigger'] {
  if (request.trigger === null) return null;
  const { isMarket, tpsl } = request.trigger;
  const above = request.isBuy === (tpsl === 'sl');
  return { isMarket, px, tpsl, above, isPositionTpsl: context.isPositionTpsl };
}

/** Runs a checked order against the book by its time in force. */
export function execute(ex: Exchange, order: Order): Placed {
  const best = bestLevel(order.isBuy ? order.asset.asks : order.asset.bids);
  const meets = best !== null && crosses(order.isBuy, order.px, best.px);
  if (order.tif === 'Alo' && meets) return refuse(ex, order, 'badAloPxRejected', aloText(order.asset));
  if (!meets && order.tif === 'FrontendMarket' && best === null)
    return refuse(ex, order, 'marketOrderNoLiquidityRejected', REJECTIONS.marketOrderNoLiquidityRejected);
  if (!meets && isImmediate(order.tif)) return refuse(ex, order, 'iocCancelRejected', REJECTIONS.iocCancelRejected);
  ex.totals.acceptedOrders += 1;
  if (!meets) return restWhole(ex, order);
  noteStatus(ex, order, 'open');
  const execution = take(ex, order);
  if (order.lots === 0) {
    noteStatus(ex, order, 'filled');
    releaseChildren(ex, order);
    return { kind: 'filled', order, execution };
  }
  if (!isImmediate(order.tif)) return restWhole(ex, order);
  if (execution.lots === 0) return refuse(ex, order, 'iocCancelRejected', REJECTIONS.iocCancelRejected);
  endOrder(ex, order, 'canceled');
  return { kind: 'filled', order, execution };
}

const isImmediate = (tif: Tif): boolean => tif === 'Ioc' || tif === 'FrontendMarket' || tif === 'LiquidationMarket';

function restWhole(ex: Exchange, order: Order): Placed {
  rest(ex, order);
  return { kind: 'resting', order };
}

function refuse(ex: Exchange, order: Order, status: OrderStatus, text: string): Placed {
  noteStatus(ex, order, status);
  releaseChildren(ex, order);
  return { kind: 'error', text: withAsset(text, order.asset.id) };
}

function aloText(asset: Asset): string {
  const px = (side: Asset['bids']): string => {
    const best = bestLevel(side);
    return best === null ? '0' : formatUnits(best.px, asset.pxDecimals).replace(/\.0$/, '');
  };
  return badAloPrice(px(asset.bids), px(asset.asks));
}
