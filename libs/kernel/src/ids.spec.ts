import { describe, expect, it } from 'vitest';
import { ID_PREFIXES, type IdKind, isId, makeId } from './ids';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** The 128 bits as one number, five bits a digit. */
function plainly(timeMs: number, random: Uint8Array): string {
  let bits = random.reduce((sum, byte) => (sum << 8n) | BigInt(byte), BigInt(timeMs));
  let body = '';
  for (let index = 0; index < 26; index += 1) {
    body = ALPHABET[Number(bits & 31n)] + body;
    bits >>= 5n;
  }
  return `cpy_${body}`;
}

describe('an id', () => {
  it.each([0, 1, 31, 32, 1_790_000_000_000, 2 ** 47, 2 ** 48 - 1])('of time %i is its bits in base32, whatever the random bytes', (timeMs) => {
    for (let step = 0; step < 256; step += 1) {
      const random = Uint8Array.from({ length: 10 }, (_, index) => (step * (2 * index + 1) + 85 * index) & 0xff);
      const id = makeId('copy', timeMs, random);
      expect(id).toBe(plainly(timeMs, random));
      expect(isId('copy', id)).toBe(true);
    }
  });

  it('sorts by time', () => {
    const ids = [0, 1, 33, 1_024, 1_790_000_000_000, 1_790_000_000_001].map((timeMs) => makeId('event', timeMs, new Uint8Array(10).fill(timeMs % 7)));
    expect([...ids].sort()).toEqual(ids);
  });

  it('has a prefix of three letters that no other kind has, faults of sandboxes among them', () => {
    const kinds = Object.keys(ID_PREFIXES) as IdKind[];
    const ids = kinds.map((kind) => makeId(kind, 1, new Uint8Array(10)));
    expect(ids.every((id) => /^[a-z]{3}_/.test(id))).toBe(true);
    for (const [index, kind] of kinds.entries()) expect(ids.filter((id) => isId(kind, id))).toEqual([ids[index]]);
    expect(makeId('sandboxFault', 1, new Uint8Array(10)).slice(0, 4)).toBe('flt_');
  });
});
