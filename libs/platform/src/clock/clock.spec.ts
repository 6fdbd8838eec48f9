import type { Clock } from '@lockstep/kernel';
import { isId } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { systemClock } from './clock';
import { systemIds } from './ids';
import { systemRandom } from './random';

describe('system clock', () => {
  it('tells wall time in ms and durations that never go back', () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1_000);
    const before = systemClock.monotonic();
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(before);
  });
});

describe('system random', () => {
  it('gives as many bytes as asked, not twice the same', () => {
    expect(systemRandom.bytes(0)).toHaveLength(0);
    expect(systemRandom.bytes(32)).toHaveLength(32);
    expect(systemRandom.bytes(32)).not.toEqual(systemRandom.bytes(32));
  });

  it('reaches every number of a range and none outside it', () => {
    const seen = new Set(Array.from({ length: 500 }, () => systemRandom.below(5)));
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(systemRandom.below(1)).toBe(0);
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 48])('refuses the range %s', (below) => {
    expect(() => systemRandom.below(below)).toThrow('the range is 1 to 2^48');
  });
});

describe('system ids', () => {
  const script = (times: readonly number[]): Clock => {
    let index = 0;
    return { monotonic: () => 0, now: () => times[Math.min(index++, times.length - 1)] ?? 0 };
  };

  it('are well formed, typed by prefix and unique', () => {
    const ids = systemIds(systemClock, systemRandom);
    const made = Array.from({ length: 1_000 }, () => ids.next('order'));
    expect(made.every((id) => isId('order', id))).toBe(true);
    expect(new Set(made).size).toBe(1_000);
  });

  it('rise inside one millisecond and when the clock steps back', () => {
    const ids = systemIds(script([1_000, 1_000, 1_000, 990, 1_001]), systemRandom);
    const made = Array.from({ length: 5 }, () => ids.next('copy'));
    expect([...made].sort()).toEqual(made);
  });

  it('carry on into the next millisecond when a millisecond is used up', () => {
    const full = { bytes: () => new Uint8Array(10).fill(0xff), below: () => 0 };
    const ids = systemIds(script([5]), full);
    const first = ids.next('job');
    const second = ids.next('job');
    expect(second > first).toBe(true);
  });
});
