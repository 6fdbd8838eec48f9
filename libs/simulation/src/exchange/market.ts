import { bestLevel, doubleMid, topLevels } from './book';
import { formatRate, formatUnits, formatUsd } from './decimals';
import { hourlyRate } from './funding';
import type { JsonObject } from './json';
import { impactPrices, premium } from './marks';
import type { Json } from './port';
import type { Asset, BookSide, Dex, Level } from './state';
import { levelJson, px, sz } from './wire';

const BOOK_LEVELS = 20;

/** Mid price as the venue prints it: half a step finer than the grid; null while a side is empty. */
export function midPx(asset: Asset): string | null {
  const twice = doubleMid(asset.bids, asset.asks);
  return twice === null ? null : formatUnits(twice * 5, asset.pxDecimals + 1);
}

/** `allMids` of a dex, spot pairs beside the main one; delisted coins keep their last price. The last trade stands in while a book has no two sides. */
export function midsJson(dex: Dex): JsonObject {
  const mids: { [coin: string]: string } = {};
  for (const asset of [...dex.assets, ...dex.spot]) mids[asset.coin] = midPx(asset) ?? px(asset, asset.lastPx);
  return mids;
}

export function contextJson(asset: Asset): JsonObject {
  const offset = premium(asset);
  const impact = impactPrices(asset);
  return {
    funding: formatRate(hourlyRate(asset)),
    openInterest: sz(asset, asset.openInterestLots),
    prevDayPx: px(asset, asset.volume.openPx),
    dayNtlVlm: formatUsd(asset.volume.usd),
    premium: offset === null ? null : formatRate(offset),
    oraclePx: px(asset, asset.oraclePx),
    markPx: px(asset, asset.markPx),
    midPx: midPx(asset),
    impactPxs: impact === null ? null : [px(asset, impact.bid), px(asset, impact.ask)],
    dayBaseVlm: sz(asset, asset.volume.lots),
  };
}

export const bboJson = (asset: Asset): Json => [asset.bids, asset.asks].map((side) => nullable(asset, bestLevel(side)));

/** The best prices as one text, to be told apart by. */
export const bboText = (asset: Asset): string => JSON.stringify(bboJson(asset));

const nullable = (asset: Asset, level: Level | null): Json => (level === null ? null : levelJson(asset, level));

/** `l2Book` levels; with `nSigFigs` prices are merged into coarser ones, away from the mid. */
export function levelsJson(asset: Asset, nSigFigs: number | null, mantissa: number | null, most = BOOK_LEVELS): Json {
  return [asset.bids, asset.asks].map((side) => {
    if (nSigFigs === null) return topLevels(side, most).map((level) => levelJson(asset, level));
    return mergedLevels(side, nSigFigs, mantissa ?? 1, most).map(({ at, lots, count }) => ({ px: px(asset, at), sz: sz(asset, lots), n: count }));
  });
}

interface Merged {
  readonly at: number;
  lots: number;
  count: number;
}

function mergedLevels(side: BookSide, nSigFigs: number, mantissa: number, most: number): Merged[] {
  const merged: Merged[] = [];
  for (const level of topLevels(side, side.prices.length)) {
    const step = 10 ** Math.max(0, level.px.toString().length - nSigFigs) * mantissa;
    const at = side.isBid ? Math.floor(level.px / step) * step : Math.ceil(level.px / step) * step;
    const last = merged[merged.length - 1];
    if (last !== undefined && last.at === at) {
      last.lots += level.lots;
      last.count += level.count;
    } else if (merged.length === most) break;
    else merged.push({ at, lots: level.lots, count: level.count });
  }
  return merged;
}
