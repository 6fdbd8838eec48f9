import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { venueData } from '@lockstep/platform/testing/venue-data';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { REJECT_CODES } from '../port';
import { classifyReject, rejectCodeIndex } from './classify';

describe('refusal texts', () => {
  it.each([
    ['Price must be divisible by tick size.', 'tick'],
    ['Order must have minimum value of $10.', 'min_notional'],
    ['Order must have minimum value of 10 USDC.', 'min_notional'],
    ['Insufficient margin to place order.', 'margin'],
    ['Reduce only order would increase position.', 'reduce_only'],
    ['Post only order would have immediately matched, bbo was 1.5@1.6.', 'post_only_would_match'],
    ['Order could not immediately match against any resting orders.', 'ioc_no_match'],
    ['No liquidity available for market order.', 'no_liquidity'],
    ['Order would increase open interest while open interest is capped', 'open_interest_cap'],
    ['Order rejected due to price more aggressive than oracle while at open interest cap', 'open_interest_cap'],
    ['Order would increase open interest too quickly', 'open_interest_cap'],
    ['Order price too far from oracle', 'oracle_distance'],
    ['Price too far from oracle asset=4', 'oracle_distance'],
    ['Order price cannot be more than 80% away from the reference price', 'oracle_distance'],
    ['Order would cause position to exceed margin tier limit at current leverage', 'position_tier'],
    ['Order has zero size.', 'zero_size'],
    ['Order has invalid size.', 'invalid_size'],
    ['Order has invalid price.', 'invalid_price'],
    ['Builder fee has not been approved.', 'builder_not_approved'],
    ['User or API Wallet 0x00000000000000000000000000000000000000aa does not exist.', 'unknown_signer'],
    ['Must deposit before performing actions. User: 0x00000000000000000000000000000000000000aa', 'no_deposit'],
    ['Unable to recover signer.', 'bad_signature'],
    ['Invalid nonce: duplicate nonce 1700000000000', 'nonce_duplicate'],
    ['Invalid nonce: nonce too low 1 < 1700000000000', 'nonce_too_low'],
    ['Action already expired', 'expired'],
    ['Too many cumulative requests sent (10001 > 10000) for cumulative volume traded $1.', 'address_rate_limited'],
    ['too many pending post requests id=7', 'ip_rate_limited'],
    ['429 null', 'ip_rate_limited'],
    ['Invalid leverage value', 'leverage'],
    ['Cannot switch leverage type with open position.', 'margin_mode_locked'],
    ['Cross margin is not allowed for this asset.', 'cross_not_allowed'],
    [
      'Isolated position does not have sufficient margin available to decrease leverage. To decrease leverage, add margin to the position.',
      'leverage_margin',
    ],
    [
      'Cross position does not have sufficient margin available to decrease leverage. To decrease leverage, deposit more collateral.',
      'leverage_margin',
    ],
    ['Cannot remove isolated margin for this asset. To remove margin, reduce the position.', 'isolated_margin'],
    ['Position does not use isolated margin.', 'isolated_margin'],
    ['Invalid TP/SL price.', 'bad_trigger'],
    ['Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $0.', 'account_not_eligible'],
    ['Action disabled when unified account is active', 'account_not_eligible'],
    ['Only post-only orders allowed immediately after a network upgrade', 'post_only_period'],
    ['Trading is halted.', 'halted'],
    ['Too many open orders', 'too_many_open_orders'],
    ['Order was never placed, already canceled, or filled.', 'missing_order'],
    ['A text nobody has seen', 'other'],
    ['User has pending agent removal', 'agent_removal_pending'],
    ['Extra agent already used.', 'agent_used'],
  ] as const)('%s is %s, with prefix and suffix too', (text, code) => {
    expect(classifyReject(text)).toBe(code);
    expect(classifyReject(`${text} asset=173`)).toBe(code);
    expect(classifyReject(`L1 error: ${text}`)).toBe(code);
  });

  it('codes keep their journaled index', () => {
    expect(REJECT_CODES.map(rejectCodeIndex)).toEqual(REJECT_CODES.map((_, index) => index));
    expect([rejectCodeIndex('none'), rejectCodeIndex('nonce_duplicate'), rejectCodeIndex('other')]).toEqual([0, 18, 27]);
  });
});

describe.skipIf(venueData() === null)('recorded refusal texts (needs VENUE_DATA_DIR)', () => {
  it('none is left without a code of its own', () => {
    const file = z.object({ errors: z.array(z.object({ type: z.string(), message: z.string() })) });
    const { errors } = file.parse(JSON.parse(readFileSync(join(venueData()?.dir ?? '', 'http/error-messages.json'), 'utf8')));
    const unnamed = errors.filter(({ message }) => classifyReject(message) === 'other').map(({ type }) => type);
    expect(errors.length).toBeGreaterThan(10);
    expect(unnamed).toEqual([]);
  });
});
