import { describe, expect, it } from 'vitest';
import { failureOf } from './classify';

const envelope = (code: string, message = '') => ({ error: { code, message } });

describe('failures of the Provider API', () => {
  it.each([
    [401, 'SIGNATURE_ERROR', '', 'unknown_signer'],
    [401, 'SESSION_EXPIRED', '', 'unknown_signer'],
    [401, 'INVALID_API_KEY', 'API key has expired', 'other'],
    [400, 'INVALID_ORDER', 'Price must be divisible by tick size. asset=0', 'tick'],
    [400, 'INVALID_ORDER', 'something new', 'invalid_price'],
    [404, 'ORDER_NOT_FOUND', '', 'missing_order'],
    [422, 'INSUFFICIENT_MARGIN', '', 'margin'],
    [422, 'SIZE_TOO_SMALL', '', 'min_notional'],
    [422, 'PRICE_TOO_FAR', '', 'oracle_distance'],
    [422, 'REDUCE_ONLY_REJECTED', '', 'reduce_only'],
    [422, 'MAX_LEVERAGE_EXCEEDED', '', 'leverage'],
    [422, 'TOO_MANY_ORDERS', '', 'too_many_open_orders'],
    [422, 'ORDER_REJECTED', 'Order could not immediately match against any resting orders. asset=0', 'ioc_no_match'],
    [422, 'ORDER_REJECTED', 'Invalid nonce: duplicate nonce 12', 'nonce_duplicate'],
    [422, 'ORDER_REJECTED', 'a text nobody has seen', 'other'],
    [429, 'RATE_LIMITED', 'Rate limit exceeded. Try again in 7 seconds.', 'ip_rate_limited'],
  ])('%i %s "%s" is refused as %s', (status, code, message, expected) => {
    expect(failureOf(status, envelope(code, message))).toMatchObject({ kind: 'rejected', code: expected });
  });

  it.each([
    [503, envelope('PROVIDER_UNAVAILABLE')],
    [502, envelope('PROVIDER_ERROR')],
    [500, envelope('INTERNAL_ERROR')],
    [422, envelope('A_CODE_OF_TOMORROW')],
    [504, undefined],
    [400, '<html>'],
  ])('%i %j proves nothing', (status, body) => {
    expect(failureOf(status, body).kind).toBe('unknown');
  });
});
