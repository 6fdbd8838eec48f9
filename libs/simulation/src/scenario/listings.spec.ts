import { describe, expect, it } from 'vitest';
import { suspensions } from './listings';
import { scenarioOf } from './scenario-of';

const SEEDS = Array.from({ length: 24 }, (_, index) => index + 1);
const worlds = SEEDS.map((seed) => ({ seed, steps: scenarioOf(seed).steps }));
const suspended = worlds.filter(({ steps }) => steps.some(({ kind }) => kind === 'tenant_suspend'));

describe('brands that are suspended for a while', () => {
  it('are in a share of the worlds alone', () => {
    expect(suspended.length).toBeGreaterThan(0);
    expect(suspended.length).toBeLessThan(worlds.length / 2);
  });

  it('are released again, each as often as it was suspended, but for a last one', () => {
    for (const { seed, steps } of suspended) {
      const open = new Map<number, number>();
      for (const step of steps) {
        if (step.kind === 'tenant_suspend') open.set(step.tenant, (open.get(step.tenant) ?? 0) + 1);
        if (step.kind !== 'tenant_release') continue;
        expect(open.get(step.tenant), `tenant ${step.tenant} of seed ${seed}`).toBeGreaterThan(0);
        open.set(step.tenant, (open.get(step.tenant) ?? 0) - 1);
      }
      expect([...open.values()].reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(3);
    }
  });

  it('are none where nobody copies', () => {
    const seed = suspended[0]?.seed ?? 0;
    const acts = suspensions(seed, { living: () => [] });
    expect(acts.nextAt).toBeLessThan(Number.POSITIVE_INFINITY);
    expect(acts.act(acts.nextAt)).toEqual([]);
  });
});
