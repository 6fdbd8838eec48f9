import type { Clock, EpochMs } from '@lockstep/kernel';

/** A clock that moves only when told to; wall and monotonic time move together. */
export class FakeClock implements Clock {
  private elapsedMs = 0;

  constructor(private readonly startMs: EpochMs) {}

  now(): EpochMs {
    return this.startMs + Math.floor(this.elapsedMs);
  }

  monotonic(): number {
    return this.elapsedMs;
  }

  /** Moves on by `ms`, which is not below zero. */
  advance(ms: number): void {
    this.elapsedMs += Math.max(0, ms);
  }
}
