import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatUnits, mulDiv, mulDivAway, NOT_A_DECIMAL, parseUnits, TOO_LARGE, TOO_MANY_DECIMALS } from './decimals';
import { SmallMap } from './small-map';
import { TriggerHeap } from './trigger-heap';

describe('units', () => {
  const rows: readonly (readonly [string, number, number])[] = [
    ['1670.1', 1, 16_701],
    ['0.0147', 4, 147],
    ['100', 0, 100],
    ['100.00', 0, 100],
    ['1.23', 1, TOO_MANY_DECIMALS],
    ['', 2, NOT_A_DECIMAL],
    ['.5', 2, NOT_A_DECIMAL],
    ['5.', 2, NOT_A_DECIMAL],
    ['-1', 2, NOT_A_DECIMAL],
    ['1e5', 2, NOT_A_DECIMAL],
    ['1.2.3', 2, NOT_A_DECIMAL],
    ['99999999999999999999', 2, TOO_LARGE],
  ];
  for (const [text, decimals, units] of rows)
    it(`${JSON.stringify(text)} at ${decimals} decimals is ${units}`, () => {
      expect(parseUnits(text, decimals)).toBe(units);
    });

  it('survive being written and read', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 50 }), fc.integer({ min: 0, max: 10 }), (units, decimals) => {
        const text = formatUnits(units, decimals);
        expect(text).toMatch(/^\d+\.\d+$/);
        expect(parseUnits(text, decimals)).toBe(units);
      }),
    );
  });

  it('mulDiv agrees with big integers on both sides of 2^53', () => {
    const number = fc.integer({ min: -(2 ** 40), max: 2 ** 40 });
    fc.assert(
      fc.property(number, number, fc.integer({ min: 1, max: 2 ** 40 }), (a, b, c) => {
        const product = BigInt(a) * BigInt(b);
        fc.pre(Number.isSafeInteger(Number(product / BigInt(c))));
        expect(BigInt(mulDiv(a, b, c))).toBe(product / BigInt(c));
        const away = product % BigInt(c) === 0n ? product / BigInt(c) : product / BigInt(c) + (product < 0n ? -1n : 1n);
        expect(BigInt(mulDivAway(a, b, c))).toBe(away);
      }),
    );
  });
});

describe('a small map', () => {
  it('does what a map does', () => {
    const step = fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 20 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const model = new Map<number, number>();
        const small = new SmallMap<number, number>();
        steps.forEach(([put, key], at) => {
          if (put) {
            model.set(key, at);
            small.set(key, at);
          } else expect(small.delete(key)).toBe(model.delete(key));
          expect(small.get(key)).toBe(model.get(key));
          expect(small.has(key)).toBe(model.has(key));
        });
        expect(small.size).toBe(model.size);
        expect([...small.keys()]).toEqual([...model.keys()]);
        expect([...small.values()]).toEqual([...model.values()]);
      }),
    );
  });
});

describe('a trigger heap', () => {
  it('gives each current item once, lowest key first, and no outdated one', () => {
    const put = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: -50, max: 50 }));
    fc.assert(
      fc.property(fc.array(put, { maxLength: 400 }), fc.integer({ min: -60, max: 60 }), (puts, limit) => {
        const items = Array.from({ length: 10 }, (_, name) => ({ name, stamp: 0, key: 1_000 }));
        const heap = new TriggerHeap<(typeof items)[number]>((item) => item.stamp);
        for (const [name, key] of puts) {
          const item = items[name];
          if (item === undefined) continue;
          item.stamp += 1;
          item.key = key;
          heap.push(key, item, items.length);
        }
        const due = heap.popThrough(limit);
        expect(due.map((item) => item.key)).toEqual(
          items
            .map((item) => item.key)
            .filter((key) => key <= limit)
            .sort((a, b) => a - b),
        );
        expect(new Set(due).size).toBe(due.length);
      }),
    );
  });
});
