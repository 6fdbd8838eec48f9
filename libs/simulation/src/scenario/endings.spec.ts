import { describe, expect, it } from 'vitest';
import { LEAST_MONEY } from './copies';
import { withoutSteps } from './cut';
import { brokenPromises } from './promises';
import { scenarioOf } from './scenario-of';
import type { Step } from './steps';

const SEEDS = Array.from({ length: 32 }, (_, nth) => nth + 1);
const all = SEEDS.map((seed) => scenarioOf(seed));
const withKind = (is: (step: Step) => boolean) => all.filter(({ steps }) => steps.some(is));

describe.each<[string, (step: Step) => boolean]>([
  ['close-alls of leaders and brands', ({ kind }) => kind === 'close_all_of'],
  ['hand-overs', (step) => step.kind === 'copy_stop' && step.mode === 'hand_over'],
  ['unwindings', (step) => step.kind === 'copy_stop' && step.mode === 'unwind_by'],
  ['money that acts at once', (step) => step.kind === 'copy_allocation' && step.applies === 'now'],
])('%s', (_what, is) => {
  it('are in about a quarter of all worlds', () => {
    expect(withKind(is).length).toBeGreaterThan(3);
    expect(withKind(is).length).toBeLessThan(14);
  });

  it('keep every promise, whole and cut down', () => {
    for (const scenario of withKind(is)) {
      expect(brokenPromises(scenario), `seed ${scenario.seed}`).toEqual([]);
      expect(brokenPromises(withoutSteps(scenario, (_, index) => index % 3 === 0)), `seed ${scenario.seed}`).toEqual([]);
    }
  });

  it('are followed by other copies of those that ended', () => {
    const later = withKind(is).map(({ steps }) => {
      const first = steps.findIndex(is);
      return steps.slice(first).filter(({ kind }) => kind === 'copy_create').length;
    });
    expect(Math.max(...later)).toBeGreaterThan(5);
  });
});

describe('money down to the least', () => {
  /** Copies in order of being left with it, and of having it back. */
  const turns = (steps: readonly Step[]): readonly string[] => {
    const money = new Map<number, bigint>();
    return steps.flatMap((step): readonly string[] => {
      if (step.kind === 'copy_create') money.set(step.copy, step.allocation);
      if (step.kind !== 'copy_allocation') return [];
      const before = money.get(step.copy) ?? 0n;
      money.set(step.copy, before + step.by);
      return before + step.by === LEAST_MONEY ? [`least ${step.copy}`] : before === LEAST_MONEY ? [`back ${step.copy}`] : [];
    });
  };
  const having = all.filter(({ steps }) => turns(steps).length > 0);

  it('is in about a quarter of all worlds, which keep every promise', () => {
    expect(having.length).toBeGreaterThan(3);
    expect(having.length).toBeLessThan(14);
    for (const scenario of having) expect(brokenPromises(scenario), `seed ${scenario.seed}`).toEqual([]);
  });

  it('is given back to copies that go on', () => {
    for (const { seed, steps } of having) {
      const told = turns(steps);
      const back = told.filter((turn) => turn.startsWith('back'));
      expect(back.length, `seed ${seed}`).toBeGreaterThan(0);
      for (const [at, turn] of told.entries()) if (turn.startsWith('back')) expect(told.slice(0, at)).toContain(turn.replace('back', 'least'));
    }
  });
});

describe('hand-overs beside a copy on the other side', () => {
  it('are of copies that share their account, and keep every promise', () => {
    const scenario = scenarioOf(45);
    const handedOver = scenario.steps.flatMap((step) => (step.kind === 'copy_stop' && step.mode === 'hand_over' ? [step.copy] : []));
    const followerOf = new Map(scenario.steps.flatMap((step) => (step.kind === 'copy_create' ? [[step.copy, step.follower] as const] : [])));
    expect(handedOver.length).toBeGreaterThan(3);
    for (const copy of handedOver) expect(scenario.followers[followerOf.get(copy) ?? -1]?.slots).toBeGreaterThan(1);
    expect(brokenPromises(scenario)).toEqual([]);
  });
});
