import {
  type EpochMs,
  type Instrument,
  type Money,
  type Price,
  parseMoney,
  parsePrice,
  parseRate,
  parseSize,
  type Rate,
  type Result,
  type Side,
  type Size,
  size,
} from '@lockstep/kernel';
import type {
  AccountState,
  EquityPoint,
  MarketContext,
  OpenOrder,
  OrderStanding,
  VenueFill,
  VenueFunding,
  VenuePosition,
} from '@lockstep/venues/port';
import { asFlag, asList, asObject, asText, asWhole, type JsonObject } from '../exchange/json';
import type { Json } from '../exchange/port';

/* What the world answers, read as the venue port's values. The world is ours: what cannot be read is a defect, hence thrown. */

class Unreadable extends Error {}

const need = <T>(value: T | null | undefined, what: string): T => {
  if (value === null || value === undefined) throw new Unreadable(`the world’s answer has no ${what}`);
  return value;
};
const parsed = <T>(result: Result<T, unknown>, what: string): T => {
  if (!result.ok) throw new Unreadable(`the world’s ${what} cannot be read`);
  return result.value;
};

const priceOf = (value: Json | undefined): Price => parsed(parsePrice(need(asText(value), 'price')), 'price');
const sizeOf = (value: Json | undefined): Size => parsed(parseSize(need(asText(value), 'size')), 'size');
const moneyOf = (value: Json | undefined): Money => parsed(parseMoney(need(asText(value), 'amount')), 'amount');
const rateOf = (value: Json | undefined): Rate => parsed(parseRate(need(asText(value), 'rate')), 'rate');
const sideOf = (value: Json | undefined): Side => (value === 'B' ? 'buy' : 'sell');

/** Fills as they were read before: the world tells the same one in frames and answers again and again. */
const read = new WeakMap<JsonObject, VenueFill>();

export function fillOf(value: Json): VenueFill {
  const json = need(asObject(value), 'fill');
  const known = read.get(json);
  if (known !== undefined) return known;
  const fill = readFill(json);
  read.set(json, fill);
  return fill;
}

function readFill(fill: JsonObject): VenueFill {
  return {
    coin: need(asText(fill.coin), 'coin'),
    side: sideOf(fill.side),
    price: priceOf(fill.px),
    size: sizeOf(fill.sz),
    time: need(asWhole(fill.time), 'time'),
    startPosition: sizeOf(fill.startPosition),
    closedPnl: moneyOf(fill.closedPnl),
    fee: moneyOf(fill.fee),
    feeAsset: need(asText(fill.feeToken), 'fee token'),
    builderFee: fill.builderFee === undefined ? parsed(parseMoney('0'), 'zero') : moneyOf(fill.builderFee),
    orderId: String(need(asWhole(fill.oid), 'order id')),
    clientOrderId: asText(fill.cloid),
    tradeId: String(need(asWhole(fill.tid), 'trade id')),
    crossed: asFlag(fill.crossed) === true,
    twapId: asWhole(fill.twapId) === null ? null : String(asWhole(fill.twapId)),
    liquidation: fill.liquidation !== undefined,
  };
}

export function stateOf(address: string, dex: string, value: Json): AccountState {
  const state = need(asObject(value), 'state');
  const summary = need(asObject(state.marginSummary), 'margin summary');
  return {
    address,
    dex,
    accountValue: moneyOf(summary.accountValue),
    pooled: false,
    withdrawable: moneyOf(state.withdrawable),
    positions: need(asList(state.assetPositions), 'positions').map(positionOf),
    time: need(asWhole(state.time), 'time'),
  };
}

function positionOf(value: Json): VenuePosition {
  const position = need(asObject(asObject(value)?.position), 'position');
  const leverage = need(asObject(position.leverage), 'leverage');
  return {
    coin: need(asText(position.coin), 'coin'),
    size: sizeOf(position.szi),
    entryPrice: priceOf(position.entryPx),
    leverage: need(asWhole(leverage.value), 'leverage'),
    cross: leverage.type === 'cross',
    marginUsed: moneyOf(position.marginUsed),
    unrealisedPnl: moneyOf(position.unrealizedPnl),
  };
}

/** The venue's first asset number of a builder dex, by the dex's place in its list. */
const BUILDER_ASSETS = 100_000;
const BUILDER_DEX_ASSETS = 10_000;

/** Instruments with their contexts of the dex at a place in the venue's list. `collateral` names a token by its number. */
export function marketsOf(dex: string, place: number, value: Json, collateral: (token: number) => string): MarketContext[] {
  const [meta, contexts] = need(asList(value), 'meta and contexts');
  const object = need(asObject(meta), 'meta');
  const token = collateral(need(asWhole(object.collateralToken), 'collateral'));
  const rows = need(asList(contexts), 'contexts');
  return need(asList(object.universe), 'universe').map((entry, index): MarketContext => {
    const asset = need(asObject(entry), 'asset');
    const context = need(asObject(rows[index]), 'context');
    const instrument: Instrument = {
      venue: 'hyperliquid',
      dex,
      coin: need(asText(asset.name), 'name'),
      assetId: place === 0 ? index : BUILDER_ASSETS + place * BUILDER_DEX_ASSETS + index,
      szDecimals: need(asWhole(asset.szDecimals), 'size decimals'),
      maxLeverage: need(asWhole(asset.maxLeverage), 'leverage'),
      onlyIsolated: asFlag(asset.onlyIsolated) === true,
      delisted: asFlag(asset.isDelisted) === true,
      collateral: token,
    };
    return {
      instrument,
      markPrice: priceOf(context.markPx),
      oraclePrice: priceOf(context.oraclePx),
      midPrice: asText(context.midPx) === null ? null : priceOf(context.midPx),
      fundingRate: rateOf(context.funding),
    };
  });
}

export function standingOf(value: Json): OrderStanding {
  const answer = need(asObject(value), 'standing');
  const outer = asObject(answer.order);
  if (outer === null) return { kind: 'unknown_order' };
  const order = need(asObject(outer.order), 'order');
  const orderId = String(need(asWhole(order.oid), 'order id'));
  const [remaining, original] = [sizeOf(order.sz), sizeOf(order.origSz)];
  const status = need(asText(outer.status), 'status');
  // One that was set off and stands at its limit since may fill on.
  if (status === 'open' || status === 'triggered') return { kind: 'open', orderId, remaining, original };
  // A filled order is told with nothing left.
  const left = status === 'filled' ? size(0n) : remaining;
  return { kind: 'closed', orderId, status, remaining: left, original, statusTime: need(asWhole(outer.statusTimestamp), 'status time') };
}

export function openOrderOf(value: Json): OpenOrder {
  const order = need(asObject(value), 'order');
  const trigger = asFlag(order.isTrigger) === true ? triggerOf(order) : undefined;
  const tif = asText(order.tif);
  return {
    coin: need(asText(order.coin), 'coin'),
    side: sideOf(order.side),
    limitPrice: priceOf(order.limitPx),
    remaining: sizeOf(order.sz),
    original: sizeOf(order.origSz),
    orderId: String(need(asWhole(order.oid), 'order id')),
    clientOrderId: asText(order.cloid),
    reduceOnly: asFlag(order.reduceOnly) === true,
    time: need(asWhole(order.timestamp), 'time'),
    ...(trigger !== undefined && { trigger }),
    ...(tif === 'Ioc' ? { tif: 'ioc' as const } : tif === 'Gtc' ? { tif: 'gtc' as const } : tif === 'Alo' ? { tif: 'alo' as const } : {}),
  };
}

const triggerOf = (order: JsonObject): NonNullable<OpenOrder['trigger']> => {
  const type = asText(order.orderType) ?? '';
  return {
    price: priceOf(order.triggerPx),
    purpose: type.startsWith('Take Profit') ? 'take_profit' : 'stop_loss',
    market: type.endsWith('Market'),
    ofPosition: asFlag(order.isPositionTpsl) === true,
  };
};

export function fundingOf(value: Json): VenueFunding {
  const row = need(asObject(value), 'funding');
  const delta = need(asObject(row.delta), 'delta');
  return {
    coin: need(asText(delta.coin), 'coin'),
    time: need(asWhole(row.time), 'time'),
    amount: moneyOf(delta.usdc),
    position: sizeOf(delta.szi),
    rate: rateOf(delta.fundingRate),
  };
}

/** The month of a `portfolio` answer. */
export function equityOf(value: Json): EquityPoint[] {
  const month = (asList(value) ?? []).map(asList).find((entry) => entry?.[0] === 'month')?.[1];
  const [values, pnls] = [pairsOf(asObject(month)?.accountValueHistory), pairsOf(asObject(month)?.pnlHistory)];
  return values.map(({ at, amount }, index) => ({ at, equity: amount, pnl: pnls[index]?.amount ?? parsed(parseMoney('0'), 'zero') }));
}

const pairsOf = (value: Json | undefined): { readonly at: EpochMs; readonly amount: Money }[] =>
  (asList(value) ?? []).map((pair) => ({ at: need(asWhole(asList(pair)?.[0]), 'time'), amount: moneyOf(asList(pair)?.[1]) }));
