import { isOnTick } from './asset';
import { bestLevel, crosses } from './book';
import { formatUnits, NOT_A_DECIMAL, parseUnits, TOO_LARGE, TOO_MANY_DECIMALS } from './decimals';
import { clearingOf, type Exchange } from './exchange';
import { canCarry, leverageOf, tierLeverage } from './margin';
import { type Execution, positionLots, take } from './matching';
import { admitOrder, awaitTrigger, endOrder, noteStatus, type OrderDraft, rest } from './order';
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

type Rejection = keyof typeof REJECTIONS;

/** Reads, checks and executes one order in the venue's order of checks. */
export function placeOrder(ex: Exchange, context: PlaceContext, request: OrderRequest): Placed {
  const draft = readOrder(ex, context, request);
  if (typeof draft === 'string') return { kind: 'error', text: withAsset(draft, request.assetId) };
  const refusal = draft.trigger === null ? check(ex, draft) : checkTrigger(ex, draft);
  if (refusal !== null) return reject(ex, draft, refusal, REJECTIONS[refusal]);
  if (draft.trigger === null) return execute(ex, admitOrder(ex, draft));
  const order = admitOrder(ex, draft);
  awaitTrigger(ex, order);
  ex.totals.acceptedOrders += 1;
  return { kind: 'waiting', order };
}

function reject(ex: Exchange, draft: OrderDraft, status: OrderStatus, text: string): Placed {
  noteStatus(ex, admitOrder(ex, draft), status);
  return { kind: 'error', text: withAsset(text, draft.asset.id) };
}

/** The draft of a readable order, or the text of why it cannot be one. */
export function readOrder(ex: Exchange, context: PlaceContext, request: OrderRequest): OrderDraft | string {
  const asset = ex.assetsById.get(request.assetId);
  if (asset === undefined) return ORDER_TEXTS.unknownAsset;
  const lots = parseUnits(request.size, asset.spec.szDecimals);
  if (lots === 0) return ORDER_TEXTS.zeroSize;
  if (lots < 0) return ORDER_TEXTS.invalidSize;
  const px = readPrice(asset, request.px);
  if (typeof px === 'string') return px;
  const trigger = readTrigger(asset, context, request);
  if (typeof trigger === 'string') return trigger;
  if (asset.halted) return ORDER_TEXTS.halted;
  const { owner, builder } = context;
  if (request.cloid !== null && ex.settings.uniqueOpenCloids && owner.openCloids.has(request.cloid)) return ORDER_TEXTS.duplicateCloid;
  if (tooFar(px, asset.markPx, ex.settings.referenceBandPercent) && trigger === null) return ORDER_TEXTS.farFromReference;
  const { isBuy, reduceOnly, cloid } = request;
  return { owner, asset, isBuy, px, lots, tif: request.tif ?? 'Gtc', reduceOnly, cloid, builder, trigger };
}

/** A price in units; a price finer than the grid reads as NaN and is refused by the tick check. */
function readPrice(asset: Asset, text: string): number | string {
  const px = parseUnits(text, asset.pxDecimals);
  if (px === TOO_MANY_DECIMALS) return Number.NaN;
  return px === NOT_A_DECIMAL || px === TOO_LARGE || px === 0 ? ORDER_TEXTS.invalidPrice : px;
}

function readTrigger(asset: Asset, context: PlaceContext, request: OrderRequest): OrderDraft['trigger'] | string {
  if (request.trigger === null) return null;
  const { isMarket, triggerPx, tpsl } = request.trigger;
  const px = parseUnits(triggerPx, asset.pxDecimals);
  if (px <= 0) return ORDER_TEXTS.invalidPrice;
  const above = request.isBuy === (tpsl === 'sl');
  return { isMarket, px, tpsl, above, isPositionTpsl: context.isPositionTpsl };
}

const tooFar = (px: number, reference: number, percent: number): boolean => percent < 100 && Math.abs(px - reference) * 100 > reference * percent;

function check(ex: Exchange, draft: OrderDraft): Rejection | null {
  const { asset, px, reduceOnly } = draft;
  if (tooManyOpen(ex, draft)) return 'tooManyOpenOrdersRejected';
  if (Number.isNaN(px) || !isOnTick(asset, px)) return 'tickRejected';
  if (tooFar(px, asset.oraclePx, ex.settings.oracleBandPercent)) return 'oracleRejected';
  if (reduceOnly) return checkReduceOnly(ex, draft);
  if (px * draft.lots < ex.settings.minNotionalUsd) return 'minTradeNtlRejected';
  return checkMargin(ex, draft);
}

function tooManyOpen(ex: Exchange, draft: OrderDraft): boolean {
  const { open, volume } = draft.owner;
  const { openOrdersBase, openOrdersMost } = ex.settings;
  if (open.size < openOrdersBase) return false;
  const cap = Math.min(openOrdersMost, openOrdersBase + Math.floor(volume / USD_PER_OPEN_ORDER));
  return open.size >= cap || draft.reduceOnly || draft.trigger !== null;
}
const USD_PER_OPEN_ORDER = 5_000_000 * 1_000_000;

/** A reduce-only order must shrink the position without crossing zero; only one that closes all of it may be below the minimum. */
function checkReduceOnly(ex: Exchange, draft: OrderDraft): Rejection | null {
  const held = positionLots(draft.owner, draft.asset);
  if (held === 0 || held > 0 === draft.isBuy || draft.lots > Math.abs(held)) return 'reduceOnlyRejected';
  const closesAll = draft.lots === Math.abs(held);
  return !closesAll && draft.px * draft.lots < ex.settings.minNotionalUsd ? 'minTradeNtlRejected' : null;
}

/** Initial margin at the mark for orders that trade at once or never, else at the order's own price. */
function checkMargin(ex: Exchange, draft: OrderDraft): Rejection | null {
  const { owner, asset, px } = draft;
  if (owner.isHouse) return null;
  const setting = leverageOf(owner, asset, ex.settings);
  const signed = draft.isBuy ? draft.lots : -draft.lots;
  const reference = draft.tif === 'Ioc' || draft.tif === 'FrontendMarket' ? asset.markPx : px;
  if (!canCarry(clearingOf(owner, asset.dex), asset, signed, reference, setting)) return 'perpMarginRejected';
  const held = positionLots(owner, asset);
  const after = Math.abs(held + signed);
  return after > Math.abs(held) && tierLeverage(asset, after * reference) < setting.leverage ? 'perpMaxPositionRejected' : null;
}

function checkTrigger(ex: Exchange, draft: OrderDraft): Rejection | null {
  if (tooManyOpen(ex, draft)) return 'tooManyOpenOrdersRejected';
  if (Number.isNaN(draft.px) || !isOnTick(draft.asset, draft.px)) return 'tickRejected';
  const { trigger, asset } = draft;
  if (trigger === null || !isOnTick(asset, trigger.px)) return 'tickRejected';
  if (trigger.above ? trigger.px <= asset.markPx : trigger.px >= asset.markPx) return 'badTriggerPxRejected';
  if (!draft.reduceOnly || trigger.isPositionTpsl) return null;
  return positionLots(draft.owner, asset) === 0 ? 'reduceOnlyRejected' : null;
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
  return { kind: 'error', text: withAsset(text, order.asset.id) };
}

function aloText(asset: Asset): string {
  const px = (side: Asset['bids']): string => {
    const best = bestLevel(side);
    return best === null ? '0' : formatUnits(best.px, asset.pxDecimals).replace(/\.0$/, '');
  };
  return badAloPrice(px(asset.bids), px(asset.asks));
}
