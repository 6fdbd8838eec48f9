import type { Exchange } from '../exchange';
import { aggregate, FILLS_PAGE, reachableFills } from '../info/fills';
import { HISTORY_MOST } from '../info/orders';
import { TWAPS_MOST } from '../info/twaps';
import { asAddress, asFlag, asText } from '../json';
import type { StreamFrame } from '../port';
import { twapChangeJson, twapFillJson } from '../twap-wire';
import { fillJson, fundingDelta, ledgerJson, statusJson } from '../wire';
import { attachUser, dexEcho, dexOf, type Planner } from './plan';
import * as frames from './user-frames';

/* Subscriptions about one user. The key under which a sink hangs is the channel with its parameters. */

const plain =
  (type: string, initial: (ex: Exchange, user: string) => StreamFrame[]): Planner =>
  (ex, request) => {
    const user = asAddress(request.user);
    if (user === null) return null;
    return { echo: { type, user }, attach: attachUser(ex, user, type), initial: () => initial(ex, user) };
  };

const byDex =
  (type: string, frame: (ex: Exchange, user: string, dex: string) => StreamFrame): Planner =>
  (ex, request) => {
    const user = asAddress(request.user);
    const dex = dexOf(ex, request);
    if (user === null || dex === null) return null;
    const { name } = dex.spec;
    return { echo: { type, user, ...dexEcho(request) }, attach: attachUser(ex, user, `${type}/${name}`), initial: () => [frame(ex, user, name)] };
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

const activeAssetData: Planner = (ex, request) => {
  const user = asAddress(request.user);
  const asset = ex.assetsByCoin.get(asText(request.coin) ?? '');
  if (user === null || asset?.pair !== null) return null;
  const { coin } = asset;
  return {
    echo: { type: 'activeAssetData', user, coin },
    attach: attachUser(ex, user, `activeAssetData/${coin}`),
    initial: () => [frames.activeAssetDataFrame(ex, user, asset)],
  };
};

const EVENTS_AT_START = 500;

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

function pastOrders(ex: Exchange, user: string): StreamFrame[] {
  const orderHistory = (ex.accounts.get(user)?.orders ?? []).slice(-HISTORY_MOST).reverse().map(statusJson);
  return [{ channel: 'userHistoricalOrders', data: { isSnapshot: true, user, orderHistory } }];
}

function pastTwaps(ex: Exchange, user: string): StreamFrame[] {
  const history = (recordOf(ex, user)?.changes ?? []).slice(-TWAPS_MOST).reverse().map(twapChangeJson);
  return [{ channel: 'userTwapHistory', data: { isSnapshot: true, user, history } }];
}

function pastSlices(ex: Exchange, user: string): StreamFrame[] {
  const fills = (recordOf(ex, user)?.fills ?? []).slice(-FILLS_PAGE).reverse();
  const twapSliceFills = fills.map((fill) => twapFillJson(ex, fill));
  return [{ channel: 'userTwapSliceFills', data: { isSnapshot: true, user, twapSliceFills } }];
}

function recordOf(ex: Exchange, user: string) {
  const account = ex.accounts.get(user);
  return account === undefined ? undefined : ex.twapRecords.get(account);
}

export const USER_PLANNERS: readonly (readonly [string, Planner])[] = [
  ['userFills', userFills],
  ['orderUpdates', plain('orderUpdates', () => [])],
  ['userEvents', plain('userEvents', () => [])],
  ['notification', plain('notification', () => [])],
  ['userFundings', plain('userFundings', pastFundings)],
  ['userNonFundingLedgerUpdates', plain('userNonFundingLedgerUpdates', pastLedger)],
  ['userHistoricalOrders', plain('userHistoricalOrders', pastOrders)],
  ['userTwapHistory', plain('userTwapHistory', pastTwaps)],
  ['userTwapSliceFills', plain('userTwapSliceFills', pastSlices)],
  ['allDexsClearinghouseState', plain('allDexsClearinghouseState', (ex, user) => [frames.allStatesFrame(ex, user)])],
  ['spotState', plain('spotState', (ex, user) => [frames.spotStateFrame(ex, user)])],
  ['webData2', plain('webData2', (ex, user) => [frames.webData2Frame(ex, user)])],
  ['webData3', plain('webData3', (ex, user) => [frames.webData3Frame(ex, user)])],
  ['clearinghouseState', byDex('clearinghouseState', frames.stateFrame)],
  ['openOrders', byDex('openOrders', frames.openOrdersFrame)],
  ['twapStates', byDex('twapStates', frames.twapStatesFrame)],
  ['activeAssetData', activeAssetData],
];
