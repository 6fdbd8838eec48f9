import type { RejectCode } from '@lockstep/venues/port';
import { MISSING_ORDER, NOT_MODIFIABLE, ORDER_TEXTS, REJECTIONS, REQUEST_TEXTS } from '../exchange/texts';

/** Codes of the world's own texts. What begins like one of them is it: texts carry asset numbers, prices and addresses behind their beginning. */
const CODES: readonly (readonly [string, RejectCode])[] = [
  [REJECTIONS.tickRejected, 'tick'],
  ['Order must have minimum value', 'min_notional'],
  [REJECTIONS.perpMarginRejected, 'margin'],
  [REJECTIONS.reduceOnlyRejected, 'reduce_only'],
  ['Post only order would have immediately matched', 'post_only_would_match'],
  [REJECTIONS.iocCancelRejected, 'ioc_no_match'],
  [REJECTIONS.marketOrderNoLiquidityRejected, 'no_liquidity'],
  [REJECTIONS.positionIncreaseAtOpenInterestCapRejected, 'open_interest_cap'],
  [REJECTIONS.tooAggressiveAtOpenInterestCapRejected, 'open_interest_cap'],
  [REJECTIONS.openInterestIncreaseRejected, 'open_interest_cap'],
  [REJECTIONS.oracleRejected, 'oracle_distance'],
  [ORDER_TEXTS.farFromReference, 'oracle_distance'],
  [REJECTIONS.perpMaxPositionRejected, 'position_tier'],
  [REJECTIONS.tooManyOpenOrdersRejected, 'too_many_open_orders'],
  [REJECTIONS.badTriggerPxRejected, 'bad_trigger'],
  [ORDER_TEXTS.zeroSize, 'zero_size'],
  [ORDER_TEXTS.invalidSize, 'invalid_size'],
  [ORDER_TEXTS.invalidPrice, 'invalid_price'],
  [ORDER_TEXTS.halted, 'halted'],
  [REQUEST_TEXTS.builderNotApproved, 'builder_not_approved'],
  [REQUEST_TEXTS.builderPoor, 'builder_not_approved'],
  ['User or API Wallet', 'unknown_signer'],
  ['Must deposit', 'no_deposit'],
  ['Invalid nonce: duplicate', 'nonce_duplicate'],
  ['Invalid nonce: nonce too low', 'nonce_too_low'],
  [REQUEST_TEXTS.expired, 'expired'],
  ['Too many cumulative requests', 'address_rate_limited'],
  [REQUEST_TEXTS.switchWithPosition, 'margin_mode_locked'],
  [REQUEST_TEXTS.noCross, 'cross_not_allowed'],
  [REQUEST_TEXTS.isolatedShort, 'leverage_margin'],
  [REQUEST_TEXTS.crossShort, 'leverage_margin'],
  [REQUEST_TEXTS.invalidLeverage, 'leverage'],
  [REQUEST_TEXTS.noMarginRemoval, 'isolated_margin'],
  [REQUEST_TEXTS.notIsolated, 'isolated_margin'],
  [REQUEST_TEXTS.postOnlyPeriod, 'post_only_period'],
  [MISSING_ORDER, 'missing_order'],
  [NOT_MODIFIABLE, 'missing_order'],
];

/** The port's code of a refusal text; `other` for one that has none. */
export const refusalOf = (text: string): RejectCode => CODES.find(([beginning]) => text.startsWith(beginning))?.[1] ?? 'other';
