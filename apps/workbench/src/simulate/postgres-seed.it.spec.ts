import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSeed } from './run-seed';
import { type SimServer, startSimServer } from './sim-server';

const SEED = 3;

describe(`a small world of seed ${SEED} on PostgreSQL`, () => {
  let server: SimServer;
  beforeAll(async () => {
    server = await startSimServer();
  });
  afterAll(() => server.close());

  const play = (store: 'memory' | 'postgres') =>
    runSeed({ seed: SEED, size: 'small', steps: 1, broken: null, store, serverUrl: store === 'memory' ? null : server.ownerUrl });

  it('is played to its end, breaks no rule, and is played the same again', async () => {
    const [first, second, memory] = [await play('postgres'), await play('postgres'), await play('memory')];
    expect(first).toMatchObject({ store: 'postgres', failure: null, violations: [] });
    expect(first.deaths).toBeGreaterThan(0);
    expect(first.fills).toBeGreaterThan(0);
    expect(second.digest).toBe(first.digest);
    // The same script, and as many steps of each kind.
    expect(first.kinds).toEqual(memory.kinds);
    expect(memory).toMatchObject({ failure: null, violations: [] });
  });
});
