import { leverageFor } from '../actions/leverage';
import { clearinghouseJson, tradable } from '../clearinghouse';
import { formatUsd } from '../decimals';
import { clearingOf } from '../exchange';
import type { JsonObject } from '../json';
import { asText } from '../json';
import { isIsolatedOnly } from '../margin';
import { requestCap } from '../request-budget';
import { fundingJson, ledgerJson, px, sz } from '../wire';
import { dexOf, forUser, type InfoAnswerer, inRange, RANGE_MOST, timeRange } from './request';

export const clearinghouseState = forUser((ex, user, request) => {
  const dex = dexOf(ex, request);
  return dex === undefined ? undefined : clearinghouseJson(ex, ex.accounts.get(user), dex);
});

export const userRateLimit = forUser((ex, user) => {
  const account = ex.accounts.get(user);
  if (account === undefined) return { cumVlm: '0.0', nRequestsUsed: 0, nRequestsCap: 10_000, nRequestsSurplus: 0 };
  const { volume, requests } = account;
  return {
    cumVlm: formatUsd(volume),
    nRequestsUsed: Math.max(0, requests),
    nRequestsCap: requestCap(account),
    nRequestsSurplus: Math.max(0, -requests),
  };
});

export const activeAssetData: InfoAnswerer = forUser((ex, user, request) => {
  const asset = ex.assetsByCoin.get(asText(request.coin) ?? '');
  return asset?.pair !== null ? undefined : activeAssetJson(ex, user, asset);
});

/** Leverage and what can be traded in a coin. */
export function activeAssetJson(ex: Parameters<InfoAnswerer>[0], user: string, asset: Parameters<typeof px>[0]): JsonObject {
  const account = ex.accounts.get(user);
  const markPx = px(asset, asset.markPx);
  if (account === undefined) {
    const value = Math.min(ex.settings.defaultLeverage, asset.spec.maxLeverage);
    const leverage = isIsolatedOnly(asset) ? { type: 'isolated', value, rawUsd: formatUsd(0) } : { type: 'cross', value };
    return { user, coin: asset.coin, leverage, maxTradeSzs: ['0.0', '0.0'], availableToTrade: ['0.0', '0.0'], markPx };
  }
  const leverage = leverageFor(ex, account, asset);
  const sides = [true, false].map((isBuy) => tradable(clearingOf(account, asset.dex), asset, leverage.value, isBuy));
  return {
    user,
    coin: asset.coin,
    leverage,
    maxTradeSzs: sides.map(({ lots }) => sz(asset, lots)),
    availableToTrade: sides.map(({ usd }) => formatUsd(usd)),
    markPx,
  };
}

export const userFunding = forUser((ex, user, request) => {
  const range = timeRange(request, false);
  if (range === undefined) return undefined;
  const payments = ex.accounts.get(user)?.fundings ?? [];
  return payments
    .filter((payment) => inRange(range, payment.time))
    .slice(0, RANGE_MOST)
    .map(fundingJson);
});

export const userNonFundingLedgerUpdates = forUser((ex, user, request) => {
  const range = timeRange(request, false);
  if (range === undefined) return undefined;
  const updates = ex.accounts.get(user)?.ledger ?? [];
  return updates
    .filter((update) => inRange(range, update.time))
    .slice(0, RANGE_MOST)
    .map((update) => ledgerJson(ex, update));
});
