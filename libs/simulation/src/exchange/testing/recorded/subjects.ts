/* Which spec compares which recorded answers. Between them they name every type that was recorded. */

export const MARKET_TYPES: ReadonlySet<string> = new Set([
  'meta',
  'metaAndAssetCtxs',
  'perpDexs',
  'perpDexLimits',
  'perpDexStatus',
  'perpDeployAuctionStatus',
  'perpsAtOpenInterestCap',
  'spotMeta',
  'allMids',
  'l2Book',
  'fundingHistory',
  'candleSnapshot',
]);

export const ACCOUNT_TYPES: ReadonlySet<string> = new Set([
  'clearinghouseState',
  'spotClearinghouseState',
  'activeAssetData',
  'userFills',
  'userFillsByTime',
  'userFunding',
  'userNonFundingLedgerUpdates',
  'userRateLimit',
  'userRole',
  'extraAgents',
  'portfolio',
  'subAccounts',
]);

export const ORDER_TYPES: ReadonlySet<string> = new Set([
  'order',
  'cancel',
  'cancelByCloid',
  'updateLeverage',
  'openOrders',
  'frontendOpenOrders',
  'orderStatus',
]);
