import { describe, expect, it } from 'vitest';
import { measure, SPREAD } from './impact';

const FOLLOWERS = 12;
const wave = { followers: FOLLOWERS, driftPpm: 0 };

describe('a wave against a book, in the simulated world', () => {
  it('as large as the book pays much less in slices, buys as much, and is done in its time', async () => {
    const whole = await measure({ ...wave, depth: 1, spread: null });
    const sliced = await measure({ ...wave, depth: 1, spread: SPREAD });
    expect([whole.violations, sliced.violations]).toEqual([0, 0]);
    expect([Math.round(whole.filledPercent), Math.round(sliced.filledPercent)]).toEqual([100, 100]);
    expect(sliced.shortfallBp).toBeLessThan(whole.shortfallBp / 2);
    expect(sliced.lastMs).toBeGreaterThan(whole.lastMs + 1_000);
    expect(sliced.lastMs).toBeLessThanOrEqual(SPREAD.withinMs);
  }, 60_000);

  it('small against the book is as it is without', async () => {
    const whole = await measure({ ...wave, depth: 8, spread: null });
    const sliced = await measure({ ...wave, depth: 8, spread: SPREAD });
    expect(sliced).toEqual({ ...whole, wave: sliced.wave });
  }, 60_000);
});
