import { describe, expect, it } from 'vitest';
import { LastTrades } from './last-trades';
import type { OutOfTurn } from './leaders';
import { brokenPromises } from './promises';
import { scenarioOf } from './scenario-of';
import type { LeaderTrades, Step } from './steps';

/** What leaders do in the last seconds before calms, the last one aside. */
function lastTradesIn(steps: readonly Step[]): readonly LeaderTrades[] {
  const calms = steps.filter((step) => step.kind === 'calm_begins' && !step.last).map(({ at }) => at);
  return steps.filter((step) => step.kind === 'leader_trades').filter(({ at }) => calms.some((calm) => calm - at >= 0 && calm - at <= 3_000));
}

const WITH = 48;

describe('the last trades of leaders before a calm', () => {
  it('are increases, reductions and turns, and keep every promise', () => {
    const scenario = scenarioOf(WITH);
    const intents = new Set(lastTradesIn(scenario.steps).map(({ intent }) => intent));
    expect([...intents].sort()).toEqual(expect.arrayContaining(['flip', 'increase', 'reduce']));
    expect(brokenPromises(scenario)).toEqual([]);
  });

  it('come with pauses of copies whose entries may stand, which end after the calm', () => {
    const { steps } = scenarioOf(43);
    const begins = steps.findIndex(({ kind }) => kind === 'calm_begins');
    const paused = steps.slice(0, begins).flatMap((step) => (step.kind === 'copy_pause' && step.at === steps[begins]?.at ? [step.copy] : []));
    expect(paused.length).toBeGreaterThan(3);
    const resumed = new Set(steps.slice(begins).flatMap((step) => (step.kind === 'copy_resume' ? [step.copy] : [])));
    expect(paused.filter((copy) => resumed.has(copy)).length).toBeGreaterThan(paused.length / 2);
  });

  it('are in no other seed', () => {
    expect(lastTradesIn(scenarioOf(1).steps)).toEqual([]);
  });

  it('reduce only what was increased before this calm, and turn nobody who increased', () => {
    const told: (readonly [number, OutOfTurn])[] = [];
    const cast = [0, 1, 2, 3, 4, 5].map((leader) => ({ leader, address: '', style: 'trend' as const, coins: ['BTC'], cash: {} }));
    const outOfTurn: ConstructorParameters<typeof LastTrades>[1]['outOfTurn'] = (_at, plan) => {
      for (const leader of cast) {
        const next = plan(leader, ['BTC']);
        if (next !== null) told.push([leader.leader, next]);
      }
      return [];
    };
    const trades = new LastTrades(WITH, { outOfTurn });
    trades.first(0);
    const increased = new Set(told.splice(0).map(([leader]) => leader));
    trades.second(3_000);
    expect(increased.size).toBeGreaterThan(0);
    for (const [leader, { what }] of told) expect(what.do).toBe(increased.has(leader) ? 'cut' : 'turn');
  });
});
