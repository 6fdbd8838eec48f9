import { type Random, unwrap } from '@lockstep/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatApiKey, keyHint, newApiKey, parseApiKey } from './api-key';
import { BASE62, toBase62 } from './base62';
import { crc32 } from './crc32';

const seeded = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
  return { bytes: (length) => Uint8Array.from({ length }, () => next() >>> 24), below: (below) => Math.floor((next() / 2 ** 32) * below) };
};

const KID = 'Ab3dE6gH9j';
const SECRET = '0123456789ABCDEFGHIJKLMNOPQRST';

describe('CRC-32', () => {
  it.each([
    ['123456789', 0xcbf43926],
    ['', 0],
    ['a', 0xe8b7be43],
    ['The quick brown fox jumps over the lazy dog', 0x414fa339],
  ])('of %j', (text, expected) => {
    expect(crc32(text)).toBe(expected);
  });

  it('fills six base62 digits, padded on the left', () => {
    expect(toBase62(0, 6)).toBe('000000');
    expect(toBase62(61, 6)).toBe('00000z');
    expect(toBase62(62, 6)).toBe('000010');
    expect(toBase62(0xffffffff, 6)).toBe('4gfFC3');
  });
});

describe('API key', () => {
  const key = formatApiKey('tenant', 'test', KID, SECRET);

  it('has the documented shape and reads back', () => {
    expect(key).toMatch(/^ctk_test_[0-9A-Za-z]{46}$/);
    expect(parseApiKey(key)).toEqual({ ok: true, value: { kind: 'tenant', environment: 'test', kid: KID, key } });
  });

  const body = (text: string): string => text + toBase62(crc32(text), 6);
  it.each([
    ['', 'malformed'],
    ['ctk_test_short', 'malformed'],
    [`${key} `, 'malformed'],
    [key.replace('A', '-'), 'malformed'],
    [key.repeat(2), 'malformed'],
    [body(`abc_test_${KID}${SECRET}`), 'unknown_prefix'],
    [body(`ctk_prod_${KID}${SECRET}`), 'unknown_environment'],
    [key.replace('_test_', '_live_'), 'bad_checksum'],
    [key.replace('ctk', 'lop'), 'bad_checksum'],
  ])('%j is refused as %s', (text, error) => {
    expect(parseApiKey(text)).toEqual({ ok: false, error });
  });

  it('of the former prefix is a tenant’s key still, and hinted at by its own', () => {
    const former = body(`lsk_live_${KID}${SECRET}`);
    const parsed = unwrap(parseApiKey(former), 'a former key');
    expect(parsed).toEqual({ kind: 'tenant', environment: 'live', kid: KID, key: former });
    expect(keyHint(parsed)).toBe(`lsk_live_${KID}…`);
  });

  it('any single changed character is noticed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 9, max: key.length - 1 }), fc.integer({ min: 0, max: 61 }), (at, digit) => {
        const changed = key.slice(0, at) + BASE62.charAt(digit) + key.slice(at + 1);
        expect(parseApiKey(changed).ok).toBe(changed === key);
      }),
    );
  });

  it('new keys parse, differ and hint nothing of the secret', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.constantFrom('live' as const, 'test' as const),
        fc.constantFrom('tenant' as const, 'operator' as const),
        (seed, env, kind) => {
          const random = seeded(seed);
          const made = newApiKey(kind, env, random);
          expect(unwrap(parseApiKey(made.key), 'own key')).toEqual(made);
          expect(newApiKey(kind, env, random).key).not.toBe(made.key);
          expect(made.key.startsWith(keyHint(made).slice(0, -1))).toBe(true);
          expect(keyHint(made).length).toBeLessThan(22);
        },
      ),
    );
  });
});
