import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSeed } from './run-seed';
import { type SimServer, startSimServer } from './sim-server';

/** One world whose leaders trade by fills, and one with a leader who works with orders. */
const SEEDS = [3, 6];

describe('a small world on PostgreSQL', () => {
  let server: SimServer;
  beforeAll(async () => {
    server = await startSimServer();
  });
  afterAll(() => server.close());

  const play = (seed: number, store: 'memory' | 'postgres') =>
    runSeed({ seed, size: 'small', steps: 1, broken: null, store, serverUrl: store === 'memory' ? null : server.ownerUrl });

  it.each(SEEDS)('of seed %i is played to its end, breaks no rule, and is played the same again', async (seed) => {
    const [first, second, memory] = [await play(seed, 'postgres'), await play(seed, 'postgres'), await play(seed, 'memory')];
    expect(first).toMatchObject({ store: 'postgres', failure: null, violations: [] });
    expect(first.deaths).toBeGreaterThan(0);
    expect(first.fills).toBeGreaterThan(0);
    expect(second.digest).toBe(first.digest);
    // The same script, and as many steps of each kind.
    expect(first.kinds).toEqual(memory.kinds);
    expect(memory).toMatchObject({ failure: null, violations: [] });
  });
});
