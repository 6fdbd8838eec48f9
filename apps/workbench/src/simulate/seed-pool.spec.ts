import { describe, expect, it } from 'vitest';
import type { SeedWork } from './outcome';
import { type PlaysSeeds, runWorks } from './seed-pool';

const sound = (seed: number): SeedWork => ({
  seeds: [seed],
  steps: 1,
  broken: null,
  store: 'memory',
  serverUrl: null,
  recorded: null,
  until: [],
});
const broken = (name: string): SeedWork => ({ ...sound(0), broken: name, until: ['double_order'] });

/** Processes that note what they are given, as `process:what`; one of them dies with a seed. */
function processes(diesAt: number | null = null) {
  const given: string[] = [];
  const ended: number[] = [];
  let started = 0;
  const begin = (): PlaysSeeds => {
    started += 1;
    const no = started;
    const child = {
      lives: true,
      isBroken: false,
      played: 0,
      run: async (work: SeedWork): Promise<void> => {
        child.played += work.seeds.length;
        child.isBroken ||= work.broken !== null;
        given.push(`${no}:${work.broken ?? work.seeds.join()}`);
        await Promise.resolve();
        if (work.seeds.includes(diesAt ?? -1)) child.lives = false;
      },
      end: () => void ended.push(no),
    };
    return child;
  };
  return { given, ended, begin, started: () => started };
}

describe('the pool of seed processes', () => {
  it('gives seeds of the sound engine to the process that has it loaded, one by one', async () => {
    const { given, ended, begin } = processes();
    await runWorks([sound(1), sound(2), sound(3)], 1, () => undefined, begin);
    expect(given).toEqual(['1:1', '1:2', '1:3']);
    expect(ended).toEqual([1]);
  });

  it('gives a free process the next seed, whatever others are at', async () => {
    const { given, begin } = processes();
    await runWorks([1, 2, 3, 4, 5].map(sound), 2, () => undefined, begin);
    expect(given.map((text) => text.slice(2)).sort()).toEqual(['1', '2', '3', '4', '5']);
    expect(given.filter((text) => text.startsWith('1:')).length).toBe(3);
  });

  it('starts no process nothing is left for', async () => {
    const { begin, started } = processes();
    await runWorks([sound(1)], 8, () => undefined, begin);
    expect(started()).toBe(1);
  });

  it('loads a broken engine where nothing was loaded, and plays nothing else there', async () => {
    const { given, ended, begin } = processes();
    await runWorks([sound(1), broken('a'), broken('b'), sound(2)], 1, () => undefined, begin);
    expect(given).toEqual(['1:1', '2:a', '3:b', '4:2']);
    expect(ended).toEqual([1, 2, 3, 4]);
  });

  it('goes on in a fresh process after one that died, and after many seeds', async () => {
    const dead = processes(2);
    await runWorks([sound(1), sound(2), sound(3)], 1, () => undefined, dead.begin);
    expect(dead.given).toEqual(['1:1', '1:2', '2:3']);
    const many = processes();
    await runWorks(
      Array.from({ length: 250 }, (_, seed) => sound(seed)),
      1,
      () => undefined,
      many.begin,
    );
    expect([1, 2, 3].map((no) => many.given.filter((text) => text.startsWith(`${no}:`)).length)).toEqual([100, 100, 50]);
  });
});
