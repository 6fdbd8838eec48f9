import { formatRate } from '../decimals';
import type { Exchange } from '../exchange';
import { asObject, asText, asWhole } from '../json';
import { levelsJson, midsJson } from '../market';
import type { Json } from '../port';
import type { Asset, Trade } from '../state';
import { px, sz, tradeJson } from '../wire';
import { dexOf, type InfoAnswerer, inRange, RANGE_MOST, timeRange } from './request';

const TRADES_MOST = 10;

export const allMids: InfoAnswerer = (ex, request) => {
  const dex = dexOf(ex, request);
  return dex === undefined ? undefined : midsJson(dex);
};

/** Reads an optional number of a closed set; undefined when it is neither absent, null nor in the set. */
export function optionalNumber(value: Json | undefined, allowed: readonly number[]): number | null | undefined {
  if (value === undefined || value === null) return null;
  const number = asWhole(value);
  return number !== null && allowed.includes(number) ? number : undefined;
}
export const SIG_FIGS: readonly number[] = [2, 3, 4, 5];
export const MANTISSAS: readonly number[] = [1, 2, 5];

/** An unknown coin answers null, not an error. */
export const l2Book: InfoAnswerer = (ex, request) => {
  const coin = asText(request.coin);
  const nSigFigs = optionalNumber(request.nSigFigs, SIG_FIGS);
  const mantissa = optionalNumber(request.mantissa, MANTISSAS);
  if (coin === null || nSigFigs === undefined || mantissa === undefined) return undefined;
  const asset = ex.assetsByCoin.get(coin);
  return asset === undefined ? null : { coin, time: ex.time, levels: levelsJson(asset, nSigFigs, mantissa) };
};

const assetFor = (ex: Exchange, coin: Json | undefined): Asset | undefined => ex.assetsByCoin.get(asText(coin) ?? '');

export const recentTrades: InfoAnswerer = (ex, request) => {
  const asset = assetFor(ex, request.coin);
  return asset?.recentTrades
    .slice(-TRADES_MOST)
    .reverse()
    .map((trade) => tradeJson(ex, asset, trade));
};

export const fundingHistory: InfoAnswerer = (ex, request) => {
  const asset = assetFor(ex, request.coin);
  const range = timeRange(request, true);
  if (asset === undefined || range === undefined) return undefined;
  return asset.fundingHistory
    .filter((point) => inRange(range, point.time))
    .slice(0, RANGE_MOST)
    .map((point) => ({ coin: asset.coin, fundingRate: formatRate(point.rate), premium: formatRate(point.premium), time: point.time }));
};

const MINUTE_MS = 60_000;
const INTERVALS: ReadonlyMap<string, number> = new Map([
  ['1m', MINUTE_MS],
  ['3m', 3 * MINUTE_MS],
  ['5m', 5 * MINUTE_MS],
  ['15m', 15 * MINUTE_MS],
  ['30m', 30 * MINUTE_MS],
  ['1h', 60 * MINUTE_MS],
  ['4h', 240 * MINUTE_MS],
  ['1d', 1_440 * MINUTE_MS],
]);

/** Candles of the trades the world still keeps. */
export const candleSnapshot: InfoAnswerer = (ex, request) => {
  const inner = asObject(request.req);
  const interval = asText(inner?.interval);
  const ms = INTERVALS.get(interval ?? '');
  const asset = assetFor(ex, inner?.coin);
  const range = inner === null ? undefined : timeRange(inner, true);
  if (interval === null || ms === undefined || asset === undefined || range === undefined) return undefined;
  const bars = new Map<number, Trade[]>();
  for (const trade of asset.recentTrades) {
    const start = Math.floor(trade.time / ms) * ms;
    if (!inRange(range, trade.time)) continue;
    const bar = bars.get(start) ?? [];
    bars.set(start, bar);
    bar.push(trade);
  }
  return [...bars].map(([start, trades]) => candleJson(asset, interval, start, ms, trades));
};

function candleJson(asset: Asset, interval: string, start: number, ms: number, trades: readonly Trade[]): Json {
  const prices = trades.map((trade) => trade.px);
  const lots = trades.reduce((sum, trade) => sum + trade.lots, 0);
  return {
    t: start,
    T: start + ms - 1,
    s: asset.coin,
    i: interval,
    o: px(asset, prices[0] ?? asset.lastPx),
    c: px(asset, prices[prices.length - 1] ?? asset.lastPx),
    h: px(asset, Math.max(...prices)),
    l: px(asset, Math.min(...prices)),
    v: sz(asset, lots),
    n: trades.length,
  };
}
