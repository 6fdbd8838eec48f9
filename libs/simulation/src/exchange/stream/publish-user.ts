import { formatUnits } from '../decimals';
import type { Exchange } from '../exchange';
import { aggregate } from '../info/fills';
import type { StreamFrame } from '../port';
import type { Fill, UserTopic } from '../state';
import { liquidationEventJson, twapChangeJson, twapFillJson } from '../twap-wire';
import { fillJson, fundingDelta, ledgerJson, orderJson, statusJson, sz } from '../wire';
import { send } from './send';
import * as frames from './user-frames';

/** Everything a user's subscribers are owed for one block, in a fixed order. */
export function publishUser(ex: Exchange, topic: UserTopic): void {
  publishFills(ex, topic);
  publishOrders(ex, topic);
  publishMoney(ex, topic);
  publishLiquidations(topic);
  publishTwaps(ex, topic);
  publishStates(ex, topic);
}

function publishFills(ex: Exchange, { sinks, fills, address: user }: UserTopic): void {
  if (fills.length === 0) return;
  const plain = fills.splice(0);
  send(sinks, 'userFills', () => ({ channel: 'userFills', data: { user, fills: plain.map((fill) => fillJson(ex, fill)) } }));
  send(sinks, 'userFills/aggregated', () => ({ channel: 'userFills', data: { user, fills: aggregate(plain).map((fill) => fillJson(ex, fill)) } }));
  send(sinks, 'userEvents', () => ({ channel: 'user', data: { fills: plain.map((fill) => fillJson(ex, fill)) } }));
  for (const fill of plain)
    if (!fill.crossed) send(sinks, 'notification', () => ({ channel: 'notification', data: { notification: filledText(fill) } }));
}

/** What a page of the venue says when a resting order fills. */
function filledText({ asset, isBuy, lots, px: price }: Fill): string {
  const plain = formatUnits(price, asset.pxDecimals).replace(/\.0$/, '');
  return `Resting order filled: ${isBuy ? 'Bought' : 'Sold'} ${sz(asset, lots)} ${asset.coin} at $${plain}`;
}

function publishOrders(ex: Exchange, topic: UserTopic): void {
  const { sinks, address: user } = topic;
  if (topic.updates.length > 0) {
    const updates = topic.updates.splice(0);
    send(sinks, 'orderUpdates', () => ({
      channel: 'orderUpdates',
      data: updates.map(({ order, lots, status, time }) => ({ order: orderJson(order, lots), status, statusTimestamp: time })),
    }));
    send(sinks, 'userHistoricalOrders', () => ({
      channel: 'userHistoricalOrders',
      data: { user, orderHistory: updates.map(({ order, status, time }) => ({ ...statusJson(order), status, statusTimestamp: time })) },
    }));
  }
  if (topic.nonUserCancels.length > 0) {
    const nonUserCancel = topic.nonUserCancels.splice(0).map(({ asset, oid }) => ({ coin: asset.coin, oid }));
    send(sinks, 'userEvents', () => ({ channel: 'user', data: { nonUserCancel } }));
  }
  if (!topic.ordersTouched) return;
  topic.ordersTouched = false;
  for (const dex of ex.dexes) send(sinks, `openOrders/${dex.spec.name}`, () => frames.openOrdersFrame(ex, user, dex.spec.name));
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
    topic.stateTouched = true;
    const nonFundingLedgerUpdates = topic.ledger.splice(0).map((update) => ledgerJson(ex, update));
    const data = { user, nonFundingLedgerUpdates };
    send(sinks, 'userNonFundingLedgerUpdates', () => ({ channel: 'userNonFundingLedgerUpdates', data }));
  }
}

function publishLiquidations({ sinks, liquidations }: UserTopic): void {
  for (const event of liquidations.splice(0))
    send(sinks, 'userEvents', () => ({ channel: 'user', data: { liquidation: liquidationEventJson(event) } }));
}

/** Changes and slice fills of TWAPs, on their own channels and on `userEvents`. */
function publishTwaps(ex: Exchange, { sinks, twapChanges, twapFills, address: user }: UserTopic): void {
  if (twapChanges.length > 0 || twapFills.length > 0) {
    for (const dex of ex.dexes) send(sinks, `twapStates/${dex.spec.name}`, () => frames.twapStatesFrame(ex, user, dex.spec.name));
  }
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

/** States are told when something of the user changed; what also follows the marks is looked at once an interval, and told when it differs. */
function publishStates(ex: Exchange, topic: UserTopic): void {
  const { sinks, address: user } = topic;
  const due = ex.time - topic.lastLookTime >= ex.settings.contextIntervalMs;
  if (topic.stateTouched) {
    for (const dex of ex.dexes) send(sinks, `clearinghouseState/${dex.spec.name}`, () => frames.stateFrame(ex, user, dex.spec.name));
    send(sinks, 'allDexsClearinghouseState', () => frames.allStatesFrame(ex, user));
  }
  if (topic.stateTouched || due) {
    sendChanged(topic, 'spotState', () => frames.spotStateFrame(ex, user));
    for (const key of [...sinks.keys()]) {
      const asset = key.startsWith(ASSET_DATA) ? ex.assetsByCoin.get(key.slice(ASSET_DATA.length)) : undefined;
      if (asset !== undefined) sendChanged(topic, key, () => frames.activeAssetDataFrame(ex, user, asset));
    }
  }
  topic.stateTouched = false;
  if (!due) return;
  topic.lastLookTime = ex.time;
  send(sinks, 'webData2', () => frames.webData2Frame(ex, user));
  send(sinks, 'webData3', () => frames.webData3Frame(ex, user));
}

const ASSET_DATA = 'activeAssetData/';

/** Sends a document that differs from the one sent before. */
function sendChanged({ sinks, lastTold }: UserTopic, key: string, build: () => StreamFrame): void {
  if (!sinks.has(key)) return;
  const frame = build();
  const text = JSON.stringify(frame.data);
  if (lastTold.get(key) === text) return;
  lastTold.set(key, text);
  send(sinks, key, () => frame);
}
