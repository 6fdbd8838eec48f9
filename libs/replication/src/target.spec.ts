import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lockedRatio, lotsLockedTo } from './target';

describe('the leader’s lots a target was locked against', () => {
  it('are found again from the target and its ratio, to the lot', () => {
    const lots = fc.integer({ min: 1, max: 100_000_000 });
    const target = fc.integer({ min: 1_000_000, max: 1_000_000_000_000 });
    fc.assert(
      fc.property(lots, target, fc.boolean(), (leader, micro, long) => {
        const rho = lockedRatio(micro, leader);
        fc.pre(rho > 2 * leader && rho < Number.MAX_SAFE_INTEGER);
        expect(lotsLockedTo(long ? micro : -micro, rho)).toBe(leader);
      }),
    );
  });

  it('are not told by a ratio that is none, or beyond what a column holds', () => {
    expect([lotsLockedTo(0, 0), lotsLockedTo(1e12, lockedRatio(1e12, 1))]).toEqual([0, 0]);
  });
});
