import { err, ok } from '@lockstep/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { secret } from '../log/secret';
import { keyedSeal, lookupDigest, makeDataKey } from './keyed-seal';
import { sealingContext } from './sealed-box';

const context = sealingContext('ten_1', 'test', 'flw_1');
const text = new TextEncoder().encode('anna@example.org');

describe('a seal under a key of its own', () => {
  const key = makeDataKey();
  const seal = keyedSeal(key);

  it('opens for its key and context, whatever it holds, and differs each time', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (bytes, where) => {
        const sealed = seal.seal(bytes, where);
        expect(seal.open(sealed, where)).toEqual(ok(bytes));
        expect(seal.seal(bytes, where)).not.toEqual(sealed);
      }),
      { numRuns: 50 },
    );
  });

  it('shows nothing of what it holds', () => {
    expect(Buffer.from(seal.seal(text, context)).includes(Buffer.from(text))).toBe(false);
  });

  it.each([
    ['another follower', sealingContext('ten_1', 'test', 'flw_2')],
    ['another environment', sealingContext('ten_1', 'live', 'flw_1')],
    ['another tenant', sealingContext('ten_2', 'test', 'flw_1')],
  ])('does not open for %s', (_what, other) => {
    expect(seal.open(seal.seal(text, context), other)).toEqual(err('damaged'));
  });

  it('does not open with another key, with any bit changed, cut short, or empty', () => {
    const sealed = seal.seal(text, context);
    expect(keyedSeal(makeDataKey()).open(sealed, context)).toEqual(err('damaged'));
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Uint8Array.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 0x10;
      expect(seal.open(changed, context).ok, `byte ${index}`).toBe(false);
    }
    expect(seal.open(sealed.slice(0, 20), context)).toEqual(err('malformed'));
    expect(seal.open(new Uint8Array(), context)).toEqual(err('malformed'));
  });

  it('takes no key of another length', () => {
    expect(() => keyedSeal(secret(new Uint8Array(31)))).toThrow('32 bytes');
  });

  it('finds the same text again by a digest that differs from key to key', () => {
    expect(lookupDigest(key, 'anna')).toEqual(lookupDigest(key, 'anna'));
    expect(lookupDigest(key, 'anna')).not.toEqual(lookupDigest(key, 'anna '));
    expect(lookupDigest(key, 'anna')).not.toEqual(lookupDigest(makeDataKey(), 'anna'));
    expect(lookupDigest(key, 'anna')).toHaveLength(32);
  });
});
