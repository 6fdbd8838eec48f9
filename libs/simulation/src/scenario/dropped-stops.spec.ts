import { describe, expect, it } from 'vitest';
import { DroppedStops } from './dropped-stops';
import { scenarioOf } from './scenario-of';
import type { Step } from './steps';

type TermsStep = Extract<Step, { kind: 'copy_terms' }>;

/** What followers choose otherwise in the last seconds before calms. */
function droppedIn(steps: readonly Step[]): readonly TermsStep[] {
  const calms = steps.filter((step) => step.kind === 'calm_begins').map(({ at }) => at);
  const changes = steps.filter((step): step is TermsStep => step.kind === 'copy_terms' && step.change === 'other');
  return changes.filter(({ at }) => calms.some((calm) => calm - at > 0 && calm - at <= 8_000));
}

const SEEDS = Array.from({ length: 12 }, (_, index) => index + 1);
const worlds = SEEDS.map((seed) => scenarioOf(seed));

describe('protective stops taken back before a calm', () => {
  it('are those of copies that asked for one, and nothing else of their terms changes', () => {
    const dropped = worlds.flatMap(({ steps }) => droppedIn(steps).map((step) => ({ steps, step })));
    expect(dropped.length).toBeGreaterThan(5);
    for (const { steps, step } of dropped) {
      const before = steps.findLast(
        (each) => (each.kind === 'copy_create' || each.kind === 'copy_terms') && each.copy === step.copy && each.at < step.at,
      );
      const terms = before?.kind === 'copy_create' || before?.kind === 'copy_terms' ? before.terms : undefined;
      expect({ ...step.terms, protectiveStop: true }).toEqual(terms);
      expect(step.terms.protectiveStop).toBeUndefined();
    }
  });

  it('are asked for again after it where nobody changed the terms since', () => {
    const again = worlds.flatMap(({ steps }) => {
      const copies = new Set(droppedIn(steps).map(({ copy }) => copy));
      return steps.filter((step) => step.kind === 'copy_terms' && copies.has(step.copy) && step.terms.protectiveStop === true);
    });
    expect(again.length).toBeGreaterThan(0);
  });

  it('are of nobody where no copy has one', () => {
    const none = new DroppedStops(2, { living: () => [] });
    expect(none.press(0)).toEqual([]);
    expect(none.nextAt).toBe(Number.POSITIVE_INFINITY);
  });
});
