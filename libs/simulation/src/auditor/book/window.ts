import type { EpochMs } from '@lockstep/kernel';

/** Lowest and highest of a figure over about the last `windowMs` (at least that, at most twice as long), in constant memory. */
export class RecentRange {
  private begun = Number.NEGATIVE_INFINITY;
  private nowLow: number | null = null;
  private nowHigh = Number.NEGATIVE_INFINITY;
  private beforeLow: number | null = null;
  private beforeHigh = Number.NEGATIVE_INFINITY;
  private lastLow: number | null = null;
  private lastHigh = Number.NEGATIVE_INFINITY;

  constructor(private readonly windowMs: number) {}

  /** Takes a figure, or the ends between which it lies. */
  add(at: EpochMs, low: number, high = low): void {
    this.turn(at);
    if (this.nowLow === null || low < this.nowLow) this.nowLow = low;
    if (high > this.nowHigh) this.nowHigh = high;
    this.lastLow = low;
    this.lastHigh = high;
  }

  /** The range as of `at`; the newest figure stays in it however old it is. null before the first. */
  range(at: EpochMs): { readonly low: number; readonly high: number } | null {
    this.turn(at);
    if (this.nowLow === null) return null;
    if (this.beforeLow === null) return { low: this.nowLow, high: this.nowHigh };
    return { low: Math.min(this.nowLow, this.beforeLow), high: Math.max(this.nowHigh, this.beforeHigh) };
  }

  private turn(at: EpochMs): void {
    if (at - this.begun < this.windowMs) return;
    const fresh = at - this.begun < 2 * this.windowMs;
    this.beforeLow = fresh ? this.nowLow : this.lastLow;
    this.beforeHigh = fresh ? this.nowHigh : this.lastHigh;
    this.nowLow = this.lastLow;
    this.nowHigh = this.lastHigh;
    this.begun = at;
  }
}
