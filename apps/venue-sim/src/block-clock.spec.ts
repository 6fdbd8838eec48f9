import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BlockClock, startBlockClock } from './block-clock';

const BLOCK_MS = 100;
const START = 1_800_000_000_000;

/** A world of which only its time and what waits in it is known. */
function world() {
  const state = { time: START, queued: 0, blocks: 0 };
  const advance = (to: number): void => {
    while (state.time + BLOCK_MS <= to) {
      state.time += BLOCK_MS;
      state.blocks += 1;
      state.queued = 0;
    }
  };
  const clock = startBlockClock({
    advance,
    standing: () => ({ time: state.time, queued: state.queued }),
    blockMs: BLOCK_MS,
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    running: true,
  });
  return { state, clock };
}

let clock: BlockClock;
beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  clock.stop();
  vi.useRealTimers();
});

describe('a world by the wall clock', () => {
  it('stands while it is frozen, but for a block whenever something waits', () => {
    const made = world();
    clock = made.clock;
    vi.advanceTimersByTime(1_000);
    expect(made.state.time).toBe(START + 1_000);
    clock.freeze();
    vi.advanceTimersByTime(60_000);
    expect([made.state.time, clock.frozen]).toEqual([START + 1_000, true]);
    made.state.queued = 3;
    vi.advanceTimersByTime(500);
    expect(made.state.time).toBe(START + 1_100);
  });

  it('goes on from where it stood, and from where it was run to', () => {
    const made = world();
    clock = made.clock;
    clock.freeze();
    vi.advanceTimersByTime(60_000);
    clock.unfreeze();
    vi.advanceTimersByTime(1_000);
    expect(made.state.time).toBe(START + 1_000);
    clock.advanceTo(START + 3_600_000);
    vi.advanceTimersByTime(1_000);
    expect(made.state.time).toBe(START + 3_601_000);
    clock.advanceTo(START);
    vi.advanceTimersByTime(1_000);
    expect(made.state.time).toBe(START + 3_602_000);
  });

  it('is run to a moment while it is frozen, and stays there', () => {
    const made = world();
    clock = made.clock;
    clock.freeze();
    clock.advanceTo(START + 3_600_000);
    vi.advanceTimersByTime(10_000);
    expect(made.state.time).toBe(START + 3_600_000);
  });
});
