import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { venueData } from '@lockstep/platform/testing/venue-data';
import { describe, expect, it } from 'vitest';
import { equityPoints, portfolioAnswer } from './portfolio';

describe('equity over time', () => {
  const period = (accountValueHistory: unknown, pnlHistory: unknown) =>
    portfolioAnswer.parse([['month', { accountValueHistory, pnlHistory, vlm: '0' }]]);

  it('is told where value and profit are of the same moment', () => {
    const read = period(
      [
        [1, '100.0'],
        [2, '110.5'],
        [3, '90.0'],
      ],
      [
        [1, '0.0'],
        [3, '-10.0'],
      ],
    );
    expect(equityPoints(read, 'month')).toEqual([
      { at: 1, equity: 10_000_000_000n, pnl: 0n },
      { at: 3, equity: 9_000_000_000n, pnl: -1_000_000_000n },
    ]);
  });

  it('is empty for a period that is not told', () => {
    expect(equityPoints(period([], []), 'week')).toEqual([]);
  });

  describe.skipIf(venueData() === null)('as recorded (needs VENUE_DATA_DIR)', () => {
    it('gives a point for each recorded moment of the month', () => {
      const text = readFileSync(join(venueData()?.dir ?? '', 'http/info-recorded-python-sdk.json'), 'utf8');
      const found: unknown[] = [];
      JSON.parse(text, (_key, value) => {
        if (Array.isArray(value) && Array.isArray(value[0]) && value[0][0] === 'day' && value.length === 8) found.push(value);
        return value;
      });
      expect(found.length).toBeGreaterThan(0);
      for (const answer of found) {
        const read = portfolioAnswer.parse(answer);
        const month = read.find(([name]) => name === 'month')?.[1];
        expect(equityPoints(read, 'month')).toHaveLength(month?.accountValueHistory.length ?? 0);
      }
    });
  });
});
