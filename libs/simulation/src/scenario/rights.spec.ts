import { describe, expect, it } from 'vitest';
import { rights } from './rights';
import { scenarioOf } from './scenario-of';
import type { StepKind } from './steps';

const KINDS: readonly StepKind[] = ['leader_access', 'entitlement_grant', 'entitlement_revoke', 'terms_publish', 'copy_consent'];
const SEEDS = Array.from({ length: 30 }, (_, index) => index + 1);
const worlds = SEEDS.map((seed) => ({ seed, steps: scenarioOf(seed).steps }));
const having = worlds.filter(({ steps }) => steps.some(({ kind }) => KINDS.includes(kind)));

describe('brands that grant their leaders and publish terms', () => {
  it('are in a share of the worlds alone, which have all of it', () => {
    expect(having.length).toBeGreaterThan(2);
    expect(having.length).toBeLessThan(worlds.length / 2);
    for (const kind of KINDS)
      for (const { seed, steps } of having) expect(steps.filter((step) => step.kind === kind).length, `${kind} in seed ${seed}`).toBeGreaterThan(0);
  });

  it('let each leader be copied by everyone again, but for a last one', () => {
    for (const { seed, steps } of having) {
      const granted = new Set<string>();
      for (const step of steps) {
        if (step.kind !== 'leader_access') continue;
        const key = `${step.tenant} ${step.leader}`;
        expect(granted.has(key), `seed ${seed}`).toBe(step.access === 'everyone');
        if (step.access === 'granted') granted.add(key);
        else granted.delete(key);
      }
      expect(granted.size).toBeLessThan(8);
    }
  });

  it('publish terms that bind at once, soon and later, and followers consent to some of them', () => {
    const notices = having.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'terms_publish' ? [step.inMs] : [])));
    for (const [from, to] of [
      [0, 0],
      [1_000, 20_000],
      [60_000, 90_000],
    ] as const)
      expect(notices.some((inMs) => inMs >= from && inMs <= to)).toBe(true);
  });

  it('are none where nobody copies', () => {
    const acts = rights(having[0]?.seed ?? 0, { living: () => [] });
    expect(acts.nextAt).toBeLessThan(Number.POSITIVE_INFINITY);
    expect(acts.act(acts.nextAt)).toEqual([]);
  });
});
