import { silentLogger } from '@lockstep/platform';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import type { WatchedAccount } from '../state/registry';
import { TestClocks } from '../test-clocks';
import { VolatilityKeeper } from './leader-volatility';

const NOW = 1_700_000_000_000;

/** Leaders by address that copies are sized by; the venue tells nothing of those that are `mute`. */
function keeperOf(addresses: readonly string[], mute: readonly string[]) {
  const asked: string[] = [];
  let now = NOW;
  const truth = {
    equityHistory: async (address: string) => {
      asked.push(address);
      return mute.includes(address) ? { ok: false, error: { detail: 'away' } } : { ok: true, value: [] };
    },
  };
  const copies = addresses.map((address, no) => {
    const watched = { no, address, network: { venue: { truth } }, volatility: { value: null, readAt: 0 } } as unknown as WatchedAccount;
    return [no, { watched, settings: { mode: { kind: 'risk_normalised' } } }] as const;
  });
  const ctx = {
    clocks: new TestClocks(),
    clock: { now: () => now },
    log: silentLogger,
    registry: { copies: new Map(copies) },
    truthReads: { run: async <T>(read: () => Promise<T>) => read() },
    timers: { every: () => ({ cancel: () => undefined }) },
  } as unknown as EngineContext;
  const keeper = new VolatilityKeeper(ctx);
  const look = async (): Promise<void> => {
    now += 10_000;
    await keeper.look();
  };
  return { asked, look, keeper };
}

describe('keeping the volatility of leaders', () => {
  it('one that cannot be read takes its turn like the others', async () => {
    const { asked, look } = keeperOf(['a', 'b', 'c'], ['a']);
    for (let turn = 0; turn < 4; turn += 1) await look();
    expect(asked).toEqual(['a', 'b', 'c', 'a']);
  });

  it('begins with all of whom it is not known: what they add until then is given up', async () => {
    const { asked, keeper } = keeperOf(['a', 'b', 'c'], []);
    keeper.start();
    await expect.poll(() => asked).toEqual(['a', 'b', 'c']);
  });
});
