/** Reads that cost 2 (facts §11.1). */
const CHEAP: ReadonlySet<string> = new Set(['l2Book', 'allMids', 'clearinghouseState', 'orderStatus', 'spotClearinghouseState', 'exchangeStatus']);
/** Reads that cost 1 more for each so many rows of their answer. */
const ROWS_PER_WEIGHT: Readonly<Record<string, number>> = {
  recentTrades: 20,
  historicalOrders: 20,
  userFills: 20,
  userFillsByTime: 20,
  fundingHistory: 20,
  userFunding: 20,
  userNonFundingLedgerUpdates: 20,
  userTwapSliceFills: 20,
  candleSnapshot: 60,
};
/** Reads that orders or prices wait for: they go before those that can wait. */
const URGENT: ReadonlySet<string> = new Set([
  'orderStatus',
  'metaAndAssetCtxs',
  'perpDexs',
  'meta',
  'clearinghouseState',
  'extraAgents',
  'maxBuilderFee',
]);

/** What a read costs before its answer is known. */
export const readWeight = (type: string): number => (type === 'userRole' ? 60 : CHEAP.has(type) ? 2 : 20);

/** What its answer adds. */
export function rowsWeight(type: string, answer: unknown): number {
  const per = ROWS_PER_WEIGHT[type];
  return per === undefined || !Array.isArray(answer) ? 0 : Math.floor(answer.length / per);
}

export const isUrgentRead = (type: string): boolean => URGENT.has(type);
