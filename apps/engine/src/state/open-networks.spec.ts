import { silentLogger, systemTimers } from '@lockstep/platform';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { ENGINE_LIMITS } from '../limits';
import { TestClocks } from '../test-clocks';
import type { NetworkAddress } from './network-address';
import { NetworkUnread } from './networks';
import { Networks } from './open-networks';

const NOWHERE = { venue: 'hyperliquid', network: 'sim', environment: 'test', url: 'http://nowhere' } as unknown as NetworkAddress;
const WAIT_MS = 15_000;

/** A network whose venue does not answer and of which no instruments are stored; each look at the clock takes `WAIT_MS`, so that one attempt is one question. */
function unreadNetwork(failure: Error | null = null) {
  const time = { elapsed: 0 };
  let asked = 0;
  const truth = {
    markets: async () => {
      asked += 1;
      time.elapsed += WAIT_MS;
      return { ok: false, error: { code: 'unreachable', detail: 'x' } };
    },
  };
  const ctx = {
    clocks: new TestClocks(),
    clock: { now: () => time.elapsed, monotonic: () => time.elapsed },
    timers: systemTimers,
    limits: { ...ENGINE_LIMITS, marketsOpenMaxMs: WAIT_MS },
    log: silentLogger,
    storage: {
      platform: async () => {
        if (failure !== null) throw failure;
        return [];
      },
    },
  } as unknown as EngineContext;
  const networks = new Networks(ctx, () => ({ venue: { truth }, close: async () => undefined }) as never, {} as never);
  return { networks, time, asked: () => asked };
}

describe('a network that cannot be read and never was', () => {
  it('is waited for once, however many leaders are there, and tried again later', async () => {
    const { networks, time, asked } = unreadNetwork();
    for (let leader = 0; leader < 3; leader += 1) await expect(networks.get(NOWHERE)).rejects.toThrow(NetworkUnread);
    expect(asked()).toBe(1);
    time.elapsed += WAIT_MS;
    await expect(networks.get(NOWHERE)).rejects.toThrow(NetworkUnread);
    expect(asked()).toBe(2);
  });

  it('is not one of which the database does not tell: that is asked for anew each time', async () => {
    const away = new Error('the database is away');
    const { networks, asked } = unreadNetwork(away);
    for (let leader = 0; leader < 2; leader += 1) await expect(networks.get(NOWHERE)).rejects.toBe(away);
    expect(asked()).toBe(2);
  });
});
