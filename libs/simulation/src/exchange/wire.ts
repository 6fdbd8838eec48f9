import { formatRate, formatUnits, formatUsd } from './decimals';
import type { Exchange } from './exchange';
import { actionHash, ZERO_HASH } from './hashing';
import type { JsonObject } from './json';
import type { Json } from './port';
import type { Asset, Fill, FundingPayment, LedgerUpdate, Level, Order, Trade } from './state';

/* The venue's wire shapes, keys in the venue's order. */

export const px = (asset: Asset, units: number): string => formatUnits(units, asset.pxDecimals);
export const sz = (asset: Asset, lots: number): string => formatUnits(lots, asset.spec.szDecimals);
export const side = (isBuy: boolean): 'B' | 'A' => (isBuy ? 'B' : 'A');

/** `Open Long`, `Close Short`, `Long > Short` … from the size before a fill and its direction; `Buy` and `Sell` of a spot pair. */
export function directionOf(fill: Fill): string {
  const { asset, startLots, isBuy, lots, label } = fill;
  if (label !== null) return label;
  if (asset.pair !== null) return isBuy ? 'Buy' : 'Sell';
  if (startLots === 0 || startLots > 0 === isBuy) return isBuy ? 'Open Long' : 'Open Short';
  if (lots <= Math.abs(startLots)) return isBuy ? 'Close Short' : 'Close Long';
  return isBuy ? 'Short > Long' : 'Long > Short';
}

/** Fills as they were written before: a fill never changes, and is told in frames and read again and again. */
const written = new WeakMap<Fill, JsonObject>();

export function fillJson(ex: Exchange, fill: Fill): JsonObject {
  const known = written.get(fill);
  if (known !== undefined) return known;
  const json = writtenFill(ex, fill);
  written.set(fill, json);
  return json;
}

function writtenFill(ex: Exchange, fill: Fill): JsonObject {
  const { asset } = fill;
  return {
    coin: asset.coin,
    px: fill.exactPx ?? px(asset, fill.px),
    sz: sz(asset, fill.lots),
    side: side(fill.isBuy),
    time: fill.time,
    startPosition: asset.pair === null ? sz(asset, fill.startLots) : formatUsd(fill.startLots),
    dir: directionOf(fill),
    closedPnl: formatUsd(fill.closedPnl),
    hash: fill.twapId === null ? actionHash(ex.config.seed, fill.block, fill.index) : ZERO_HASH,
    oid: fill.oid,
    crossed: fill.crossed,
    fee: formatUsd(fill.fee),
    tid: fill.tid,
    ...(fill.cloid === null ? {} : { cloid: fill.cloid }),
    ...(fill.builder === null ? {} : { builderFee: formatUsd(fill.builderFee) }),
    ...(fill.liquidation === null ? {} : { liquidation: liquidationJson(fill) }),
    feeToken: fill.feeToken.spec.name,
    twapId: fill.twapId,
  };
}

function liquidationJson({ liquidation, asset }: Fill): Json {
  if (liquidation === null) return null;
  return { liquidatedUser: liquidation.user, markPx: px(asset, liquidation.markPx), method: liquidation.method };
}

/** The short form of `openOrders` and `orderUpdates`; `lots` is what was left at that moment. */
export function orderJson(order: Order, lots: number): JsonObject {
  const { asset } = order;
  return {
    coin: asset.coin,
    side: side(order.isBuy),
    limitPx: px(asset, order.px),
    sz: sz(asset, lots),
    oid: order.oid,
    timestamp: order.time,
    origSz: sz(asset, order.origLots),
    ...(order.cloid === null ? {} : { cloid: order.cloid }),
    ...(order.reduceOnly ? { reduceOnly: true } : {}),
  };
}

/** The long form of `frontendOpenOrders`, `orderStatus` and `historicalOrders`. */
export function frontendOrderJson(order: Order): JsonObject {
  const { asset, trigger } = order;
  return {
    coin: asset.coin,
    side: side(order.isBuy),
    limitPx: px(asset, order.px),
    sz: sz(asset, order.lots),
    oid: order.oid,
    timestamp: order.time,
    triggerCondition: trigger === null ? 'N/A' : `Price ${trigger.above ? 'above' : 'below'} ${formatUnits(trigger.px, asset.pxDecimals)}`,
    isTrigger: trigger !== null,
    triggerPx: trigger === null ? '0.0' : px(asset, trigger.px),
    children: order.children.map(frontendOrderJson),
    isPositionTpsl: trigger?.isPositionTpsl ?? false,
    reduceOnly: order.reduceOnly,
    orderType: orderType(order),
    origSz: sz(asset, order.origLots),
    tif: trigger === null ? order.tif : null,
    cloid: order.cloid,
  };
}

function orderType({ trigger, tif }: Order): string {
  if (trigger === null) return tif === 'FrontendMarket' || tif === 'LiquidationMarket' ? 'Market' : 'Limit';
  return `${trigger.tpsl === 'tp' ? 'Take Profit' : 'Stop'} ${trigger.isMarket ? 'Market' : 'Limit'}`;
}

/** An order with its place in its life. */
export const statusJson = (order: Order): JsonObject => ({
  order: frontendOrderJson(order),
  status: order.status,
  statusTimestamp: order.statusTime,
});

export function tradeJson(ex: Exchange, asset: Asset, trade: Trade): JsonObject {
  return {
    coin: asset.coin,
    side: side(trade.takerIsBuy),
    px: trade.exactPx ?? px(asset, trade.px),
    sz: sz(asset, trade.lots),
    time: trade.time,
    hash: actionHash(ex.config.seed, trade.block, trade.index),
    tid: trade.tid,
    users: [trade.buyer, trade.seller],
  };
}

export const levelJson = (asset: Asset, level: Level): JsonObject => ({ px: px(asset, level.px), sz: sz(asset, level.lots), n: level.count });

export const fundingDelta = (payment: FundingPayment): JsonObject => ({
  coin: payment.asset.coin,
  usdc: formatUsd(payment.usd),
  szi: sz(payment.asset, payment.lots),
  fundingRate: formatRate(payment.rate),
  nSamples: null,
});

export const fundingJson = (payment: FundingPayment): JsonObject => ({
  time: payment.time,
  hash: ZERO_HASH,
  delta: { type: 'funding', ...fundingDelta(payment) },
});

export const ledgerJson = (ex: Exchange, update: LedgerUpdate): JsonObject => ({
  time: update.time,
  hash: actionHash(ex.config.seed, update.block, update.index),
  delta: update.delta,
});
