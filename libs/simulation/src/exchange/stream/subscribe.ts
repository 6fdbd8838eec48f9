import { err, ok, type Result } from '@lockstep/kernel';
import type { Exchange } from '../exchange';
import { aggregate, FILLS_PAGE, reachableFills } from '../info/fills';
import { MANTISSAS, optionalNumber, SIG_FIGS } from '../info/market';
import { asAddress, asFlag, asObject, asText, type JsonObject } from '../json';
import { bboJson, levelsJson, midsJson } from '../market';
import type { Json, StreamFrame, Subscription } from '../port';
import type { Asset, Sink } from '../state';
import { addSink, newAssetTopic, newUserTopic } from '../topics';
import { fillJson, fundingDelta, ledgerJson, tradeJson } from '../wire';
import { allStatesFrame, contextFrame, contextsFrame, midsFrame, openOrdersFrame, stateFrame } from './publish';

/** What a readable subscription comes to: its normalised echo, where its sink hangs, and the frames owed at once. */
interface Plan {
  readonly echo: JsonObject;
  attach(sink: Sink): () => void;
  initial(): StreamFrame[];
}

type Planner = (ex: Exchange, request: JsonObject) => Plan | null;

/** Opens a subscription, or answers the venue's refusal. Unknown keys do not stand in the echo; defaults do. */
export function subscribe(ex: Exchange, subscription: Json, sink: Sink): Result<Subscription, string> {
  const request = asObject(subscription);
  const planner = PLANNERS.get(asText(request?.type) ?? '');
  const plan = request === null || planner === undefined ? null : planner(ex, request);
  if (plan === null) return err(`Invalid subscription ${JSON.stringify(subscription)}`);
  const initial = plan.initial();
  return ok({ echo: plan.echo, initial, close: plan.attach(sink) });
}

const dexName = (ex: Exchange, request: JsonObject): string | null => {
  const name = request.dex === undefined || request.dex === null ? '' : asText(request.dex);
  return name !== null && ex.dexes.some((dex) => dex.spec.name === name) ? name : null;
};

/** The echo of an optional dex: repeated when it was sent. */
const dexEcho = (request: JsonObject): JsonObject => (request.dex === undefined ? {} : { dex: request.dex });

function attachUser(ex: Exchange, user: string, key: string): Plan['attach'] {
  return (sink) => {
    const topic = ex.topics.users.get(user) ?? newUserTopic(user);
    ex.topics.users.set(user, topic);
    const account = ex.accounts.get(user);
    if (account !== undefined) account.topic = topic;
    const detach = addSink(topic.sinks, key, sink);
    return () => {
      detach();
      if (topic.sinks.size > 0 || ex.topics.users.get(user) !== topic) return;
      ex.topics.users.delete(user);
      const owner = ex.accounts.get(user);
      if (owner !== undefined) owner.topic = null;
    };
  };
}

function attachAsset(ex: Exchange, asset: Asset, key: string): Plan['attach'] {
  return (sink) => {
    const topic = ex.topics.assets.get(asset) ?? newAssetTopic(asset);
    ex.topics.assets.set(asset, topic);
    asset.topic = topic;
    const detach = addSink(topic.sinks, key, sink);
    return () => {
      detach();
      if (topic.sinks.size > 0 || asset.topic !== topic) return;
      ex.topics.assets.delete(asset);
      asset.topic = null;
    };
  };
}

const userPlan =
  (key: string, initial: (ex: Exchange, user: string) => StreamFrame[]): Planner =>
  (ex, request) => {
    const user = asAddress(request.user);
    if (user === null) return null;
    return { echo: { type: key, user }, attach: attachUser(ex, user, key), initial: () => initial(ex, user) };
  };

const dexUserPlan =
  (type: string, frame: (ex: Exchange, user: string, dex: string) => StreamFrame): Planner =>
  (ex, request) => {
    const user = asAddress(request.user);
    const dex = dexName(ex, request);
    if (user === null || dex === null) return null;
    return {
      echo: { type, user, ...dexEcho(request) },
      attach: attachUser(ex, user, `${type}/${dex}`),
      initial: () => [frame(ex, user, dex)],
    };
  };

const assetPlan =
  (type: string, initial: (ex: Exchange, asset: Asset) => StreamFrame[]): Planner =>
  (ex, request) => {
    const asset = ex.assetsByCoin.get(asText(request.coin) ?? '');
    if (asset === undefined) return null;
    return { echo: { type, coin: asset.coin }, attach: attachAsset(ex, asset, type), initial: () => initial(ex, asset) };
  };

const userFills: Planner = (ex, request) => {
  const user = asAddress(request.user);
  if (user === null) return null;
  const aggregated = asFlag(request.aggregateByTime) === true;
  const snapshot = (): StreamFrame => {
    const fills = reachableFills(ex, user);
    const shown = (aggregated ? aggregate(fills) : fills).slice(-FILLS_PAGE);
    return { channel: 'userFills', data: { isSnapshot: true, user, fills: shown.map((fill) => fillJson(ex, fill)) } };
  };
  return {
    echo: { type: 'userFills', user, aggregateByTime: aggregated },
    attach: attachUser(ex, user, aggregated ? 'userFills/aggregated' : 'userFills'),
    initial: () => [snapshot()],
  };
};

const l2Book: Planner = (ex, request) => {
  const asset = ex.assetsByCoin.get(asText(request.coin) ?? '');
  const nSigFigs = optionalNumber(request.nSigFigs, SIG_FIGS);
  const mantissa = optionalNumber(request.mantissa, MANTISSAS);
  if (asset === undefined || nSigFigs === undefined || mantissa === undefined) return null;
  const fast = asFlag(request.fast);
  const { coin } = asset;
  return {
    echo: { type: 'l2Book', coin, nSigFigs, mantissa, ...(fast === null ? {} : { fast }) },
    attach: attachAsset(ex, asset, `l2Book/${nSigFigs ?? ''}/${mantissa ?? ''}`),
    initial: () => [{ channel: 'l2Book', data: { coin, time: ex.time, levels: levelsJson(asset, nSigFigs, mantissa) } }],
  };
};

const allMids: Planner = (ex, request) => {
  const name = dexName(ex, request);
  const dex = ex.dexes.find((candidate) => candidate.spec.name === name);
  if (dex === undefined) return null;
  return {
    echo: { type: 'allMids', ...dexEcho(request) },
    attach: (sink) => addSink(ex.topics.mids, dex.spec.name, sink),
    initial: () => [midsFrame(dex.spec.name, midsJson(dex))],
  };
};

const assetCtxs: Planner = (ex, request) => {
  const name = dexName(ex, request);
  const dex = ex.dexes.find((candidate) => candidate.spec.name === name);
  if (dex === undefined) return null;
  return {
    echo: { type: 'assetCtxs', dex: dex.spec.name },
    attach: (sink) => addSink(ex.topics.contexts, dex.spec.name, sink),
    initial: () => [contextsFrame(dex)],
  };
};

const TRADES_AT_START = 10;
const EVENTS_AT_START = 500;

function pastTrades(ex: Exchange, asset: Asset): StreamFrame[] {
  const trades = asset.recentTrades.slice(-TRADES_AT_START).map((trade) => tradeJson(ex, asset, trade));
  return trades.length === 0 ? [] : [{ channel: 'trades', data: trades }];
}

function pastFundings(ex: Exchange, user: string): StreamFrame[] {
  const payments = (ex.accounts.get(user)?.fundings ?? []).slice(-EVENTS_AT_START);
  const fundings = payments.map((payment) => ({ time: payment.time, ...fundingDelta(payment) }));
  return [{ channel: 'userFundings', data: { isSnapshot: true, user, fundings } }];
}

function pastLedger(ex: Exchange, user: string): StreamFrame[] {
  const updates = (ex.accounts.get(user)?.ledger ?? []).slice(-EVENTS_AT_START);
  const nonFundingLedgerUpdates = updates.map((update) => ledgerJson(ex, update));
  return [{ channel: 'userNonFundingLedgerUpdates', data: { isSnapshot: true, user, nonFundingLedgerUpdates } }];
}

const PLANNERS: ReadonlyMap<string, Planner> = new Map<string, Planner>([
  ['userFills', userFills],
  ['orderUpdates', userPlan('orderUpdates', () => [])],
  ['userEvents', userPlan('userEvents', () => [])],
  ['userFundings', userPlan('userFundings', pastFundings)],
  ['userNonFundingLedgerUpdates', userPlan('userNonFundingLedgerUpdates', pastLedger)],
  ['clearinghouseState', dexUserPlan('clearinghouseState', stateFrame)],
  ['allDexsClearinghouseState', userPlan('allDexsClearinghouseState', (ex, user) => [allStatesFrame(ex, user)])],
  ['openOrders', dexUserPlan('openOrders', openOrdersFrame)],
  ['trades', assetPlan('trades', pastTrades)],
  ['bbo', assetPlan('bbo', (ex, asset) => [{ channel: 'bbo', data: { coin: asset.coin, time: ex.time, bbo: bboJson(asset) } }])],
  ['activeAssetCtx', assetPlan('activeAssetCtx', (_ex, asset) => [contextFrame(asset)])],
  ['l2Book', l2Book],
  ['allMids', allMids],
  ['assetCtxs', assetCtxs],
]);
