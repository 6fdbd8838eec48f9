import { present } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import type { World } from '../exchange/port';
import { createWorld } from '../exchange/world';
import { withoutSteps } from './cut';
import { LeaderBook } from './leader-book';
import type { Scenario } from './scenario';
import { scenarioOf } from './scenario-of';
import { RECORDED_SOURCES } from './testing/sources';
import { worldPlayer } from './world-player';

const GENESIS_MS = Date.UTC(2026, 0, 1);

interface Played {
  readonly world: World;
  /** Where the world has other positions of leaders than the script: before each of their trades and at each comparison. */
  readonly differences: readonly string[];
  /** Comparisons that found something to compare. */
  readonly held: number;
  readonly liquidations: number;
}

/** Plays a scenario on a world of its own. */
function play(scenario: Scenario): Played {
  const world = createWorld({ name: 'script', seed: scenario.seed, genesisTime: GENESIS_MS });
  const player = worldPlayer(world, scenario);
  const book = new LeaderBook(scenario.coins);
  const differences: string[] = [];
  let held = 0;
  const compare = (leader: number, coin: string, at: number): void => {
    const [real, scripted] = [player.position(present(scenario.leaders[leader], `leader ${leader}`).address, coin), book.position(leader, coin)];
    if (real !== 0) held += 1;
    if (real !== scripted) differences.push(`at ${at}: leader ${leader} has ${real} ${coin}, not ${scripted}`);
  };
  player.begin();
  for (const step of scenario.steps) {
    world.advanceTo(GENESIS_MS + step.at);
    if (step.kind === 'leader_trades') compare(step.leader, step.coin, step.at);
    player.play(step);
    book.apply(step);
    if (step.kind !== 'audit') continue;
    for (const { leader } of scenario.leaders) for (const { coin } of scenario.coins) compare(leader, coin, step.at);
  }
  return { world, differences, held, liquidations: scenario.steps.filter(({ kind }) => kind === 'leader_liquidated').length };
}

describe('a scenario on the simulated exchange', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('gives leaders the positions of the script, seed %i', (seed) => {
    expect(play(scenarioOf(seed, 'small', RECORDED_SOURCES)).differences).toEqual([]);
  });

  it.each([11, 12, 13, 14])('gives leaders the positions of the script through all its parts, seed %i', (seed) => {
    const { world, differences, held, liquidations } = play(scenarioOf(seed, 'standard', RECORDED_SOURCES));
    expect(differences).toEqual([]);
    expect(held).toBeGreaterThan(200);
    expect(liquidations).toBeGreaterThan(0);
    expect(Object.values(world.control.conservation().netLots).every((lots) => lots === 0)).toBe(true);
  });

  it('leaves leaders flat in the last calm of a scenario cut down', () => {
    const whole = scenarioOf(3, 'small', RECORDED_SOURCES);
    const cut = withoutSteps(whole, (_step, index) => index % 3 === 0);
    expect(play(cut).differences).toEqual([]);
  });
});
