import { faultName } from './faults';
import { raisesRisk } from './positions';
import type { Scenario, ScenarioSize, ScenarioSources } from './scenario';
import { scenarioOf } from './scenario-of';
import { STEP_KINDS, type Step, TRADE_INTENTS } from './steps';

export interface ScenarioCounts {
  readonly steps: number;
  readonly seconds: number;
  readonly leaders: number;
  readonly followers: number;
  readonly copies: number;
  /** Steps by kind, trades by intent, windows by fault, moods by regime, modes by copy. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly intents: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly regimes: Readonly<Record<string, number>>;
  readonly modes: Readonly<Record<string, number>>;
  /**
   * Each increase of a leader times the copies of it that were asked for and neither paused nor asked to end: what an engine has to decide on new risk at most.
   * A loss limit, a filter or a cap may make the decision a denial.
   */
  readonly increasesToDecide: number;
  /** The same of reductions, closes and flips: exits to be followed at most. */
  readonly exitsToDecide: number;
}

/** What a seed's scenario consists of. */
export const describeScenario = (seed: number, size?: ScenarioSize, sources?: ScenarioSources): ScenarioCounts =>
  countsOf(scenarioOf(seed, size, sources));

export function countsOf(scenario: Scenario): ScenarioCounts {
  const { steps, leaders, followers } = scenario;
  const tally = (names: readonly string[], initial: readonly string[] = []): Record<string, number> => {
    const counts: Record<string, number> = Object.fromEntries(initial.map((name) => [name, 0]));
    for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
    return counts;
  };
  const created = steps.filter((step) => step.kind === 'copy_create');
  return {
    steps: steps.length,
    seconds: Math.round((steps.at(-1)?.at ?? 0) / 1_000),
    leaders: leaders.length,
    followers: followers.length,
    copies: created.length,
    kinds: tally(
      steps.map(({ kind }) => kind),
      STEP_KINDS,
    ),
    intents: tally(
      steps.flatMap((step) => (step.kind === 'leader_trades' ? [step.intent] : [])),
      TRADE_INTENTS,
    ),
    faults: tally(steps.flatMap((step) => (step.kind === 'fault_begins' ? [faultName(step.what)] : []))),
    regimes: tally(steps.flatMap((step) => (step.kind === 'regime' ? [step.regime] : []))),
    modes: tally(created.map(({ terms }) => terms.mode.kind)),
    ...decisionsOf(steps),
  };
}

function decisionsOf(steps: readonly Step[]): Pick<ScenarioCounts, 'increasesToDecide' | 'exitsToDecide'> {
  const leaderOf = new Map<number, number>();
  const active = new Map<number, Set<number>>();
  const all = (leader: number): Set<number> => {
    const known = active.get(leader) ?? new Set<number>();
    active.set(leader, known);
    return known;
  };
  let [increases, exits] = [0, 0];
  for (const step of steps) {
    if (step.kind === 'copy_create') leaderOf.set(step.copy, step.leader);
    if (step.kind === 'copy_create' || step.kind === 'copy_resume') all(leaderOf.get(step.copy) ?? 0).add(step.copy);
    if (step.kind === 'copy_pause' || step.kind === 'copy_stop') all(leaderOf.get(step.copy) ?? 0).delete(step.copy);
    if (step.kind !== 'leader_trades') continue;
    const copies = all(step.leader).size;
    if (raisesRisk(step.intent)) increases += copies;
    if (step.intent !== 'open' && step.intent !== 'increase') exits += copies;
  }
  return { increasesToDecide: increases, exitsToDecide: exits };
}
