import { describe, expect, it } from 'vitest';
import { brokenPromises } from './promises';
import { scenarioOf } from './scenario-of';

/** Terms copies of a seed begin with, whose only limit is all they have. */
const staked = (seed: number) =>
  scenarioOf(seed).steps.flatMap((step) => (step.kind === 'copy_create' && step.terms.losses.fromStart === 1_000_000_000_000n ? [step.terms] : []));

describe('copies that may lose all they have', () => {
  it('have no other limit, and are about half of those of some seeds', () => {
    const terms = staked(27);
    expect(terms.length).toBeGreaterThan(3);
    for (const { caps, losses, stateLimits } of terms) {
      expect([...Object.values(caps), losses.trailing, losses.daily, losses.lossMoney, losses.haltNewAt].every((limit) => limit === null)).toBe(true);
      expect(stateLimits).toBeUndefined();
    }
    expect(brokenPromises(scenarioOf(27))).toEqual([]);
  });

  it('are in no other seed', () => {
    expect(staked(1)).toEqual([]);
  });
});
