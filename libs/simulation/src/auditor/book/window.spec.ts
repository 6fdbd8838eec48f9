import { describe, expect, it } from 'vitest';
import { RecentRange } from './window';

describe('the range of a figure over the last moments', () => {
  it.each<[string, number, { readonly low: number; readonly high: number }]>([
    ['right after it', 0, { low: 90, high: 120 }],
    ['while older ones are recent', 1_500, { low: 90, high: 120 }],
    ['long after it: the newest stays, with both its ends', 60_000, { low: 90, high: 110 }],
  ])('%s', (_what, after, range) => {
    const recent = new RecentRange(1_000);
    recent.add(0, 120);
    recent.add(10, 90, 110);
    expect(recent.range(10 + after)).toEqual(range);
  });

  it('is unknown before the first', () => {
    expect(new RecentRange(1_000).range(5)).toBeNull();
  });
});
