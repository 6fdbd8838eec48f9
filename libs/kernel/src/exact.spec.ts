import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_EXACT, mulDivCeil, mulDivFloor } from './exact';

const whole = fc.oneof(
  fc.maxSafeNat(),
  fc.integer({ min: 0, max: 1000 }),
  fc.integer({ min: 0, max: 53 }).map((bits) => Math.max(0, 2 ** bits - 1)),
  fc.integer({ min: 0, max: 15 }).map((zeros) => 10 ** zeros),
);
const divisor = fc.oneof(
  fc.integer({ min: 1, max: 10_000 }),
  fc.maxSafeNat().map((value) => 1 + (value % 2 ** 51)),
  fc.integer({ min: 0, max: 15 }).map((zeros) => 10 ** zeros),
);
const bounded = (value: bigint): number => (value > BigInt(MAX_EXACT) ? MAX_EXACT : Number(value));

describe('a · b ÷ c over doubles', { timeout: 60_000 }, () => {
  it('equals the integers, rounded down, saturating', () => {
    fc.assert(
      fc.property(whole, whole, divisor, (a, b, c) => {
        expect(mulDivFloor(a, b, c)).toBe(bounded((BigInt(a) * BigInt(b)) / BigInt(c)));
      }),
      { numRuns: 3_000 },
    );
  });

  it('equals the integers, rounded up, saturating', () => {
    fc.assert(
      fc.property(whole, whole, divisor, (a, b, c) => {
        expect(mulDivCeil(a, b, c)).toBe(bounded((BigInt(a) * BigInt(b) + BigInt(c) - 1n) / BigInt(c)));
      }),
      { numRuns: 3_000 },
    );
  });

  it('is exact within a few units of the bound where it saturates', () => {
    fc.assert(
      fc.property(divisor, fc.integer({ min: 0, max: 12 }), fc.integer({ min: -3, max: 3 }), (c, below, off) => {
        const a = Math.max(1, c + off);
        const b = MAX_EXACT - below;
        const product = BigInt(a) * BigInt(b);
        expect(mulDivFloor(a, b, c)).toBe(bounded(product / BigInt(c)));
        expect(mulDivCeil(a, b, c)).toBe(bounded((product + BigInt(c) - 1n) / BigInt(c)));
      }),
      { numRuns: 20_000, examples: [[47, 1, 0]] },
    );
  });

  it('is exact where the quotient is whole and one unit below it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.integer({ min: 1, max: 2 ** 30 }), (a, c) => {
        expect(mulDivFloor(a * 1024, c, c)).toBe(a * 1024);
        expect(mulDivFloor(a, c - 1, c)).toBe(Number((BigInt(a) * BigInt(c - 1)) / BigInt(c)));
      }),
    );
  });
});
