import { describe, expect, it } from 'vitest';
import { PressedLimits } from './pressed-limits';
import { scenarioOf } from './scenario-of';
import type { Step } from './steps';
import type { CopyTerms } from './terms';

/** Of a seed, what followers lower in the last seconds before calms, by copy; calms that no terms change ahead of are left out. */
function pressedIn(steps: readonly Step[]): readonly Extract<Step, { kind: 'copy_terms' }>[] {
  const calms = steps.filter((step) => step.kind === 'calm_begins').map(({ at }) => at);
  return steps
    .filter((step) => step.kind === 'copy_terms')
    .filter(({ at, change }) => change !== 'other' && calms.some((calm) => calm - at > 0 && calm - at <= 8_000));
}

/** Terms a copy was given last before a moment. */
function termsBefore(steps: readonly Step[], copy: number, at: number): CopyTerms | undefined {
  const given = steps.flatMap((step) =>
    (step.kind === 'copy_create' || step.kind === 'copy_terms') && step.copy === copy && step.at < at ? [step.terms] : [],
  );
  return given.at(-1);
}

const PRESSED = 6;
const { steps } = scenarioOf(PRESSED);

describe('limits pressed before a calm', () => {
  it('are lowered, or raised where they are floors, of copies that say what is done about them alone', () => {
    const pressed = pressedIn(steps);
    expect(pressed.length).toBeGreaterThan(5);
    for (const { copy, at, change, terms } of pressed) {
      const before = termsBefore(steps, copy, at);
      expect(change).toBe('tighter');
      expect(terms.stateLimits).toBeDefined();
      expect(terms.caps.minLiquidationDistance ?? 0n).toBeGreaterThanOrEqual(before?.caps.minLiquidationDistance ?? 0n);
      expect({ ...terms, caps: null }).toEqual({ ...before, caps: null });
    }
  });

  it('come back after it where nobody changed the terms since', () => {
    for (const { copy, at } of pressedIn(steps)) {
      const change = steps.find((step) => step.kind === 'copy_terms' && step.copy === copy && step.at > at);
      const calmEnds = steps.find((step) => step.kind === 'calm_ends' && step.at > at);
      if (change?.kind === 'copy_terms' && calmEnds !== undefined && change.at < calmEnds.at + 9_000) expect(change.at).toBeGreaterThan(calmEnds.at);
    }
  });

  it('are nobody’s business in the other seeds, and of none where no copy has such limits', () => {
    expect(pressedIn(scenarioOf(2).steps)).toEqual([]);
    const none = new PressedLimits(PRESSED, { living: () => [] });
    expect(none.press(0)).toEqual([]);
    expect(none.nextAt).toBe(Number.POSITIVE_INFINITY);
  });
});
