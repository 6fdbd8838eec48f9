import { money, parseDecimal, unwrap } from '@lockstep/kernel';
import { realisedVolatility } from '@lockstep/replication';
import { describe, expect, it } from 'vitest';
import { pastOf } from './past';

const cash = { '': 100_000_00000000n, xyz: 50_000_00000000n };
const amount = (text: string): bigint => money(unwrap(parseDecimal(text, 8), text));

describe('the past of a leader', () => {
  it('is unknown where none was drawn', () => {
    expect(pastOf({ cash })).toEqual([]);
  });

  it('tells as much volatility as its daily swing makes', () => {
    const points = pastOf({ cash, dailySwingPpm: 20_000 }).map(({ agoMs, value, pnl }) => ({ at: -agoMs, equity: amount(value), pnl: amount(pnl) }));
    expect(Number(realisedVolatility(points)) / 1e12).toBeCloseTo(0.02 * Math.sqrt(365), 6);
  });
});
