import { err, ok } from '@lockstep/kernel';
import { silentLogger, systemTimers } from '@lockstep/platform';
import type { VenueTruth } from '@lockstep/venues/port';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ENGINE_LIMITS } from '../limits';
import { Markets } from '../markets';
import { contextOf } from '../testing/leader-stage';
import { Listings } from './listings';

/** Far longer than a test: what is not asked for at once is not asked for at all. */
const NEVER_MS = 3_600_000;
let open: Listings | null = null;

/** Listings over a venue that lists `coins`; each call of `listed` is one reading. Time is counted by hand. */
function listings(limits: { readonly marketsEveryMs?: number; readonly marketsAskGapMs?: number } = {}) {
  const coins = ['ETH'];
  const venue = { readings: 0, reachable: true };
  const time = { now: 1_000 };
  const written: number[] = [];
  const truth = {
    markets: async () => {
      venue.readings += 1;
      return venue.reachable ? ok(coins.map(contextOf)) : err({ code: 'unreachable' as const, detail: 'test' });
    },
  } as unknown as VenueTruth;
  const markets = new Markets();
  const ctx = {
    clock: { now: () => time.now, monotonic: () => time.now },
    timers: systemTimers,
    limits: { ...ENGINE_LIMITS, marketsEveryMs: NEVER_MS, marketsAskGapMs: NEVER_MS, ...limits },
    log: silentLogger,
  };
  open = new Listings(ctx, 'test', markets, truth, async () => void written.push([...markets.all()].length));
  return { listings: open, coins, venue, time, markets, written };
}

afterEach(() => open?.stop());

describe('the list of instruments', () => {
  it('is read again on its timer, so that new listings are known', async () => {
    const { listings: kept, coins, markets, written } = listings({ marketsEveryMs: 5 });
    await kept.read();
    kept.start();
    coins.push('NEW');
    await vi.waitFor(() => expect(markets.get('NEW')).toBeDefined());
    expect(written).toContain(2);
  });

  it('is asked for once for however many unknown coins, not again before the gap', async () => {
    const { listings: kept, venue, time } = listings();
    await kept.read();
    time.now = 2_000;
    const asked = Promise.all(Array.from({ length: 100 }, () => kept.readSince(1_500)));
    await asked;
    expect(venue.readings).toBe(2);
    time.now = 3_000;
    let late = false;
    void kept.readSince(2_500).then(() => {
      late = true;
    });
    await kept.readSince(1_500);
    expect([venue.readings, late]).toEqual([2, false]);
  });

  it('that was read since the moment is not asked for', async () => {
    const { listings: kept, venue } = listings();
    await kept.read();
    await kept.readSince(900);
    expect(venue.readings).toBe(1);
  });

  it('keeps who waits while the venue cannot be read, until it can', async () => {
    const { listings: kept, venue, time } = listings({ marketsAskGapMs: 0 });
    await kept.read();
    time.now = 2_000;
    venue.reachable = false;
    let done = false;
    const waiting = kept.readSince(1_500).then(() => {
      done = true;
    });
    await vi.waitFor(() => expect(venue.readings).toBeGreaterThanOrEqual(3));
    expect(done).toBe(false);
    venue.reachable = true;
    await waiting;
  });

  it('that was never read is asked for from the start on', async () => {
    const { listings: kept, markets } = listings();
    kept.start();
    await vi.waitFor(() => expect(markets.get('ETH')).toBeDefined());
  });
});
