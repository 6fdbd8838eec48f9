import { describe, expect, it } from 'vitest';
import { planSweep } from './sweep-plan';

const coins = (count: number): string[] => Array.from({ length: count }, (_, index) => `c${index}`);

describe('coins spread over connections', () => {
  it.each<[string, number, { connections: number; subscriptions: number }, readonly string[]]>([
    ['none without a connection', 3, { connections: 0, subscriptions: 10 }, []],
    ['all on the only one', 3, { connections: 1, subscriptions: 10 }, ['c0 c1 c2']],
    ['all on both while subscriptions are left', 3, { connections: 2, subscriptions: 10 }, ['c0 c1 c2', 'c0 c1 c2']],
    ['the first ones on both where they are not', 3, { connections: 2, subscriptions: 4 }, ['c0 c2', 'c0 c1']],
    ['the first ones alone where even that is too much', 5, { connections: 2, subscriptions: 3 }, ['c0 c2', 'c1']],
    ['two of three', 3, { connections: 3, subscriptions: 6 }, ['c0 c2', 'c0 c1', 'c1 c2']],
  ])('%s', (_name, count, bounds, expected) => {
    expect(planSweep(coins(count), bounds).map((link) => [...link].sort().join(' '))).toEqual(expected);
  });

  it('never asks for more than the bound, and for no coin twice on a connection', () => {
    for (const subscriptions of [1, 7, 400, 640, 1_000]) {
      const plan = planSweep(coins(320), { connections: 2, subscriptions });
      expect(plan.flat().length).toBeLessThanOrEqual(subscriptions);
      for (const link of plan) expect(new Set(link).size).toBe(link.length);
    }
  });
});
