import { describe, expect, it } from 'vitest';
import { withoutSteps } from './cut';
import { draws } from './draws';
import { heals, opens } from './healing';
import { brokenPromises } from './promises';
import { scenarioOf } from './scenario-of';
import { STEP_KINDS } from './steps';
import { RECORDED_SOURCES } from './testing/sources';

const whole = scenarioOf(5, 'standard', RECORDED_SOURCES);

describe('withoutSteps', () => {
  it('leaves a scenario as it is where nothing is dropped', () => {
    expect(withoutSteps(whole, () => false).steps).toEqual(whole.steps);
  });

  it.each(STEP_KINDS)('keeps every promise without steps of kind %s', (kind) => {
    const cut = withoutSteps(whole, (step) => step.kind === kind);
    expect(brokenPromises(cut)).toEqual([]);
    const added = cut.steps.filter((step) => step.kind === 'leader_trades' && step.order >= 900_000_000 && step.intent === 'close');
    expect(cut.steps.length - added.length).toBeLessThanOrEqual(whole.steps.length);
  });

  it.each([
    ['leader_trades', 'leader_liquidated'],
    ['copy_create', 'copy_pause'],
    ['fault_begins', 'fault_ends'],
    ['engine_dies', 'engine_dies'],
  ] as const)('has no %s and with it no %s left', (dropped, gone) => {
    const cut = withoutSteps(whole, (step) => step.kind === dropped);
    expect(cut.steps.filter(({ kind }) => kind === dropped || kind === gone)).toEqual([]);
  });

  it.each(Array.from({ length: 40 }, (_, nth) => nth + 1))('keeps every promise whatever is dropped, draw %i', (seed) => {
    const draw = draws(seed, 'cut');
    const scenario = scenarioOf(1 + draw.below(10), 'small', RECORDED_SOURCES);
    const oneIn = draw.between(2, 12);
    const [from, to] = [draw.below(scenario.steps.length), draw.below(scenario.steps.length)];
    const cut = withoutSteps(scenario, (_step, index) => draw.oneIn(oneIn) || (index >= from && index < to));
    expect(brokenPromises(cut)).toEqual([]);
    expect(brokenPromises(withoutSteps(cut, () => draw.oneIn(3)))).toEqual([]);
  });

  it('leaves the last calm alone of a scenario of which everything is dropped', () => {
    const { steps } = withoutSteps(whole, () => true);
    expect(steps.map(({ kind }) => kind)).toEqual(['engine_starts', 'calm_begins', 'audit']);
  });
});

describe('healing', () => {
  it('names a healing step for whatever a scenario opens', () => {
    const opened = new Set(whole.steps.flatMap((step) => opens(step) ?? []));
    const healed = new Set(whole.steps.flatMap((step) => heals(step) ?? []));
    const last = whole.steps.flatMap((step) => (step.kind === 'calm_begins' && step.last ? [opens(step)] : []));
    expect([...opened].filter((key) => !healed.has(key))).toEqual(last);
  });
});
