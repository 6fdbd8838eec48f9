import { formatDecimal, parseDecimal } from '@lockstep/kernel';
import { NO_DECIMAL } from './assumptions';
import { body, type ProviderAnswer, refusal } from './errors';
import { marketsOf, symbolOf } from './symbols';
import { ask, type Upstream } from './upstream';
import * as shapes from './upstream-shapes';

/** Decimals the exchange prints at most. */
const SCALE = 12;
const units = (text: string): bigint => {
  const parsed = parseDecimal(text, SCALE);
  return parsed.ok ? parsed.value : 0n;
};
const text = (value: bigint): string => formatDecimal(value, SCALE);

/** An account's clearinghouse: of the main dex, or of one builder dex. Any key may read any address. */
export interface AccountQuery {
  readonly upstream: Upstream;
  readonly address: string;
  readonly dex: string;
}

/** `GET …/account/{address}`. */
export async function summary({ upstream, address, dex }: AccountQuery): Promise<ProviderAnswer> {
  const read = await ask(upstream, { type: 'clearinghouseState', user: address, dex }, shapes.clearinghouse);
  if (!read.ok) return read.answer;
  const { marginSummary, withdrawable, assetPositions } = read.value;
  const unrealized = assetPositions.reduce((sum, { position }) => sum + units(position.unrealizedPnl), 0n);
  return body({
    equity: marginSummary.accountValue,
    availableMargin: withdrawable,
    usedMargin: marginSummary.totalMarginUsed,
    unrealizedPnl: text(unrealized),
    totalPositionValue: marginSummary.totalNtlPos,
  });
}

/** `GET …/account/{address}/positions`: sizes are unsigned, the side stands beside them. */
export async function positions({ upstream, address, dex }: AccountQuery): Promise<ProviderAnswer> {
  const read = await ask(upstream, { type: 'clearinghouseState', user: address, dex }, shapes.clearinghouse);
  const markets = marketsOf(upstream.hall, dex);
  if (!read.ok) return read.answer;
  if (!markets.ok) return markets.answer;
  const marks = new Map(markets.value.map((market) => [market.coin, market.markPrice]));
  return body(
    read.value.assetPositions.map(({ position }) => ({
      symbol: symbolOf(dex, position.coin),
      side: position.szi.startsWith('-') ? 'short' : 'long',
      size: position.szi.replace('-', ''),
      entryPrice: position.entryPx,
      markPrice: marks.get(position.coin) ?? NO_DECIMAL,
      unrealizedPnl: position.unrealizedPnl,
      leverage: String(position.leverage.value),
      marginMode: position.leverage.type,
      liquidationPrice: position.liquidationPx ?? NO_DECIMAL,
      margin: position.marginUsed,
    })),
  );
}

/** `GET …/account/{address}/orders`: working orders. */
export async function openOrders({ upstream, address, dex }: AccountQuery): Promise<ProviderAnswer> {
  const read = await ask(upstream, { type: 'frontendOpenOrders', user: address, dex }, shapes.orders);
  return read.ok ? body(read.value.map((order) => orderJson(order, dex, 'open'))) : read.answer;
}

/** `GET …/account/{address}/orders/{orderId}`: one order with what it filled. */
export async function orderById({ upstream, address, dex }: AccountQuery, orderId: string): Promise<ProviderAnswer> {
  const oid = Number(orderId);
  if (!/^\d{1,15}$/.test(orderId)) return refusal('INVALID_PARAMS', 'orderId is a decimal number');
  const read = await ask(upstream, { type: 'orderStatus', user: address, oid }, shapes.orderStatus);
  if (!read.ok) return read.answer;
  const found = read.value.order;
  if (found === undefined) return refusal('ORDER_NOT_FOUND', `Order ${orderId} was not found`);
  const fills = await ask(upstream, { type: 'userFills', user: address }, shapes.fills);
  if (!fills.ok) return fills.answer;
  const own = fills.value.filter((fill) => fill.oid === oid).reverse();
  return body({
    ...orderJson(found.order, dex, statusOf(found.status)),
    updatedAt: found.statusTimestamp,
    fills: own.map((fill) => ({
      id: String(fill.tid),
      price: fill.px,
      size: fill.sz,
      side: fill.side === 'B' ? 'buy' : 'sell',
      fee: fill.fee,
      feeAsset: fill.feeToken,
      timestamp: fill.time,
    })),
  });
}

/** The statuses the API documents; what the exchange refused or cancelled is `canceled`. */
const statusOf = (status: string): string => (status === 'open' || status === 'filled' ? status : 'canceled');

export function orderJson(order: shapes.UpstreamOrder, dex: string, status: string): Readonly<Record<string, unknown>> {
  return {
    orderId: String(order.oid),
    symbol: symbolOf(dex, order.coin),
    side: order.side === 'B' ? 'buy' : 'sell',
    type: typeOf(order),
    price: order.limitPx,
    ...(order.isTrigger ? { triggerPrice: order.triggerPx } : {}),
    size: order.origSz,
    filledSize: filledOf(order),
    reduceOnly: order.reduceOnly,
    status,
    createdAt: order.timestamp,
  };
}

/** What of an order is filled, as a decimal. */
export const filledOf = ({ origSz, sz }: { readonly origSz: string; readonly sz: string }): string => text(units(origSz) - units(sz));
export const sameAmount = (a: string, b: string): boolean => units(a) === units(b);
export const isAbove = (a: string, b: string): boolean => units(a) > units(b);

const typeOf = ({ isTrigger, orderType }: shapes.UpstreamOrder): string => {
  if (isTrigger) return orderType.endsWith('Market') ? 'stop_market' : 'stop_limit';
  return orderType === 'Market' ? 'market' : 'limit';
};

/** `GET /v1/spot/{p}/balances/{wallet}`. */
export async function spotBalances(upstream: Upstream, wallet: string): Promise<ProviderAnswer> {
  const read = await ask(upstream, { type: 'spotClearinghouseState', user: wallet }, shapes.spotState);
  if (!read.ok) return read.answer;
  return body(read.value.balances.map(({ coin, total, hold }) => ({ asset: coin, total, available: text(units(total) - units(hold)), hold })));
}
