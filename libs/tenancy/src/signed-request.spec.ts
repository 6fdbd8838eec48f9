import { err, ok } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { isTimely, mustSign, readSignature, SIGNATURE_TOLERANCE_MS, signedText } from './signed-request';

const HEX = 'a'.repeat(64);

describe('a signed request', () => {
  it.each([
    ['nothing', 'POST', false],
    ['changes', 'GET', false],
    ['changes', 'HEAD', false],
    ['changes', 'POST', true],
    ['changes', 'PATCH', true],
    ['changes', 'delete', true],
    ['changes', 'PROPFIND', true],
    ['everything', 'GET', true],
  ] as const)('of a key that signs %s by %s has to be signed: %s', (demand, method, needed) => {
    expect(mustSign(demand, method)).toBe(needed);
  });

  it('has a line for each part', () => {
    const request = { timestamp: '1800000000000', method: 'post', target: '/v1/copies?x=1', bodySha256: HEX };
    expect(signedText(request)).toBe(`v1\n1800000000000\nPOST\n/v1/copies?x=1\n${HEX}`);
  });

  it.each([
    [null, `v1=${HEX}`, err('missing')],
    ['1800000000000', null, err('missing')],
    ['1800000000', `v1=${HEX}`, err('malformed')],
    ['1800000000000.5', `v1=${HEX}`, err('malformed')],
    ['1800000000000', HEX, err('malformed')],
    ['1800000000000', `v1=${HEX.toUpperCase()}`, err('malformed')],
    ['1800000000000', `v1=${HEX}`, ok({ timestamp: '1800000000000', signature: HEX })],
  ])('headers %j and %j read as %j', (timestamp, signature, read) => {
    expect(readSignature(timestamp, signature)).toEqual(read);
  });

  it('is timely up to the tolerance, early and late', () => {
    const now = 1_800_000_000_000;
    for (const [offset, timely] of [
      [SIGNATURE_TOLERANCE_MS, true],
      [-SIGNATURE_TOLERANCE_MS, true],
      [SIGNATURE_TOLERANCE_MS + 1, false],
      [-SIGNATURE_TOLERANCE_MS - 1, false],
    ] as const)
      expect(isTimely(String(now + offset), now)).toBe(timely);
  });
});
