/** Texts of refused single orders, keyed by the lifecycle status the order then carries. The venue appends ` asset=<n>`. */
export const REJECTIONS = {
  tickRejected: 'Price must be divisible by tick size.',
  minTradeNtlRejected: 'Order must have minimum value of $10.',
  perpMarginRejected: 'Insufficient margin to place order.',
  reduceOnlyRejected: 'Reduce only order would increase position.',
  iocCancelRejected: 'Order could not immediately match against any resting orders.',
  badTriggerPxRejected: 'Invalid TP/SL price.',
  marketOrderNoLiquidityRejected: 'No liquidity available for market order.',
  oracleRejected: 'Price too far from oracle',
  perpMaxPositionRejected: 'Order would cause position to exceed margin tier limit at current leverage',
  tooManyOpenOrdersRejected: 'Too many open orders',
} as const;

/** A post-only order that would have traded: the best prices then stand in the text. */
export const badAloPrice = (bid: string, ask: string): string => `Post only order would have immediately matched, bbo was ${bid}@${ask}.`;

/** Refusals of a single order that leave no order behind. */
export const ORDER_TEXTS = {
  zeroSize: 'Order has zero size.',
  invalidSize: 'Order has invalid size.',
  invalidPrice: 'Order has invalid price.',
  farFromReference: 'Order price cannot be more than 80% away from the reference price',
  halted: 'Trading is halted.',
  duplicateCloid: 'Duplicate client order id.',
  unknownAsset: 'Order has invalid asset.',
} as const;

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
  invalidDestination: 'Invalid destination.',
  wrongChain: 'Invalid chain for this network.',
  nonceMismatch: 'Inner nonce does not match outer nonce.',
  postOnlyPeriod: 'Only post-only orders allowed immediately after a network upgrade',
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
