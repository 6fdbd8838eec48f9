import { barsOf, INTERVALS } from '../bars';
import { formatRate } from '../decimals';
import type { Exchange } from '../exchange';
import { hourlyRate } from '../funding';
import { asObject, asText, asWhole } from '../json';
import { levelsJson, midsJson } from '../market';
import type { Json } from '../port';
import type { Asset } from '../state';
import { candleJson } from '../stream/market-frames';
import { tradeJson } from '../wire';
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

/** Candles of an interval that begin in a time range; the oldest reachable ones are as old as the bars the world still keeps. */
export const candleSnapshot: InfoAnswerer = (ex, request) => {
  const inner = asObject(request.req);
  const interval = INTERVALS.get(asText(inner?.interval) ?? '');
  const asset = assetFor(ex, inner?.coin);
  const range = inner === null ? undefined : timeRange(inner, true);
  if (interval === undefined || asset === undefined || range === undefined) return undefined;
  return barsOf(asset, interval, interval.startOf(range.from), range.through).map((bar) => candleJson(asset, interval, bar));
};

const HOUR_MS = 3_600_000;

/** The next funding of each coin here; other exchanges are not known. */
export const predictedFundings: InfoAnswerer = (ex) => {
  const nextFundingTime = (Math.floor(ex.time / HOUR_MS) + 1) * HOUR_MS;
  return (ex.dexes[0]?.assets ?? [])
    .filter(({ halted }) => !halted)
    .map((asset) => [asset.coin, [['HlPerp', { fundingRate: formatRate(hourlyRate(asset)), nextFundingTime, fundingIntervalHours: 1 }]]]);
};
