import { clearinghouseJson } from '../clearinghouse';
import { formatUsd } from '../decimals';
import { dexNamed, type Exchange } from '../exchange';
import { activeAssetJson } from '../info/account';
import { perpsAtCap } from '../info/limits';
import { metaJson } from '../info/meta';
import { openOn } from '../info/orders';
import { spotContextsJson } from '../info/spot';
import { leadingVaultsOf, vaultEquityOf } from '../info/vaults';
import type { JsonObject } from '../json';
import { contextJson } from '../market';
import type { Json, StreamFrame } from '../port';
import { spotStateJson } from '../spot-state';
import type { Asset, VenueAccount } from '../state';
import { runningTwaps } from '../twap-wire';
import { frontendOrderJson } from '../wire';

/* Documents about one user that are told whole, each time they change. */

export function openOrdersFrame(ex: Exchange, user: string, dexName: string): StreamFrame {
  const dex = dexNamed(ex, dexName);
  const orders = dex === null ? [] : openOn(ex, user, dex).map(frontendOrderJson);
  return { channel: 'openOrders', data: { dex: dexName, user, orders } };
}

export function stateFrame(ex: Exchange, user: string, dexName: string): StreamFrame {
  const dex = dexNamed(ex, dexName);
  const clearinghouseState = dex === null ? null : clearinghouseJson(ex, ex.accounts.get(user), dex);
  return { channel: 'clearinghouseState', data: { dex: dexName, user, clearinghouseState } };
}

export function allStatesFrame(ex: Exchange, user: string): StreamFrame {
  const clearinghouseStates = ex.dexes.map((dex) => [dex.spec.name, clearinghouseJson(ex, ex.accounts.get(user), dex)]);
  return { channel: 'allDexsClearinghouseState', data: { user, clearinghouseStates } };
}

export const spotStateFrame = (ex: Exchange, user: string): StreamFrame => ({
  channel: 'spotState',
  data: { user, spotState: spotStateJson(ex, ex.accounts.get(user)) },
});

export const activeAssetDataFrame = (ex: Exchange, user: string, asset: Asset): StreamFrame => ({
  channel: 'activeAssetData',
  data: activeAssetJson(ex, user, asset),
});

export const twapStatesFrame = (ex: Exchange, user: string, dexName: string): StreamFrame => ({
  channel: 'twapStates',
  data: { dex: dexName, user, states: runningTwaps(ex, user, dexName) },
});

export const webData3Frame = (ex: Exchange, user: string): StreamFrame => {
  const account = ex.accounts.get(user);
  const userState = { ...standingJson(ex, user, account), ...(account === undefined ? {} : { abstraction: account.abstraction }) };
  const perpDexStates = ex.dexes.map((dex): Json => {
    const atCap = perpsAtCap(dex);
    return {
      totalVaultEquity: formatUsd(dex.index === 0 ? vaultEquityOf(ex, user) : 0),
      ...(atCap.length === 0 ? {} : { perpsAtOpenInterestCap: atCap }),
      ...(dex.index === 0 ? { leadingVaults: leadingVaultsOf(ex, user) } : {}),
    };
  });
  return { channel: 'webData3', data: { userState, perpDexStates } };
};

/** `webData2`, which knows the main dex alone: everything a page of the venue needs at once. */
export function webData2Json(ex: Exchange, user: string): JsonObject {
  const account = ex.accounts.get(user);
  const [main] = ex.dexes;
  if (main === undefined) return {};
  return {
    clearinghouseState: clearinghouseJson(ex, account, main),
    leadingVaults: leadingVaultsOf(ex, user),
    totalVaultEquity: formatUsd(vaultEquityOf(ex, user)),
    openOrders: openOn(ex, user, main).map(frontendOrderJson),
    ...standingJson(ex, user, account),
    meta: metaJson(main),
    assetCtxs: main.assets.map(contextJson),
    twapStates: runningTwaps(ex, user, main.spec.name),
    spotState: spotStateJson(ex, account),
    spotAssetCtxs: spotContextsJson(ex),
    ...(perpsAtCap(main).length === 0 ? {} : { perpsAtOpenInterestCap: perpsAtCap(main) }),
  };
}

export const webData2Frame = (ex: Exchange, user: string): StreamFrame => ({ channel: 'webData2', data: webData2Json(ex, user) });

/** Who the user is: the unnamed agent, what came in less what went out, and the venue's time. */
function standingJson(ex: Exchange, user: string, account: VenueAccount | undefined): JsonObject {
  const agent = account?.agents.find(({ name, validUntil }) => name === '' && validUntil > ex.time);
  return {
    agentAddress: agent?.address ?? null,
    agentValidUntil: agent?.validUntil ?? null,
    cumLedger: formatUsd(account?.netDeposits ?? 0),
    serverTime: ex.time,
    isVault: account?.leader != null,
    user,
  };
}
