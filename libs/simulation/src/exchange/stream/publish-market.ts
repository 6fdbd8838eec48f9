import { INTERVALS } from '../bars';
import type { Exchange } from '../exchange';
import { spotContextJson, spotNamed } from '../info/spot';
import { bboJson, contextJson } from '../market';
import type { AssetTopic } from '../state';
import { tradeJson } from '../wire';
import * as frames from './market-frames';
import { bookFrame, bulkKey } from './market-plans';
import { send } from './send';

/** What the subscribers of one asset are owed for one block. */
export function publishAsset(ex: Exchange, topic: AssetTopic): void {
  const { asset, sinks } = topic;
  if (topic.trades.length > 0) {
    const trades = topic.trades.splice(0);
    send(sinks, 'trades', () => ({ channel: 'trades', data: trades.map((trade) => tradeJson(ex, asset, trade)) }));
  }
  if (topic.barTouched) publishCandles(topic);
  if (asset.bookTouched) {
    asset.bookTouched = false;
    topic.fastBookOwed = true;
    publishBbo(ex, topic);
  }
  publishBooks(ex, topic);
  if (ex.time - topic.lastContextTime < ex.settings.contextIntervalMs) return;
  topic.lastContextTime = ex.time;
  send(sinks, 'activeAssetCtx', () => frames.contextFrame(asset));
}

const CANDLE = 'candle/';

function publishCandles(topic: AssetTopic): void {
  topic.barTouched = false;
  for (const key of [...topic.sinks.keys()]) {
    const interval = key.startsWith(CANDLE) ? INTERVALS.get(key.slice(CANDLE.length)) : undefined;
    if (interval === undefined) continue;
    for (const frame of frames.candleFrames(topic.asset, interval)) send(topic.sinks, key, () => frame);
  }
}

function publishBbo(ex: Exchange, topic: AssetTopic): void {
  const { asset } = topic;
  const bbo = bboJson(asset);
  const text = JSON.stringify(bbo);
  if (text === topic.lastBbo) return;
  topic.lastBbo = text;
  send(topic.sinks, 'bbo', () => ({ channel: 'bbo', data: { coin: asset.coin, time: ex.time, bbo } }));
}

const BOOK_KEY = /^l2Book\/(\d*)\/(\d*)\/(fast|)$/;

/** Books of twenty levels are told at their interval, changed or not; fast ones once they changed, at theirs. */
function publishBooks(ex: Exchange, topic: AssetTopic): void {
  const { bookIntervalMs, fastBookIntervalMs } = ex.settings;
  if (ex.time - topic.lastBookTime >= bookIntervalMs) {
    topic.lastBookTime = ex.time;
    tellBooks(ex, topic, '');
  }
  if (topic.fastBookOwed && ex.time - topic.lastFastBookTime >= fastBookIntervalMs) {
    topic.lastFastBookTime = ex.time;
    topic.fastBookOwed = false;
    tellBooks(ex, topic, FAST);
  }
}

const FAST = 'fast';

function tellBooks(ex: Exchange, { asset, sinks }: AssetTopic, kind: '' | typeof FAST): void {
  for (const key of [...sinks.keys()]) {
    const found = BOOK_KEY.exec(key);
    if (found === null || found[3] !== kind) continue;
    const [nSigFigs, mantissa] = [found[1], found[2]].map((text) => (text === '' || text === undefined ? null : Number(text)));
    send(sinks, key, () => bookFrame(ex, asset, nSigFigs ?? null, mantissa ?? null, kind === FAST));
  }
}

export function publishMids(ex: Exchange): void {
  const { mids, lastMidsTime } = ex.topics;
  if (mids.size === 0 || ex.time - lastMidsTime < ex.settings.midsIntervalMs) return;
  ex.topics.lastMidsTime = ex.time;
  for (const dex of ex.dexes) send(mids, dex.spec.name, () => frames.midsFrame(dex));
}

/** Contexts of whole dexes, of all dexes, of what changed, and of spot. */
export function publishContexts(ex: Exchange): void {
  const { contexts, lastContextsTime } = ex.topics;
  if (contexts.size === 0 || ex.time - lastContextsTime < ex.settings.contextIntervalMs) return;
  ex.topics.lastContextsTime = ex.time;
  for (const dex of ex.dexes) send(contexts, dex.spec.name, () => frames.contextsFrame(dex));
  send(contexts, bulkKey('allDexsAssetCtxs'), () => frames.allContextsFrame(ex));
  send(contexts, bulkKey('spotAssetCtxs'), () => frames.spotContextsFrame(ex));
  publishFastContexts(ex);
  for (const key of [...contexts.keys()]) {
    const spot = key.startsWith(PAIR) ? spotNamed(ex, key.slice(PAIR.length)) : undefined;
    if (spot !== undefined) send(contexts, key, () => frames.spotContextFrame(spot.coin, spotContextJson(spot)));
  }
}

const PAIR = 'pair/';

/** Only coins whose context differs from the one told last. */
function publishFastContexts(ex: Exchange): void {
  const key = bulkKey('fastAssetCtxs');
  const { contexts, lastFast } = ex.topics;
  if (!contexts.has(key)) return;
  const changed = ex.dexes
    .flatMap(({ assets }) => assets)
    .filter((asset) => {
      const text = JSON.stringify(contextJson(asset));
      if (lastFast.get(asset) === text) return false;
      lastFast.set(asset, text);
      return true;
    });
  if (changed.length > 0) send(contexts, key, () => frames.fastContextsFrame(changed));
}
