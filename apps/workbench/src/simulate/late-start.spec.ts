import { type Observation, type Scenario, scenarioOf } from '@lockstep/simulation';
import { describe, expect, it } from 'vitest';
import { CRASH_POINTS } from '../../../engine/src/index';
import { runSeed } from './run-seed';

/** A small world with a death and the start behind it. */
const SEED = 2;

describe('a script that is played late', () => {
  it('has an engine again after each start, also where the one before was to be gone by then and is not', async () => {
    const script = lateDeaths(scenarioOf(SEED, 'small', { crashPoints: CRASH_POINTS }, 1));
    const starts = script.steps.filter((step) => step.kind === 'engine_starts' && step.expected === 'leads').length;
    const lives: string[] = [];
    const observed = (observation: Observation): void => {
      if (observation.kind === 'process_started' || observation.kind === 'process_died') lives.push(observation.kind);
    };
    const watch = { observed, journaled: () => undefined, ended: async () => undefined };
    const outcome = await runSeed({ seed: SEED, steps: 1, broken: null, store: 'memory', script, watch });
    expect(starts).toBeGreaterThan(1);
    expect(outcome).toMatchObject({ failure: null, violations: [] });
    expect(lives.filter((kind) => kind === 'process_started').length).toBeGreaterThanOrEqual(starts);
    expect(lives.at(-1)).toBe('process_died');
  });
});

/** The same world, each death at a point nobody passes, and so late that the next engine starts before. */
function lateDeaths(scenario: Scenario): Scenario {
  const steps = scenario.steps.map((step) => (step.kind === 'engine_dies' ? { ...step, point: 'never_passed', nth: 1, latestMs: 600_000 } : step));
  return { ...scenario, steps };
}
