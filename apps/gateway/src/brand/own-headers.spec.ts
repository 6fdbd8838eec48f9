import { describe, expect, it } from 'vitest';
import { brandedName, readPrefixed, withBranded } from './own-headers';

describe('header fields of ours under a prefix', () => {
  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['are read as ours', { 'acme-request-id': 'chosen-1' }, { 'x-request-id': 'chosen-1' }],
    [
      'of every kind',
      { 'acme-timestamp': '1', 'acme-signature': 'v1=0', 'acme-api-version': 'v' },
      { 'x-timestamp': '1', 'x-signature': 'v1=0', 'api-version': 'v' },
    ],
    ['may be sent beside ours', { 'acme-request-id': 'same', 'x-request-id': 'same' }, {}],
    ['of another prefix are nobody’s', { 'zenith-request-id': 'chosen' }, {}],
    ['that are not ours stay what they are', { 'acme-authorization': 'x', 'acme-host': 'y' }, {}],
  ])('%s', (_what, sent, added) => {
    const headers = { ...sent };
    expect(readPrefixed(headers, 'Acme')).toBeNull();
    expect(headers).toEqual({ ...sent, ...added });
  });

  it('that contradict ours are a fault, which names no value', () => {
    const fault = readPrefixed({ 'acme-request-id': 'secret-1', 'x-request-id': 'secret-2' }, 'Acme');
    expect(fault).toMatchObject({ pointer: 'header/acme-request-id', code: 'conflict' });
    expect(JSON.stringify(fault)).not.toContain('secret');
  });

  it('are answered beside ours, whatever the case they are set in, and no others are', () => {
    expect(withBranded('Acme', { 'X-Request-Id': '1', ETag: '"a"', RateLimit: 'r', 'Idempotency-Key': 'k' })).toEqual({
      'X-Request-Id': '1',
      'Acme-Request-Id': '1',
      ETag: '"a"',
      RateLimit: 'r',
      'Idempotency-Key': 'k',
    });
    expect([brandedName('Acme', 'x-request-id'), brandedName(null, 'X-Request-Id')]).toEqual(['Acme-Request-Id', null]);
  });
});
