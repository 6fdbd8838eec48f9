import { leverageFor } from '../actions/leverage';
import { requestCap } from '../admit';
import { signerAccount } from '../agents';
import { clearinghouseJson, tradable } from '../clearinghouse';
import { formatUnits, formatUsd } from '../decimals';
import { clearingOf } from '../exchange';
import type { JsonObject } from '../json';
import { asAddress, asText } from '../json';
import { fundingJson, ledgerJson, px, sz } from '../wire';
import { dexOf, forUser, type InfoAnswerer, inRange, RANGE_MOST, timeRange } from './request';

export const clearinghouseState = forUser((ex, user, request) => {
  const dex = dexOf(ex, request);
  return dex === undefined ? undefined : clearinghouseJson(ex, ex.accounts.get(user), dex);
});

export const spotClearinghouseState = forUser((ex, user) => {
  const total = ex.accounts.get(user)?.spotUsd ?? 0;
  return { balances: total === 0 ? [] : [{ coin: 'USDC', token: 0, total: formatUsd(total), hold: '0.0', entryNtl: '0.0' }] };
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

const PPM_DECIMALS = 6;

/** The base tier for everybody: rates come from the world's settings. */
export const userFees = forUser((ex) => {
  const cross = formatUnits(ex.settings.takerPpm, PPM_DECIMALS);
  const add = formatUnits(ex.settings.makerPpm, PPM_DECIMALS);
  const spot = { spotCross: '0.0007', spotAdd: '0.0004' };
  return {
    dailyUserVlm: [],
    feeSchedule: { cross, add, ...spot, tiers: { vip: [], mm: [] }, referralDiscount: '0.04', stakingDiscountTiers: [] },
    userCrossRate: cross,
    userAddRate: add,
    userSpotCrossRate: spot.spotCross,
    userSpotAddRate: spot.spotAdd,
    activeReferralDiscount: '0.0',
    trial: null,
    feeTrialEscrow: '0.0',
    nextTrialAvailableTimestamp: null,
    stakingLink: null,
    activeStakingDiscount: { bpsOfMaxSupply: '0.0', discount: '0.0' },
  };
});

/** Every account here keeps perp dexes and spot apart: the standard mode. */
export const userAbstraction = forUser(() => 'disabled');

export const extraAgents = forUser((ex, user) =>
  (ex.accounts.get(user)?.agents ?? [])
    .filter((agent) => agent.name !== '' && agent.validUntil > ex.time)
    .map(({ name, address, validUntil }) => ({ name, address, validUntil })),
);

const PPM_PER_TENTH_BP = 10;

export const maxBuilderFee = forUser((ex, user, request) => {
  const builder = asAddress(request.builder);
  return builder === null ? undefined : (ex.accounts.get(user)?.builders.get(builder) ?? 0) / PPM_PER_TENTH_BP;
});

export const approvedBuilders = forUser((ex, user) => [...(ex.accounts.get(user)?.builders.keys() ?? [])]);

export const userRole = forUser((ex, user) => {
  const found = signerAccount(ex, user);
  if (found === null) return { role: 'missing' };
  return found.isAgent ? { role: 'agent', data: { user: found.owner.address } } : { role: 'user' };
});

export const activeAssetData: InfoAnswerer = forUser((ex, user, request) => {
  const asset = ex.assetsByCoin.get(asText(request.coin) ?? '');
  return asset === undefined ? undefined : activeAssetJson(ex, user, asset);
});

function activeAssetJson(ex: Parameters<InfoAnswerer>[0], user: string, asset: Parameters<typeof px>[0]): JsonObject {
  const account = ex.accounts.get(user);
  const markPx = px(asset, asset.markPx);
  if (account === undefined) {
    const leverage = { type: 'cross', value: Math.min(ex.settings.defaultLeverage, asset.spec.maxLeverage) };
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
