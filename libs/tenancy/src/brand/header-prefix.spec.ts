import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEADER_PREFIX_MAX_CHARS, OWN_HEADERS, parseHeaderPrefix, prefixedHeader } from './header-prefix';

describe('a header prefix', () => {
  it.each([
    ['Acme', 'good'],
    ['acme-trading', 'good'],
    ['A1', 'good'],
    ['N26-Copy', 'good'],
    ['A'.repeat(HEADER_PREFIX_MAX_CHARS), 'good'],
    ['A'.repeat(HEADER_PREFIX_MAX_CHARS + 1), 'not_a_token'],
    ['A', 'not_a_token'],
    ['', 'not_a_token'],
    ['1Acme', 'not_a_token'],
    ['-Acme', 'not_a_token'],
    ['Acme-', 'not_a_token'],
    ['Ac--me', 'not_a_token'],
    ['Ac me', 'not_a_token'],
    ['Acme:', 'not_a_token'],
    ['Acme\r\nSet-Cookie', 'not_a_token'],
    ['Acmé', 'not_a_token'],
    ['Ac_me', 'not_a_token'],
    ['X', 'not_a_token'],
    ['x-acme', 'reserved'],
    ['Sec-Acme', 'reserved'],
    ['SEC', 'reserved'],
    ['Content', 'reserved'],
    ['Access-Control', 'reserved'],
    ['Proxy', 'reserved'],
    ['Idempotency', 'reserved'],
    ['RateLimit', 'reserved'],
    ['Api', 'reserved'],
  ])('%j is %s', (text, expected) => {
    const parsed = parseHeaderPrefix(text);
    expect(parsed).toEqual(expected === 'good' ? { ok: true, value: text } : { ok: false, error: expected });
  });

  it('that is taken spells a field name, and never one of ours or another prefix’s', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{1,23}$/), (text) => {
        const prefix = parseHeaderPrefix(text);
        if (!prefix.ok) return;
        const names = OWN_HEADERS.map((name) => prefixedHeader(prefix.value, name));
        expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(OWN_HEADERS.length);
        for (const name of names) {
          expect(name).toMatch(/^[A-Za-z][A-Za-z0-9-]*$/);
          expect(OWN_HEADERS.map((own) => own.toLowerCase())).not.toContain(name.toLowerCase());
        }
      }),
    );
  });

  it('takes the place of `X-` and stands before everything else', () => {
    expect(OWN_HEADERS.map((name) => prefixedHeader('Acme', name))).toEqual([
      'Acme-Request-Id',
      'Acme-Original-Request-Id',
      'Acme-Timestamp',
      'Acme-Signature',
      'Acme-Api-Version',
      'Acme-Idempotency-Replayed',
      'Acme-Sandbox-Fault',
    ]);
  });
});
