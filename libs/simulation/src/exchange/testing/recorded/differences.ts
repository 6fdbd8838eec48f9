import type { Deviation } from './shape';

/** A place where the simulated answer is not of the recorded shape, and why that is right. */
export interface Difference {
  /** Paths it covers; begins with the type. */
  readonly path: RegExp;
  readonly is: Deviation['is'];
  /** Names of the samples it is limited to; all without. */
  readonly samples?: RegExp;
  readonly because: string;
}

const LATER = 'the venue added it after this recording';
const OPTIONAL = 'stands only where it applies; the recorded account had no occasion for it';
const PART = 'the source kept a part of the answer';
const PLACEHOLDER = 'the source put a placeholder in its place';

const ours = (path: RegExp, because: string, samples?: RegExp): Difference => ({ path, is: 'ours', because, ...(samples && { samples }) });
const theirs = (path: RegExp, because: string, samples?: RegExp): Difference => ({ path, is: 'theirs', because, ...(samples && { samples }) });
const kind = (path: RegExp, because: string, samples?: RegExp): Difference => ({ path, is: 'kind', because, ...(samples && { samples }) });

/** Everything in which simulated and recorded answers differ; a row that no sample needs fails the tests. */
export const DIFFERENCES: readonly Difference[] = [
  ours(/^meta\.collateralToken$/, LATER, /info-meta\.json/),
  ours(/^meta\.universe\[\]\.marginMode$/, LATER, /info-meta\.json/),
  ours(/^meta\.(?:universe\[\]\.margin(?:TableId|Mode)|marginTables|collateralToken)$/, LATER, /GetExchangeInfo/),
  ours(/^meta\.(?:universe\[\]\.(?:onlyIsolated|marginMode)|marginTables|collateralToken)$/, PART, /capture-mainnet-m1/),
  ours(/^metaAndAssetCtxs\[\]\.(?:universe\[\]\.margin(?:TableId|Mode)|marginTables|collateralToken)$/, LATER, /GetExchangeInfoAndTickers/),
  ours(/^metaAndAssetCtxs\[\]\[\]\.dayBaseVlm$/, LATER, /GetExchangeInfoAndTickers/),
  ours(/^metaAndAssetCtxs\[\]\.universe\[\]\.isDelisted$/, PART, /GetExchangeInfoAndTickers/),
  theirs(/^metaAndAssetCtxs\[\]\.universe\[\]\.isDelisted$/, 'the delisted slot of a builder dex is in flx here, in xyz there', /ctxs-xyz/i),
  ours(/^perpDexs\[\]\.assetToFundingInterestRate$/, LATER, /info-perpDexs/),
  ours(/^perpDexs\[\]\.\w+$/, PART, /capture-mainnet-m1/),
  theirs(/^perpsAtOpenInterestCap\[\]$/, 'no coin of the compared world stands at its cap'),
  ours(/^userFills(?:ByTime)?\[\]\.(?:cloid|builderFee)$/, OPTIONAL),
  ours(/^userFills\[\]\.twapId$/, LATER, /GetUserTrades/),
  ours(/^userRateLimit\.nRequestsSurplus$/, LATER),
  kind(/^userNonFundingLedgerUpdates\[\]\.hash$/, PLACEHOLDER, /GetAccountLedger/),
  ours(/^userNonFundingLedgerUpdates\[\]\.delta\.\w+$/, 'each kind of update has keys of its own; deposits and class transfers were recorded'),
  ours(/^openOrders\[\]\.reduceOnly$/, OPTIONAL),
  ours(/^openOrders\[\]\.origSz$/, LATER, /GetOpenOrders\.txt/),
  ours(/^frontendOpenOrders(?:\[\]\.children)*\[\](?:\.children\[\])?\.cloid$/, LATER, /python-sdk/),
  ours(/^frontendOpenOrders\[\]\.children\[\]$/, OPTIONAL, /GetOpenOrdersExtended/),
  ours(/^frame\/candle\[\]\.data\.[ochlvn]$/, PART, /messages\.jsonl/),
  kind(/^frame\/user\[\]\.data\.fills\[\]\.hash$/, PLACEHOLDER, /messages\.jsonl/),
  ours(/^frame\/orderUpdates\[\]\.data\[\]\.order\.cloid$/, OPTIONAL),
  ours(/^frame\/user\[\]\.data\.fills\[\]\.cloid$/, OPTIONAL),
];
