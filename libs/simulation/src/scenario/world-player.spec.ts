import { present } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { dig } from '../builders/testbed';
import type { World } from '../exchange/port';
import { createWorld } from '../exchange/world';
import { withoutSteps } from './cut';
import { LeaderBook } from './leader-book';
import type { Scenario } from './scenario';
import { scenarioOf } from './scenario-of';
import type { OwnSize, Step } from './steps';
import { RECORDED_SOURCES } from './testing/sources';
import { worldPlayer } from './world-player';

const GENESIS_MS = Date.UTC(2026, 0, 1);

interface Played {
  readonly world: World;
  /** Where the world has other positions of leaders than the script: before each of their trades and at each comparison. */
  readonly differences: readonly string[];
  /** Comparisons that found something to compare. */
  readonly held: number;
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
  return { world, differences, held };
}

describe('a scenario on the simulated exchange', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('gives leaders the positions of the script, seed %i', (seed) => {
    expect(play(scenarioOf(seed, 'small', RECORDED_SOURCES)).differences).toEqual([]);
  });

  const LONG = [4, 5, 9, 17];
  it.each(LONG)('gives leaders the positions of the script through all its parts, seed %i', (seed) => {
    const { world, differences, held } = play(scenarioOf(seed, 'standard', RECORDED_SOURCES));
    expect(differences).toEqual([]);
    expect(held).toBeGreaterThan(200);
    expect(Object.values(world.control.conservation().netLots).every((lots) => lots === 0)).toBe(true);
  });

  it('has liquidations, halts and settled positions among what was compared', () => {
    const kinds = new Set(LONG.flatMap((seed) => scenarioOf(seed, 'standard', RECORDED_SOURCES).steps.map(({ kind }) => kind)));
    expect([...kinds]).toEqual(expect.arrayContaining(['leader_liquidated', 'halt', 'delist']));
  });

  it('leaves leaders flat in the last calm of a scenario cut down', () => {
    const whole = scenarioOf(3, 'small', RECORDED_SOURCES);
    const cut = withoutSteps(whole, (_step, index) => index % 3 === 0);
    expect(play(cut).differences).toEqual([]);
  });
});

/** A world with the cast of a scenario and no step played, two seconds in. */
function begun() {
  const scenario = scenarioOf(1, 'small');
  const world = createWorld({ name: 'script', seed: 1, genesisTime: GENESIS_MS });
  const player = worldPlayer(world, scenario);
  player.begin();
  let now = 2_000;
  world.advanceTo(GENESIS_MS + now);
  const [leader, follower] = [present(scenario.leaders[0], 'a leader'), present(scenario.followers[0], 'a follower')];
  const cashOf = (address: string): string =>
    String(dig(world.info({ type: 'clearinghouseState', user: address }).body, 'marginSummary', 'accountValue'));
  const play = (step: Step): boolean => {
    const isVenues = player.play({ ...step, at: now });
    now += 1_000;
    world.advanceTo(GENESIS_MS + now);
    return isVenues;
  };
  return { player, leader, follower, cashOf, play };
}

const BTC = 6_634_400_000_000n;
const opened = (lots: number): Step => ({
  at: 0,
  kind: 'leader_trades',
  leader: 0,
  coin: 'BTC',
  intent: 'open',
  order: 800_000_001,
  before: 0,
  fills: [
    { lots, price: BTC },
    { lots, price: BTC },
  ],
});

describe('what a player hands to the world', () => {
  it.each<[string, OwnSize, number]>([
    ['so many lots', { by: 'lots', lots: 70 }, 170],
    ['a part of the net', { by: 'net', ppm: -400_000 }, 60],
    ['all of the net', { by: 'net', ppm: -1_000_000 }, 0],
    ['more than the net', { by: 'net', ppm: -1_500_000 }, -50],
  ])("trades by the follower's own hand: %s", (_what, size, expected) => {
    const { play, player, follower } = begun();
    play({ at: 0, kind: 'own_trade', follower: 0, coin: 'BTC', size: { by: 'lots', lots: 100 } });
    expect(play({ at: 0, kind: 'own_trade', follower: 0, coin: 'BTC', size })).toBe(true);
    expect(player.position(follower.address, 'BTC')).toBe(expected);
  });

  it('takes no more than an account can give', () => {
    const { play, follower, cashOf } = begun();
    const before = Number(cashOf(follower.address));
    play({ at: 0, kind: 'venue_cash', follower: 0, dex: '', amount: 12_345_000_000n });
    expect(Number(cashOf(follower.address))).toBeCloseTo(before + 123.45, 6);
    play({ at: 0, kind: 'venue_cash', follower: 0, dex: '', amount: -1_000_000_000_000_000_000n });
    expect(Number(cashOf(follower.address))).toBe(0);
  });

  it('knows what waits for its block, and fits a reduction to what is there', () => {
    const { player, leader, play } = begun();
    player.play(opened(500));
    expect(player.position(leader.address, 'BTC')).toBe(1_000);
    play({
      at: 0,
      kind: 'leader_trades',
      leader: 0,
      coin: 'BTC',
      intent: 'reduce',
      order: 800_000_002,
      before: 9_000,
      fills: [{ lots: -4_000, price: BTC }],
    });
    expect(player.position(leader.address, 'BTC')).toBe(0);
  });

  it('has a leader liquidated', () => {
    const { player, leader, play } = begun();
    play(opened(500));
    play({ at: 0, kind: 'leader_liquidated', leader: 0, dex: '', keepPpm: 300_000 });
    expect(player.position(leader.address, 'BTC')).toBe(0);
  });

  it.each<Step>([
    { at: 0, kind: 'copy_pause', copy: 0 },
    { at: 0, kind: 'engine_starts', engine: 0, expected: 'leads' },
    { at: 0, kind: 'agent_expires', follower: 0 },
    { at: 0, kind: 'audit', calm: 0, last: true },
  ])('leaves $kind to others', (step) => expect(begun().play(step)).toBe(false));
});
