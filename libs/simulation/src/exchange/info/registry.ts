import type { Exchange } from '../exchange';
import { asObject, asText } from '../json';
import type { InfoAnswer, Json } from '../port';
import { UNDESERIALIZABLE } from '../texts';
import * as account from './account';
import * as fills from './fills';
import * as limits from './limits';
import * as market from './market';
import * as meta from './meta';
import * as orders from './orders';
import type { InfoAnswerer } from './request';
import * as twaps from './twaps';

const ANSWERERS: ReadonlyMap<string, InfoAnswerer> = new Map([
  ['meta', meta.meta],
  ['metaAndAssetCtxs', meta.metaAndAssetCtxs],
  ['allPerpMetas', meta.allPerpMetas],
  ['perpDexs', meta.perpDexs],
  ['spotMeta', meta.spotMeta],
  ['exchangeStatus', meta.exchangeStatus],
  ['allMids', market.allMids],
  ['l2Book', market.l2Book],
  ['recentTrades', market.recentTrades],
  ['fundingHistory', market.fundingHistory],
  ['candleSnapshot', market.candleSnapshot],
  ['clearinghouseState', account.clearinghouseState],
  ['spotClearinghouseState', account.spotClearinghouseState],
  ['userRateLimit', account.userRateLimit],
  ['userFees', account.userFees],
  ['userAbstraction', account.userAbstraction],
  ['extraAgents', account.extraAgents],
  ['maxBuilderFee', account.maxBuilderFee],
  ['approvedBuilders', account.approvedBuilders],
  ['userRole', account.userRole],
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
