import { REJECT_CODES, type RejectCode } from '../port';

/*
 * The venue says why in English. These are its texts (facts §8), matched by their unchanging part, so that a new asset suffix or number does not matter.
 * A text nobody has seen is `other`: refused all the same, and logged by the caller.
 */
const TEXTS: readonly (readonly [RegExp, RejectCode])[] = [
  [/^Price must be divisible by tick size/, 'tick'],
  [/^Order must have minimum value of/, 'min_notional'],
  [/^Insufficient margin to place order/, 'margin'],
  [/insufficient spot balance/i, 'margin'],
  [/^Reduce only order would increase position/, 'reduce_only'],
  [/^Post only order would have immediately matched/, 'post_only_would_match'],
  [/^Order could not immediately match/, 'ioc_no_match'],
  [/^No liquidity available for market order/, 'no_liquidity'],
  [/open interest/, 'open_interest_cap'],
  [/^(?:Order )?[Pp]rice too far from oracle/, 'oracle_distance'],
  [/^Order price cannot be more than 80% away/, 'oracle_distance'],
  [/^Order would cause position to exceed margin tier limit/, 'position_tier'],
  [/^Order has zero size/, 'zero_size'],
  [/^Order has invalid size/, 'invalid_size'],
  [/^Order has invalid price/, 'invalid_price'],
  [/^Builder fee has not been approved/, 'builder_not_approved'],
  [/^Builder has insufficient balance to be approved/, 'builder_not_approved'],
  [/^User or API Wallet .* does not exist/, 'unknown_signer'],
  [/^Must deposit before performing actions/, 'no_deposit'],
  [/^Unable to recover signer/, 'bad_signature'],
  [/^Invalid nonce: duplicate nonce/, 'nonce_duplicate'],
  [/^Invalid nonce: nonce too low/, 'nonce_too_low'],
  [/^Action already expired/, 'expired'],
  [/^Too many cumulative requests sent/, 'address_rate_limited'],
  [/^(?:429|too many pending post requests)/i, 'ip_rate_limited'],
  [/^Cannot switch leverage type with open position/, 'margin_mode_locked'],
  [/^Cross margin is not allowed/, 'cross_not_allowed'],
  [/does not have sufficient margin available to decrease leverage/, 'leverage_margin'],
  [/^Cannot remove isolated margin/, 'isolated_margin'],
  [/^Position does not use isolated margin/, 'isolated_margin'],
  [/^Invalid TP\/SL price/, 'bad_trigger'],
  [/^Cannot set scheduled cancel time until enough volume traded/, 'account_not_eligible'],
  [/^Action disabled when unified account is active/, 'account_not_eligible'],
  [/^Only leader can perform this vault action/, 'account_not_eligible'],
  [/^User has pending agent removal/, 'agent_removal_pending'],
  [/^Extra agent already used/, 'agent_used'],
  [/leverage/i, 'leverage'],
  [/^Only post-only orders allowed/, 'post_only_period'],
  [/^Trading is halted/, 'halted'],
  [/^Too many open orders/i, 'too_many_open_orders'],
  [/^Order was never placed, already canceled, or filled/, 'missing_order'],
];

/**
 * The code of a refusal text, per order or for a whole request; the prefix `L1 error: ` and the suffix ` asset=<n>` do not matter.
 * `nonce_duplicate` means that an action with this nonce was processed before: not a refusal of the order itself.
 */
export function classifyReject(text: string): RejectCode {
  const bare = text.replace(/^L1 error: /, '');
  for (const [pattern, code] of TEXTS) if (pattern.test(bare)) return code;
  return 'other';
}

const CODE_INDEX: ReadonlyMap<RejectCode, number> = new Map(REJECT_CODES.map((code, index) => [code, index]));

/** The journaled column code of a reject code. */
export function rejectCodeIndex(code: RejectCode): number {
  return CODE_INDEX.get(code) ?? 0;
}
