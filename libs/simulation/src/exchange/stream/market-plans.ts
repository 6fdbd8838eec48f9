import { INTERVALS } from '../bars';
import type { Exchange } from '../exchange';
import { MANTISSAS, optionalNumber, SIG_FIGS } from '../info/market';
import { spotContextJson, spotNamed } from '../info/spot';
import { asFlag, asText } from '../json';
import { bboJson, contextJson, levelsJson } from '../market';
import type { StreamFrame } from '../port';
import type { Asset, Dex } from '../state';
import { addSink } from '../topics';
import { tradeJson } from '../wire';
import * as frames from './market-frames';
import { attachAsset, dexEcho, dexOf, type Planner } from './plan';

/* Subscriptions about markets. */

const byCoin =
  (type: string, initial: (ex: Exchange, asset: Asset) => StreamFrame[]): Planner =>
  (ex, request) => {
    const asset = ex.assetsByCoin.get(asText(request.coin) ?? '');
    if (asset === undefined) return null;
    return { echo: { type, coin: asset.coin }, attach: attachAsset(ex, asset, type), initial: () => initial(ex, asset) };
  };

/** A spot pair is told on a channel of its own. */
const activeAssetCtx: Planner = (ex, request) => {
  const spot = spotNamed(ex, asText(request.coin) ?? '');
  if (spot === undefined) return byCoin('activeAssetCtx', (_ex, asset) => [frames.contextFrame(asset)])(ex, request);
  return {
    echo: { type: 'activeAssetCtx', coin: spot.coin },
    attach: (sink) => addSink(ex.topics.contexts, `pair/${spot.coin}`, sink),
    initial: () => [frames.spotContextFrame(spot.coin, spotContextJson(spot))],
  };
};

/** The fast book has the best levels only, and is told as often as the books change. */
export const FAST_LEVELS = 5;

const l2Book: Planner = (ex, request) => {
  const asset = ex.assetsByCoin.get(asText(request.coin) ?? '');
  const nSigFigs = optionalNumber(request.nSigFigs, SIG_FIGS);
  const mantissa = optionalNumber(request.mantissa, MANTISSAS);
  if (asset === undefined || nSigFigs === undefined || mantissa === undefined) return null;
  const fast = asFlag(request.fast);
  const isFast = fast === true;
  const { coin } = asset;
  return {
    echo: { type: 'l2Book', coin, nSigFigs, mantissa, ...(fast === null ? {} : { fast }) },
    attach: attachAsset(ex, asset, `l2Book/${nSigFigs ?? ''}/${mantissa ?? ''}/${isFast ? 'fast' : ''}`),
    initial: () => [bookFrame(ex, asset, nSigFigs, mantissa, isFast)],
  };
};

export function bookFrame(ex: Exchange, asset: Asset, nSigFigs: number | null, mantissa: number | null, isFast: boolean): StreamFrame {
  const levels = levelsJson(asset, nSigFigs, mantissa, isFast ? FAST_LEVELS : undefined);
  return { channel: 'l2Book', data: { coin: asset.coin, time: ex.time, levels, ...(isFast ? { fast: true } : {}) } };
}

const candle: Planner = (ex, request) => {
  const asset = ex.assetsByCoin.get(asText(request.coin) ?? '');
  const interval = INTERVALS.get(asText(request.interval) ?? '');
  if (asset === undefined || interval === undefined) return null;
  return {
    echo: { type: 'candle', coin: asset.coin, interval: interval.name },
    attach: attachAsset(ex, asset, `candle/${interval.name}`),
    initial: () => frames.candleFrames(asset, interval),
  };
};

const ofDex =
  (type: string, sinksOf: (ex: Exchange) => Parameters<typeof addSink>[0], frame: (dex: Dex) => StreamFrame, echoesName: boolean): Planner =>
  (ex, request) => {
    const dex = dexOf(ex, request);
    if (dex === null) return null;
    return {
      echo: { type, ...(echoesName ? { dex: dex.spec.name } : dexEcho(request)) },
      attach: (sink) => addSink(sinksOf(ex), dex.spec.name, sink),
      initial: () => [frame(dex)],
    };
  };

/** The key of a bulk channel, apart from the names of dexes. */
export const bulkKey = (type: string): string => `bulk/${type}`;

const ofAll =
  (type: string, frame: (ex: Exchange) => StreamFrame): Planner =>
  (ex) => ({ echo: { type }, attach: (sink) => addSink(ex.topics.contexts, bulkKey(type), sink), initial: () => [frame(ex)] });

/** All coins at first. What is told afterwards is told against this when nobody listened before. */
function allFast(ex: Exchange): StreamFrame {
  const assets = ex.dexes.flatMap((dex) => dex.assets);
  if (!ex.topics.contexts.has(bulkKey('fastAssetCtxs')))
    for (const asset of assets) ex.topics.lastFast.set(asset, JSON.stringify(contextJson(asset)));
  return frames.fastContextsFrame(assets);
}

/** As the recordings of the venue begin. */
const TRADES_AT_START = 30;

function pastTrades(ex: Exchange, asset: Asset): StreamFrame[] {
  const trades = asset.recentTrades.slice(-TRADES_AT_START).map((trade) => tradeJson(ex, asset, trade));
  return trades.length === 0 ? [] : [{ channel: 'trades', data: trades }];
}

export const MARKET_PLANNERS: readonly (readonly [string, Planner])[] = [
  ['trades', byCoin('trades', pastTrades)],
  ['bbo', byCoin('bbo', (ex, asset) => [{ channel: 'bbo', data: { coin: asset.coin, time: ex.time, bbo: bboJson(asset) } }])],
  ['activeAssetCtx', activeAssetCtx],
  ['l2Book', l2Book],
  ['candle', candle],
  ['allMids', ofDex('allMids', (ex) => ex.topics.mids, frames.midsFrame, false)],
  ['assetCtxs', ofDex('assetCtxs', (ex) => ex.topics.contexts, frames.contextsFrame, true)],
  ['allDexsAssetCtxs', ofAll('allDexsAssetCtxs', frames.allContextsFrame)],
  ['fastAssetCtxs', ofAll('fastAssetCtxs', allFast)],
  ['spotAssetCtxs', ofAll('spotAssetCtxs', frames.spotContextsFrame)],
];
