import { describe, expect, it } from 'vitest';
import { evenSteps, pricedAt, thinLevels, unevenSteps } from './price-steps';
import { cutTo } from './trades';

describe('the steps of a scenario', () => {
  it('end exactly where they are to end, in the time they have', () => {
    const even = evenSteps(-20, 120_000, 2_000);
    expect([even.length, even.at(0), even.at(-1)]).toEqual([60, { percent: -20 / 60, afterMs: 0 }, { percent: -20, afterMs: 2_000 }]);
    expect(evenSteps(10, 500, 2_000)).toEqual([{ percent: 10, afterMs: 0 }]);
  });

  it('are drawn from the seed: the same path for the same seed, another for another', () => {
    const path = (seed: number) => unevenSteps(10, 60_000, 2_000, seed);
    expect(path(7)).toEqual(path(7));
    expect(path(7)).not.toEqual(path(8));
    for (const seed of [0, 1, 7, 4_294_967_295]) {
      expect(path(seed).at(-1)?.percent).toBe(10);
      for (const { percent } of path(seed)) expect(Math.abs(percent)).toBeLessThan(30);
    }
  });

  it.each([
    ['66300', -20, 1, '53040'],
    ['66300', 0.5, 1, '66632'],
    ['3.1234', 10, 4, '3.4357'],
    ['0.00012345', -50, 6, '0.000062'],
    ['101.5', 1, 2, '102.52'],
  ])('moves %s by %s%% to a price with at most %s decimals and five figures', (mark, percent, decimals, price) => {
    expect(pricedAt(mark, percent, decimals)).toBe(price);
  });

  it('leaves five thin levels on each side, the nearest first', () => {
    const { bids, asks } = thinLevels('100', 50, { sizeDecimals: 2, priceDecimals: 4 });
    expect(bids.map(({ price }) => price)).toEqual(['99.5', '99', '98.5', '98', '97.5']);
    expect(asks[0]).toEqual({ price: '100.5', size: '0.50' });
  });

  it.each([
    ['0.123456', 3, '0.123'],
    ['5', 0, '5'],
    ['1.200', 3, '1.2'],
    ['0.0004', 3, '0'],
  ])('cuts %s to %s decimals as %s', (decimal, decimals, cut) => {
    expect(cutTo(decimal, decimals)).toBe(cut);
  });
});
