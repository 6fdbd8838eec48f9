import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemTimers } from './timers';

const DAY_MS = 86_400_000;

describe('the machine’s timers', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each([0, -5, 1, 20 * DAY_MS, 30 * DAY_MS, 400 * DAY_MS])('call once %i ms from now and no sooner', async (ms) => {
    const calls: number[] = [];
    const began = Date.now();
    systemTimers.after(ms, () => calls.push(Date.now() - began));
    if (ms > 0) await vi.advanceTimersByTimeAsync(ms - 1);
    expect(calls).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls).toEqual([Math.max(0, ms)]);
    await vi.advanceTimersByTimeAsync(60 * DAY_MS);
    expect(calls.length).toBe(1);
  });

  it('that were cancelled call nobody, also after the first of several waits', async () => {
    const calls: number[] = [];
    const timer = systemTimers.after(60 * DAY_MS, () => calls.push(1));
    await vi.advanceTimersByTimeAsync(30 * DAY_MS);
    timer.cancel();
    await vi.advanceTimersByTimeAsync(60 * DAY_MS);
    expect(calls).toEqual([]);
  });
});
