/** Texts of refused single orders, keyed by the lifecycle status the order then carries. The venue appends ` asset=<n>`. */
export const REJECTIONS = {
  tickRejected: 'Price must be divisible by tick size.',
  minTradeNtlRejected: 'Order must have minimum value of $10.',
  perpMarginRejected: 'Insufficient margin to place order.',
  reduceOnlyRejected: 'Reduce only order would increase position.',
  iocCancelRejected: 'Order could not immediately match against any resting orders.',
  badTriggerPxRejected: 'Invalid TP/SL price.',
  marketOrderNoLiquidityRejected: 'No liquidity available for market order.',
  positionIncreaseAtOpenInterestCapRejected: 'Order would increase open interest while open interest is capped',
  positionFlipAtOpenInterestCapRejected: 'Order would increase open interest while open interest is capped',
  tooAggressiveAtOpenInterestCapRejected: 'Order rejected due to price more aggressive than oracle while at open interest cap',
  openInterestIncreaseRejected: 'Order would increase open interest too quickly',
  oracleRejected: 'Price too far from oracle',
  perpMaxPositionRejected: 'Order would cause position to exceed margin tier limit at current leverage',
  tooManyOpenOrdersRejected: 'Too many open orders',
  insufficientSpotBalanceRejected: 'Insufficient spot balance',
} as const;

/** A post-only order that would have traded: the best prices then stand in the text. */
export const badAloPrice = (bid: string, ask: string): string => `Post only order would have immediately matched, bbo was ${bid}@${ask}.`;

/** The minimum of a spot order, in its quote token. */
export const minimumOf = (quote: string): string => `Order must have minimum value of 10 ${quote}.`;

/** Refusals of a single order that leave no order behind. */
export const ORDER_TEXTS = {
  zeroSize: 'Order has zero size.',
  invalidSize: 'Order has invalid size.',
  invalidPrice: 'Order has invalid price.',
  farFromReference: 'Order price cannot be more than 80% away from the reference price',
  halted: 'Trading is halted.',
  duplicateCloid: 'Duplicate client order id.',
  unknownAsset: 'Order has invalid asset.',
  // Its wording is not recorded.
  spotLimitOnly: 'Spot assets take limit orders only.',
} as const;

/** An order above the notional cap of its coin; the wording is not recorded. */
export const tooLarge = (kind: 'market' | 'limit', capUsd: string): string => `Order value exceeds the maximum of $${capUsd} for ${kind} orders.`;

/** What the venue says of a `modify` whose order is no longer open. */
export const NOT_MODIFIABLE = 'Cannot modify canceled or filled order';
/** A `modify` without `a` that would not simply rest; the wording is not recorded. */
export const MODIFY_MUST_REST = 'Modified order must be post only or a non-crossing GTC order.';

export const MISSING_TWAP = 'TWAP was never placed, already canceled, or filled.';
export const twapDuration = (minutes: number): string => `Invalid TWAP duration: ${minutes} min(s)`;
export const twapTooSmall = (least: string, perMinute: string): string =>
  `TWAP order value too small. Min is $${least}, which is $${perMinute} per minute.`;

export const MISSING_ORDER = 'Order was never placed, already canceled, or filled.';

export const withAsset = (text: string, asset: number): string => `${text} asset=${asset}`;

/** Refusals of a whole request. */
export const REQUEST_TEXTS = {
  expired: 'Action already expired',
  builderNotApproved: 'Builder fee has not been approved.',
  builderPoor: 'Builder has insufficient balance to be approved.',
  agentUsed: 'Extra agent already used.',
  tooManyAgents: 'Too many extra agents.',
  agentNameTooLong: 'Agent name is too long.',
  invalidLeverage: 'Invalid leverage value',
  switchWithPosition: 'Cannot switch leverage type with open position.',
  noCross: 'Cross margin is not allowed for this asset.',
  isolatedShort:
    'Isolated position does not have sufficient margin available to decrease leverage. To decrease leverage, add margin to the position.',
  crossShort: 'Cross position does not have sufficient margin available to decrease leverage. To decrease leverage, deposit more collateral.',
  noMarginRemoval: 'Cannot remove isolated margin for this asset. To remove margin, reduce the position.',
  notIsolated: 'Position does not use isolated margin.',
  insufficientWithdrawal: 'Insufficient balance for withdrawal.',
  insufficientTransfer: 'Insufficient balance for token transfer',
  emptyBatch: 'Order batch is empty.',
  tpslNotReduceOnly: 'TP/SL orders must be reduce only.',
  tpslMalformed: 'Invalid TP/SL grouping.',
  mixedAssets: 'Orders of one batch must be of one asset class.',
  priorityMixed: 'Priority orders must be all IOC or all post only without reduce only.',
  priorityStake: 'Insufficient delegatable balance for priority order',
  postOnlyPeriod: 'Only post-only orders allowed immediately after a network upgrade',
  scheduleTooEarly: 'Scheduled cancel time too early, must be at least 5 seconds from now.',
  scheduleTooOften: 'Too many scheduled cancels triggered today.',
  invalidDestination: 'Invalid destination.',
  wrongChain: 'Invalid chain for this network.',
  nonceMismatch: 'Inner nonce does not match outer nonce.',
  unrecoverable: 'Unable to recover signer.',
} as const;

export const unknownWallet = (signer: string): string => `User or API Wallet ${signer} does not exist.`;
export const mustDeposit = (user: string): string => `Must deposit before performing actions. User: ${user}`;
export const unknownVault = (vault: string): string => `Vault not registered: ${vault}`;
export const duplicateNonce = (nonce: number): string => `Invalid nonce: duplicate nonce ${nonce}`;
export const nonceTooLow = (nonce: number, least: number): string => `Invalid nonce: nonce too low ${nonce} < ${least}`;
export const nonceTooHigh = (nonce: number, most: number): string => `Invalid nonce: nonce too high ${nonce} > ${most}`;
export const tooManyRequests = (used: number, cap: number, volume: string): string =>
  `Too many cumulative requests sent (${used} > ${cap}) for cumulative volume traded $${volume}. Place taker orders to free up 1 request per USDC traded.`;
export const scheduleNeedsVolume = (required: string, traded: string): string =>
  `Cannot set scheduled cancel time until enough volume traded. Required: $${required}. Traded: $${traded}.`;

/** The 422 body of both routes. */
export const UNDESERIALIZABLE = 'Failed to deserialize the JSON body into the target type';
