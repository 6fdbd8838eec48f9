import { barsOf, type Interval } from '../bars';
import type { Exchange } from '../exchange';
import { spotContextsJson } from '../info/spot';
import { contextJson, midsJson } from '../market';
import type { Json, StreamFrame } from '../port';
import type { Asset, Bar, Dex } from '../state';
import { px, sz } from '../wire';

export const contextFrame = (asset: Asset): StreamFrame => ({ channel: 'activeAssetCtx', data: { coin: asset.coin, ctx: contextJson(asset) } });

/** Contexts of a dex in asset order, delisted assets in their places. */
export const contextsFrame = (dex: Dex): StreamFrame => ({ channel: 'assetCtxs', data: { dex: dex.spec.name, ctxs: dex.assets.map(contextJson) } });

export const allContextsFrame = (ex: Exchange): StreamFrame => ({
  channel: 'allDexsAssetCtxs',
  data: { ctxs: ex.dexes.map((dex) => [dex.spec.name, dex.assets.map(contextJson)]) },
});

/** Contexts by coin, of those that are named. */
export const fastContextsFrame = (assets: readonly Asset[]): StreamFrame => ({
  channel: 'fastAssetCtxs',
  data: Object.fromEntries(assets.map((asset): [string, Json] => [asset.coin, contextJson(asset)])),
});

export const spotContextsFrame = (ex: Exchange): StreamFrame => ({ channel: 'spotAssetCtxs', data: spotContextsJson(ex) });

export const spotContextFrame = (coin: string, ctx: Json): StreamFrame => ({ channel: 'activeSpotAssetCtx', data: { coin, ctx } });

/** Mids of the main dex carry no dex name. */
export function midsFrame(dex: Dex): StreamFrame {
  const mids = midsJson(dex);
  return { channel: 'allMids', data: dex.index === 0 ? { mids } : { mids, dex: dex.spec.name } };
}

/** A bar in the venue's form; T is its last millisecond. */
export const candleJson = (asset: Asset, interval: Interval, bar: Bar): Json => ({
  t: bar.start,
  T: interval.nextStart(bar.start) - 1,
  s: asset.coin,
  i: interval.name,
  o: px(asset, bar.open),
  c: px(asset, bar.close),
  h: px(asset, bar.high),
  l: px(asset, bar.low),
  v: sz(asset, bar.lots),
  n: bar.trades,
});

/** The newest bar of an asset, as far as it has come; none before the first trade or mark. */
export function candleFrames(asset: Asset, interval: Interval): StreamFrame[] {
  const newest = barsOf(asset, interval, interval.startOf(asset.bars.minutes.at(-1)?.start ?? 0), Number.MAX_SAFE_INTEGER).at(-1);
  return newest === undefined ? [] : [{ channel: 'candle', data: candleJson(asset, interval, newest) }];
}
