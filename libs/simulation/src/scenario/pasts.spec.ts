import { describe, expect, it } from 'vitest';
import { hasPasts } from './pasts';
import { scenarioOf } from './scenario-of';

const SEEDS = Array.from({ length: 50 }, (_, index) => index + 1);

describe('pasts of leaders', () => {
  it('are had by all leaders of a share of the seeds', () => {
    const having = SEEDS.filter(hasPasts);
    expect(having.length).toBeGreaterThan(10);
    expect(having.length).toBeLessThan(25);
    for (const seed of SEEDS.slice(0, 12)) {
      const { leaders } = scenarioOf(seed, 'small');
      expect(leaders.map(({ dailySwingPpm }) => dailySwingPpm !== undefined)).toEqual(leaders.map(() => hasPasts(seed)));
    }
  });
});
