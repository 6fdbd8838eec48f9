import { describe, expect, it } from 'vitest';
import { BlindTimes } from './blind-times';

describe('how long a leader’s orders are not known', () => {
  it('counts from when that was met first, and anew once they were known', () => {
    const times = new BlindTimes();
    expect([times.lasted('a', 10), times.lasted('a', 25), times.lasted('b', 25)]).toEqual([0, 15, 0]);
    times.end('a');
    expect([times.lasted('a', 30), times.lasted('b', 30)]).toEqual([0, 5]);
  });

  it('is remembered as long as some copy meets it in each look at all', () => {
    const times = new BlindTimes();
    for (const place of ['a', 'b']) times.lasted(place, 10);
    times.forgetUnmet();
    times.lasted('a', 20);
    times.forgetUnmet();
    expect(times.size).toBe(1);
    expect([times.lasted('a', 30), times.lasted('b', 30)]).toEqual([20, 0]);
  });
});
