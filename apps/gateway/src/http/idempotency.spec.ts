import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintOf, idempotencyKeyOf } from './idempotency';
import { ProblemException } from './problem-exception';

const keyOf = (idempotencyHeader: string | null) => idempotencyKeyOf({ idempotencyHeader });
const printable = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), minLength: 1, maxLength: 255 });
const quoted = (key: string): string => `"${key.replaceAll(/["\\]/g, '\\$&')}"`;

describe('the key of a request', () => {
  it('of any printable text is read back from the string of a structured field', () => {
    fc.assert(
      fc.property(printable, (key) => {
        expect(keyOf(quoted(key))).toBe(key);
      }),
    );
  });

  it('without quotes is the same one where it needs none', () => {
    fc.assert(
      fc.property(
        printable.filter((key) => /^[^\s"]+$/.test(key)),
        (key) => {
          expect(keyOf(key)).toBe(key);
          expect(keyOf(`  ${key} `)).toBe(key);
        },
      ),
    );
    expect(keyOf(null)).toBeNull();
  });

  it.each(['', '""', '"', '"a', 'a"', 'a"b', '"a" "b"', '"a","b"', 'a b', '"\\a"', '"a\\"', 'ä', '"ä"', '"a";B=1', `"${'a'.repeat(256)}"`])(
    'is not %j',
    (malformed) => expect(() => keyOf(malformed)).toThrow(ProblemException),
  );
});

describe('what a key stands for', () => {
  const request = { apiVersion: '2026-11-01', operation: 'POST /v1/leaders?a=1', body: { b: [1, { d: 2, c: null }], a: 'x' } };
  const print = (more: object = {}) => fingerprintOf({ ...request, ...more }).toString('hex');

  it('is the version, the operation and the body, whatever order its members have', () => {
    expect(print({ body: { a: 'x', b: [1, { c: null, d: 2 }] } })).toBe(print());
    const others = [
      { apiVersion: '2026-05-01' },
      { operation: 'PATCH /v1/leaders?a=1' },
      { operation: 'POST /v1/leaders' },
      { body: { ...request.body, a: 'y' } },
      { body: { ...request.body, b: [{ d: 2, c: null }, 1] } },
      { body: {} },
    ];
    expect(new Set([print(), ...others.map(print)]).size).toBe(others.length + 1);
  });
});
