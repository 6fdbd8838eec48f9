import { describe, expect, it } from 'vitest';
import { MISSING_ORDER, ORDER_TEXTS, REJECTIONS, REQUEST_TEXTS } from '../exchange/texts';
import { refusalOf } from './refusals';

describe('a refusal of the simulated venue as a code of the port', () => {
  it.each([
    [`${REJECTIONS.perpMarginRejected} asset=0`, 'margin'],
    [`${REJECTIONS.iocCancelRejected} asset=2`, 'ioc_no_match'],
    [REJECTIONS.reduceOnlyRejected, 'reduce_only'],
    ['Order must have minimum value of $10. asset=5', 'min_notional'],
    ['User or API Wallet 0x00 does not exist.', 'unknown_signer'],
    ['Invalid nonce: duplicate nonce 7', 'nonce_duplicate'],
    ['Invalid nonce: nonce too low: 7 < 8', 'nonce_too_low'],
    [REQUEST_TEXTS.expired, 'expired'],
    [ORDER_TEXTS.halted, 'halted'],
    [MISSING_ORDER, 'missing_order'],
    ['Something nobody has seen', 'other'],
    ['', 'other'],
  ])('%s', (text, code) => {
    expect(refusalOf(text)).toBe(code);
  });
});
