import { IP_WINDOWS } from '@lockstep/simulation';
import { describe, expect, it } from 'vitest';
import { WaveOnClock } from './wave-on-clock';

const cases = IP_WINDOWS.flatMap((window) =>
  [1, 5].flatMap((ips) =>
    (['full', 'empty'] as const).flatMap((buckets) => [true, false].map((postsSpendWeight) => ({ window, ips, buckets, postsSpendWeight }))),
  ),
);

describe('a wave under the limits of the simulated venue', () => {
  it.each(cases)('%j: ends as forecast, nothing refused, reductions first', (each) => {
    const orders = 2_500;
    const result = new WaveOnClock({ ...each, mix: { reduction: 700, control: 100, entry: 1_700 }, seed: 7 }).run();
    expect({ refused: result.refused, early: result.entriesBeforeReductions, answered: result.answered }).toEqual({
      refused: 0,
      early: 0,
      answered: orders,
    });
    expect(Math.abs(result.forecast.endsInMs - result.endMs)).toBeLessThanOrEqual(result.endMs * 0.1);
    expect(result.reductionsEndMs).toBeLessThan(result.endMs);
    expect(result.reads).toBeGreaterThan(0);
  });
});
