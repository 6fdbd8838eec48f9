import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packClientOrderId, unpackClientOrderId } from './client-order-id';
import { copyRank, rankedOrder, waveKey } from './wave-order';

const seed = Uint8Array.from({ length: 32 }, (_, index) => index * 7);

describe('order of a wave', { timeout: 60_000 }, () => {
  it('is a permutation and depends on seed, wave and copies alone', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.integer({ min: 1, max: 2 ** 47 }),
        fc.integer({ min: 0, max: 500 }),
        (bytes, wave, count) => {
          const copies = Float64Array.from({ length: count }, (_, index) => index + 1);
          const order = rankedOrder(waveKey(bytes, wave), copies, count);
          expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index));
          expect(rankedOrder(waveKey(bytes, wave), copies, count)).toEqual(order);
        },
      ),
    );
  });

  it('is ascending by rank, and by place where ranks are equal', () => {
    const copyNos = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 3_000 });
    fc.assert(
      fc.property(copyNos, fc.integer({ min: 1, max: 2 ** 47 }), (numbers, wave) => {
        const key = waveKey(seed, wave);
        const rank = (index: number): number => copyRank(key, numbers[index] ?? 0);
        const ascending = numbers.map((_, index) => index).sort((a, b) => rank(a) - rank(b) || a - b);
        expect([...rankedOrder(key, Float64Array.from(numbers), numbers.length)]).toEqual(ascending);
      }),
    );
  });

  it('gives every copy every place equally often (χ² of 12 copies over 12,000 waves, seed 0, 7, 14 …)', () => {
    const copies = Float64Array.from({ length: 12 }, (_, index) => 1_000 + index);
    const seen = new Float64Array(144);
    for (let wave = 1; wave <= 12_000; wave += 1)
      for (const [place, copy] of rankedOrder(waveKey(seed, wave), copies, 12).entries())
        seen[copy * 12 + place] = (seen[copy * 12 + place] ?? 0) + 1;
    const squared = seen.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);
    // 121 degrees of freedom: mean 121, deviation about 15.6.
    expect(squared).toBeLessThan(121 + 5 * 15.6);
  });

  it('ranks a copy the same whoever else is in the wave', () => {
    const key = waveKey(seed, 9);
    expect(copyRank(key, 5)).toBe(copyRank(waveKey(Uint8Array.from(seed), 9), 5));
    expect(copyRank(key, 5)).not.toBe(copyRank(waveKey(seed, 10), 5));
    expect(copyRank(key, 5)).not.toBe(copyRank(key, 5 + 2 ** 32));
  });
});

describe('client order ids', () => {
  const identity = fc.record({
    instance: fc.integer({ min: 0, max: 2 ** 16 - 1 }),
    wave: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    copyNo: fc.integer({ min: 0, max: 2 ** 40 - 1 }),
    leg: fc.integer({ min: 0, max: 255 }),
    attempt: fc.integer({ min: 0, max: 2 ** 16 - 1 }),
  });

  it('are injective: unpacking gives every part back', () => {
    fc.assert(
      fc.property(identity, (parts) => {
        const text = packClientOrderId(parts);
        expect(text).toMatch(/^0x[0-9a-f]{32}$/);
        expect(unpackClientOrderId(text)).toEqual(parts);
      }),
    );
  });

  it('refuse parts that do not fit, and texts that are none', () => {
    const parts = { instance: 1, wave: 2, copyNo: 3, leg: 4, attempt: 5 };
    expect(() => packClientOrderId({ ...parts, attempt: 2 ** 16 })).toThrow('attempt');
    expect(() => packClientOrderId({ ...parts, wave: 2 ** 48 })).toThrow('wave');
    expect(unpackClientOrderId('0x12')).toBeNull();
  });
});
