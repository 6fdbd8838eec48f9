import type { Exchange } from '../exchange';
import { asObject, asText } from '../json';
import type { InfoAnswer, Json } from '../port';
import { webData2Json } from '../stream/user-frames';
import { UNDESERIALIZABLE } from '../texts';
import * as account from './account';
import * as dexLimits from './dex-limits';
import * as fees from './fees';
import * as fills from './fills';
import * as limits from './limits';
import * as market from './market';
import * as meta from './meta';
import * as orders from './orders';
import { portfolio } from './portfolio';
import { referral } from './referral';
import { forUser, type InfoAnswerer } from './request';
import * as spot from './spot';
import * as standing from './standing';
import * as subs from './sub-accounts';
import * as twaps from './twaps';
import * as vaults from './vaults';

const ANSWERERS: ReadonlyMap<string, InfoAnswerer> = new Map([
  ['meta', meta.meta],
  ['metaAndAssetCtxs', meta.metaAndAssetCtxs],
  ['allPerpMetas', meta.allPerpMetas],
  ['perpDexs', meta.perpDexs],
  ['spotMeta', spot.spotMeta],
  ['spotMetaAndAssetCtxs', spot.spotMetaAndAssetCtxs],
  ['exchangeStatus', meta.exchangeStatus],
  ['allMids', market.allMids],
  ['l2Book', market.l2Book],
  ['recentTrades', market.recentTrades],
  ['fundingHistory', market.fundingHistory],
  ['predictedFundings', market.predictedFundings],
  ['perpDexLimits', dexLimits.perpDexLimits],
  ['perpDexStatus', dexLimits.perpDexStatus],
  ['perpDeployAuctionStatus', dexLimits.perpDeployAuctionStatus],
  ['marginTable', dexLimits.marginTable],
  ['webData2', forUser(webData2Json)],
  ['candleSnapshot', market.candleSnapshot],
  ['clearinghouseState', account.clearinghouseState],
  ['spotClearinghouseState', spot.spotClearinghouseState],
  ['userRateLimit', account.userRateLimit],
  ['userFees', fees.userFees],
  ['userAbstraction', standing.userAbstraction],
  ['extraAgents', standing.extraAgents],
  ['maxBuilderFee', standing.maxBuilderFee],
  ['approvedBuilders', standing.approvedBuilders],
  ['userRole', standing.userRole],
  ['userToMultiSigSigners', standing.userToMultiSigSigners],
  ['preTransferCheck', standing.preTransferCheck],
  ['legalCheck', standing.legalCheck],
  ['isVip', fees.isVip],
  ['subAccounts', subs.subAccounts],
  ['subAccounts2', subs.subAccounts2],
  ['vaultDetails', vaults.vaultDetails],
  ['userVaultEquities', vaults.userVaultEquities],
  ['vaultSummaries', vaults.vaultSummaries],
  ['leadingVaults', vaults.leadingVaults],
  ['referral', referral],
  ['portfolio', portfolio],
  ['activeAssetData', account.activeAssetData],
  ['userFunding', account.userFunding],
  ['userNonFundingLedgerUpdates', account.userNonFundingLedgerUpdates],
  ['openOrders', orders.openOrders],
  ['frontendOpenOrders', orders.frontendOpenOrders],
  ['orderStatus', orders.orderStatus],
  ['historicalOrders', orders.historicalOrders],
  ['userFills', fills.userFills],
  ['userFillsByTime', fills.userFillsByTime],
  ['twapHistory', twaps.twapHistory],
  ['userTwapSliceFills', twaps.userTwapSliceFills],
  ['userTwapSliceFillsByTime', twaps.userTwapSliceFillsByTime],
  ['maxMarketOrderNtls', limits.maxMarketOrderNtls],
  ['perpsAtOpenInterestCap', limits.perpsAtOpenInterestCap],
  ['liquidatable', limits.liquidatable],
]);

/** Answers `POST /info`: an unknown type or a malformed request gets the venue's 422 text. */
export function answerInfo(ex: Exchange, request: Json): InfoAnswer {
  const object = asObject(request);
  const type = asText(object?.type);
  const answer = object === null || type === null ? undefined : ANSWERERS.get(type)?.(ex, object);
  return answer === undefined ? { status: 422, body: UNDESERIALIZABLE } : { status: 200, body: answer };
}
