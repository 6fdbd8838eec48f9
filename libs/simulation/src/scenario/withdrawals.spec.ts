import { describe, expect, it } from 'vitest';
import { brokenPromises } from './promises';
import type { Scenario } from './scenario';
import { scenarioOf } from './scenario-of';
import type { Step } from './steps';
import { withdrawals } from './withdrawals';

type CashStep = Extract<Step, { kind: 'venue_cash' }>;

const SEEDS = Array.from({ length: 32 }, (_, nth) => nth + 1);
const all = SEEDS.map((seed) => scenarioOf(seed));

/** What is taken from an account in its clearinghouses at once: more than any other act of a follower takes. */
function takenIn({ steps, followers }: Scenario): readonly CashStep[] {
  const isMost = ({ follower, dex, amount }: CashStep): boolean => -amount * 100n > (followers[follower]?.cash[dex] ?? 0n) * 41n;
  return steps.filter((step): step is CashStep => step.kind === 'venue_cash' && isMost(step));
}

/** What the copies of a follower that were not asked to end were given, as of a step. */
function givenTo(steps: readonly Step[], follower: number, until: Step): bigint {
  const given = new Map<number, bigint>();
  for (const step of steps.slice(0, steps.indexOf(until))) {
    if (step.kind === 'copy_create' && step.follower === follower) given.set(step.copy, step.allocation);
    if (step.kind === 'copy_allocation' && given.has(step.copy)) given.set(step.copy, (given.get(step.copy) ?? 0n) + step.by);
    if (step.kind === 'copy_stop') given.delete(step.copy);
  }
  return [...given.values()].reduce((sum, each) => sum + each, 0n);
}

const having = all.filter((scenario) => takenIn(scenario).length > 0);

describe('money that followers take from their accounts at the venue', () => {
  it('is taken in a share of the worlds, which keep every promise', () => {
    expect(having.length).toBeGreaterThan(3);
    expect(having.length).toBeLessThan(14);
    for (const scenario of having) expect(brokenPromises(scenario), `seed ${scenario.seed}`).toEqual([]);
  });

  it('leaves an account at most three fifths of what its copies were given', () => {
    for (const scenario of having) {
      for (const first of takenIn(scenario)) {
        const cash = scenario.followers[first.follower]?.cash ?? {};
        const taken = takenIn(scenario).filter(({ at, follower }) => at === first.at && follower === first.follower);
        const left = [...Object.values(cash), ...taken.map(({ amount }) => amount)].reduce((sum, each) => sum + each, 0n);
        const given = givenTo(scenario.steps, first.follower, first);
        expect(left * 100n, `seed ${scenario.seed}, follower ${first.follower}`).toBeLessThanOrEqual(given * 61n);
      }
    }
  });

  it('comes back as it was taken, minutes later, before anything is taken again', () => {
    for (const { seed, steps, ...scenario } of having) {
      const taken = takenIn({ seed, steps, ...scenario });
      const returns = taken.map((step) => {
        const back = steps.find(
          (each) => each.kind === 'venue_cash' && each.follower === step.follower && each.amount === -step.amount && each.at > step.at,
        );
        const again = taken.find(({ at, follower, dex }) => at > step.at && follower === step.follower && dex === step.dex);
        if (again !== undefined) expect(back?.at, `seed ${seed}`).toBeLessThan(again.at);
        if (back !== undefined) expect(back.at - step.at, `seed ${seed}`).toBeGreaterThanOrEqual(60_000);
        return back !== undefined;
      });
      expect(returns.filter(Boolean).length, `seed ${seed}`).toBeGreaterThan(0);
    }
  });

  it('is none where nobody copies', () => {
    const acts = withdrawals(having[0]?.seed ?? 0, { living: () => [] });
    expect(acts.nextAt).toBeLessThan(Number.POSITIVE_INFINITY);
    expect(acts.act(acts.nextAt)).toEqual([]);
  });
});
