import { describe, expect, it } from 'vitest';
import { withoutSteps } from './cut';
import { brokenPromises } from './promises';
import type { Scenario } from './scenario';
import { scenarioOf } from './scenario-of';

const SEEDS = Array.from({ length: 40 }, (_, nth) => nth + 1);
const all = SEEDS.map((seed) => scenarioOf(seed, 'small'));
const shared = all.filter(({ followers }) => followers.some(({ slots }) => slots > 1));

/** Copies of each follower that were not asked to close, at each beginning of one. */
function beginnings({ steps }: Scenario) {
  const running = new Map<number, { readonly copy: number; readonly leader: number; readonly venueLeverage: number }[]>();
  return steps.flatMap((step) => {
    if (step.kind === 'copy_stop' && step.mode === 'close_now') {
      for (const [follower, copies] of running)
        running.set(
          follower,
          copies.filter(({ copy }) => copy !== step.copy),
        );
    }
    if (step.kind !== 'copy_create') return [];
    const others = running.get(step.follower) ?? [];
    const { copy, leader, terms } = step;
    running.set(step.follower, [...others, { copy, leader, venueLeverage: terms.venueLeverage }]);
    return [{ ...step, others }];
  });
}

describe('worlds in which followers copy several leaders through one venue account', () => {
  it('are about a third of all, and the others have none', () => {
    expect(shared.length).toBeGreaterThan(8);
    expect(shared.length).toBeLessThan(20);
  });

  it('have accounts with two copies and with three or four, some of hands that never trade', () => {
    const most = shared.flatMap((scenario) => beginnings(scenario).map(({ others }) => others.length + 1));
    expect(new Set(most)).toEqual(new Set([1, 2, 3, 4]));
    const followers = shared.flatMap((scenario) => scenario.followers).filter(({ slots }) => slots > 1);
    expect(new Set(followers.map(({ handsOff }) => handsOff))).toEqual(new Set([true, false]));
  });

  it('have copies of different leaders at one leverage on an account, which together take no more than it holds', () => {
    for (const scenario of shared) {
      for (const { follower, leader, terms, others } of beginnings(scenario)) {
        const seed = `seed ${scenario.seed}, follower ${follower}`;
        expect(
          others.map((other) => other.leader),
          seed,
        ).not.toContain(leader);
        expect(new Set([terms.venueLeverage, ...others.map(({ venueLeverage }) => venueLeverage)]).size, seed).toBe(1);
        expect(others.length, seed).toBeLessThan(scenario.followers[follower]?.slots ?? 0);
      }
    }
  });

  it('have opposite directions on one account', () => {
    const directions = shared.flatMap((scenario) =>
      beginnings(scenario)
        .filter(({ others }) => others.length > 0)
        .map(({ terms }) => terms.direction),
    );
    expect(directions.filter((direction) => direction === 'inverse').length).toBeGreaterThan(20);
    expect(directions.filter((direction) => direction === 'same').length).toBeGreaterThan(20);
  });

  it('keep every promise when they are cut down', () => {
    for (const scenario of shared.slice(0, 4))
      expect(brokenPromises(withoutSteps(scenario, (_, index) => index % 3 === 0)), `seed ${scenario.seed}`).toEqual([]);
  });
});
