import { clearinghouseJson } from '../clearinghouse';
import type { Exchange } from '../exchange';
import { aggregate } from '../info/fills';
import { openOn } from '../info/orders';
import { bboJson, contextJson, levelsJson, midsJson } from '../market';
import type { StreamFrame } from '../port';
import type { Asset, AssetTopic, Dex, Sink, UserTopic } from '../state';
import { liquidationEventJson, twapChangeJson, twapFillJson } from '../twap-wire';
import { fillJson, frontendOrderJson, fundingDelta, ledgerJson, orderJson, tradeJson } from '../wire';

/*
 * Frames of a block, in a fixed order: users by time of first subscription, then assets, then mids, then contexts of whole dexes. A key of `sinks` is the channel
 * with its parameters; a key nobody holds costs nothing.
 */

/** True while idle blocks may not be skipped because somebody could be owed a frame in one. */
export const wantsFrames = ({ topics }: Exchange): boolean =>
  [topics.users, topics.assets, topics.mids, topics.contexts].some(({ size }) => size > 0);

export function publishBlock(ex: Exchange): void {
  for (const topic of ex.topics.users.values()) publishUser(ex, topic);
  for (const topic of ex.topics.assets.values()) publishAsset(ex, topic);
  publishMids(ex);
  publishContexts(ex);
}

/** Sends one frame object to every sink of a key; it is built only when there is one. */
export function send(sinks: Map<string, Set<Sink>>, key: string, build: () => StreamFrame): void {
  const listeners = sinks.get(key);
  if (listeners === undefined || listeners.size === 0) return;
  const frame = build();
  for (const sink of [...listeners]) sink(frame);
}

function publishUser(ex: Exchange, topic: UserTopic): void {
  publishFills(ex, topic);
  publishOrders(ex, topic);
  publishMoney(ex, topic);
  publishLiquidations(topic);
  publishTwaps(ex, topic);
  if (topic.stateTouched) publishStates(ex, topic);
  topic.stateTouched = false;
}

function publishFills(ex: Exchange, { sinks, fills, address: user }: UserTopic): void {
  if (fills.length === 0) return;
  const plain = fills.splice(0);
  send(sinks, 'userFills', () => ({ channel: 'userFills', data: { user, fills: plain.map((fill) => fillJson(ex, fill)) } }));
  send(sinks, 'userFills/aggregated', () => ({ channel: 'userFills', data: { user, fills: aggregate(plain).map((fill) => fillJson(ex, fill)) } }));
  send(sinks, 'userEvents', () => ({ channel: 'user', data: { fills: plain.map((fill) => fillJson(ex, fill)) } }));
}

function publishOrders(ex: Exchange, topic: UserTopic): void {
  const { sinks, address: user } = topic;
  if (topic.updates.length > 0) {
    const updates = topic.updates.splice(0);
    send(sinks, 'orderUpdates', () => ({
      channel: 'orderUpdates',
      data: updates.map(({ order, lots, status, time }) => ({ order: orderJson(order, lots), status, statusTimestamp: time })),
    }));
  }
  if (topic.nonUserCancels.length > 0) {
    const nonUserCancel = topic.nonUserCancels.splice(0).map(({ asset, oid }) => ({ coin: asset.coin, oid }));
    send(sinks, 'userEvents', () => ({ channel: 'user', data: { nonUserCancel } }));
  }
  if (!topic.ordersTouched) return;
  topic.ordersTouched = false;
  for (const dex of ex.dexes) send(sinks, `openOrders/${dex.spec.name}`, () => openOrdersFrame(ex, user, dex.spec.name));
}

function publishLiquidations({ sinks, liquidations }: UserTopic): void {
  for (const event of liquidations.splice(0))
    send(sinks, 'userEvents', () => ({ channel: 'user', data: { liquidation: liquidationEventJson(event) } }));
}

/** Changes and slice fills of TWAPs, on their own channels and on `userEvents`. */
function publishTwaps(ex: Exchange, { sinks, twapChanges, twapFills, address: user }: UserTopic): void {
  if (twapChanges.length > 0) {
    const history = twapChanges.splice(0).map(twapChangeJson);
    send(sinks, 'userTwapHistory', () => ({ channel: 'userTwapHistory', data: { user, history } }));
    send(sinks, 'userEvents', () => ({ channel: 'user', data: { twapHistory: history } }));
  }
  if (twapFills.length === 0) return;
  const twapSliceFills = twapFills.splice(0).map((fill) => twapFillJson(ex, fill));
  send(sinks, 'userTwapSliceFills', () => ({ channel: 'userTwapSliceFills', data: { user, twapSliceFills } }));
  send(sinks, 'userEvents', () => ({ channel: 'user', data: { twapSliceFills } }));
}

export function openOrdersFrame(ex: Exchange, user: string, dexName: string): StreamFrame {
  const dex = ex.dexes.find((candidate) => candidate.spec.name === dexName);
  const orders = dex === undefined ? [] : openOn(ex, user, dex).map(frontendOrderJson);
  return { channel: 'openOrders', data: { dex: dexName, user, orders } };
}

function publishMoney(ex: Exchange, topic: UserTopic): void {
  const { sinks, address: user } = topic;
  if (topic.fundings.length > 0) {
    const payments = topic.fundings.splice(0);
    const fundings = payments.map((payment) => ({ time: payment.time, ...fundingDelta(payment) }));
    send(sinks, 'userFundings', () => ({ channel: 'userFundings', data: { user, fundings } }));
    for (const funding of fundings) send(sinks, 'userEvents', () => ({ channel: 'user', data: { funding } }));
  }
  if (topic.ledger.length > 0) {
    const nonFundingLedgerUpdates = topic.ledger.splice(0).map((update) => ledgerJson(ex, update));
    const data = { user, nonFundingLedgerUpdates };
    send(sinks, 'userNonFundingLedgerUpdates', () => ({ channel: 'userNonFundingLedgerUpdates', data }));
  }
}

function publishStates(ex: Exchange, { sinks, address }: UserTopic): void {
  for (const dex of ex.dexes) send(sinks, `clearinghouseState/${dex.spec.name}`, () => stateFrame(ex, address, dex.spec.name));
  send(sinks, 'allDexsClearinghouseState', () => allStatesFrame(ex, address));
}

export function stateFrame(ex: Exchange, user: string, dexName: string): StreamFrame {
  const dex = ex.dexes.find((candidate) => candidate.spec.name === dexName);
  const clearinghouseState = dex === undefined ? null : clearinghouseJson(ex, ex.accounts.get(user), dex);
  return { channel: 'clearinghouseState', data: { dex: dexName, user, clearinghouseState } };
}

export function allStatesFrame(ex: Exchange, user: string): StreamFrame {
  const clearinghouseStates = ex.dexes.map((dex) => [dex.spec.name, clearinghouseJson(ex, ex.accounts.get(user), dex)]);
  return { channel: 'allDexsClearinghouseState', data: { user, clearinghouseStates } };
}

function publishAsset(ex: Exchange, topic: AssetTopic): void {
  const { asset, sinks } = topic;
  if (topic.trades.length > 0) {
    const trades = topic.trades.splice(0);
    send(sinks, 'trades', () => ({ channel: 'trades', data: trades.map((trade) => tradeJson(ex, asset, trade)) }));
  }
  if (asset.bookTouched) publishBbo(ex, topic);
  if (asset.bookTouched && ex.time - topic.lastBookTime >= ex.settings.bookIntervalMs) {
    publishBooks(ex, topic);
    topic.lastBookTime = ex.time;
    asset.bookTouched = false;
  }
  if (ex.time - topic.lastContextTime < ex.settings.contextIntervalMs) return;
  topic.lastContextTime = ex.time;
  send(sinks, 'activeAssetCtx', () => contextFrame(asset));
}

export const contextFrame = (asset: Asset): StreamFrame => ({ channel: 'activeAssetCtx', data: { coin: asset.coin, ctx: contextJson(asset) } });

function publishBbo(ex: Exchange, topic: AssetTopic): void {
  const { asset } = topic;
  const bbo = bboJson(asset);
  const text = JSON.stringify(bbo);
  if (text === topic.lastBbo) return;
  topic.lastBbo = text;
  send(topic.sinks, 'bbo', () => ({ channel: 'bbo', data: { coin: asset.coin, time: ex.time, bbo } }));
}

function publishBooks(ex: Exchange, { asset, sinks }: AssetTopic): void {
  for (const key of [...sinks.keys()]) {
    const parameters = /^l2Book\/(\d*)\/(\d*)$/.exec(key);
    if (parameters === null) continue;
    const [nSigFigs, mantissa] = [parameters[1], parameters[2]].map((text) => (text === '' || text === undefined ? null : Number(text)));
    send(sinks, key, () => ({
      channel: 'l2Book',
      data: { coin: asset.coin, time: ex.time, levels: levelsJson(asset, nSigFigs ?? null, mantissa ?? null) },
    }));
  }
}

function publishMids(ex: Exchange): void {
  const { mids, lastMidsTime } = ex.topics;
  if (mids.size === 0 || ex.time - lastMidsTime < ex.settings.midsIntervalMs) return;
  ex.topics.lastMidsTime = ex.time;
  for (const dex of ex.dexes) send(mids, dex.spec.name, () => midsFrame(dex.spec.name, midsJson(dex)));
}

function publishContexts(ex: Exchange): void {
  const { contexts, lastContextsTime } = ex.topics;
  if (contexts.size === 0 || ex.time - lastContextsTime < ex.settings.contextIntervalMs) return;
  ex.topics.lastContextsTime = ex.time;
  for (const dex of ex.dexes) send(contexts, dex.spec.name, () => contextsFrame(dex));
}

/** Contexts of a dex in asset order, delisted assets in their places. */
export const contextsFrame = (dex: Dex): StreamFrame => ({ channel: 'assetCtxs', data: { dex: dex.spec.name, ctxs: dex.assets.map(contextJson) } });

/** Mids of the main dex carry no dex name. */
export const midsFrame = (dexName: string, mids: ReturnType<typeof midsJson>): StreamFrame => ({
  channel: 'allMids',
  data: dexName === '' ? { mids } : { mids, dex: dexName },
});
