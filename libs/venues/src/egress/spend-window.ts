/** Slices of a window, in ms: a spend is forgotten up to one slice late, never early. */
export const SLICE_MS = 250;

/**
 * What was spent in the last `windowMs`, by slices. One that never lets more than L be spent in a sliding window of W also never overflows a leaky bucket of
 * size L that drains L per W: over k windows at most k·L were spent while at least (k − 1)·L drained. So one policy is safe under both ways of counting.
 */
export class SpendWindow {
  private readonly slices: Float64Array;
  private latest: number;
  private sum = 0;

  constructor(
    private readonly windowMs: number,
    from?: SpendWindow,
  ) {
    this.slices = from === undefined ? new Float64Array(Math.ceil(windowMs / SLICE_MS) + 1) : from.slices.slice();
    this.latest = from?.latest ?? 0;
    this.sum = from?.sum ?? 0;
  }

  copy(): SpendWindow {
    return new SpendWindow(this.windowMs, this);
  }

  /** Spent and not yet forgotten. */
  used(now: number): number {
    this.roll(now);
    return this.sum;
  }

  /** Counts a spend, whether or not it should have been made. */
  spend(amount: number, now: number): void {
    this.roll(now);
    const at = this.latest % this.slices.length;
    this.slices[at] = (this.slices[at] ?? 0) + amount;
    this.sum += amount;
  }

  /** A spend made at `at` was counted by the venue as late as `now`: it is remembered from there on. */
  delay(amount: number, at: number, now: number): void {
    this.roll(now);
    const slice = Math.floor(at / SLICE_MS);
    if (slice > this.latest - this.slices.length) {
      const place = slice % this.slices.length;
      const there = Math.min(amount, this.slices[place] ?? 0);
      this.slices[place] = (this.slices[place] ?? 0) - there;
      this.sum -= there;
    }
    this.spend(amount, now);
  }

  /** First time at which no more than `most` is used; `now` when that is so already, Infinity when `most` is below zero. */
  at(most: number, now: number): number {
    this.roll(now);
    if (this.sum <= most) return now;
    if (most < 0) return Number.POSITIVE_INFINITY;
    let left = this.sum;
    for (let slice = this.latest - this.slices.length + 1; slice <= this.latest; slice += 1) {
      left -= this.slices[((slice % this.slices.length) + this.slices.length) % this.slices.length] ?? 0;
      if (left <= most) return Math.max(now, (slice + this.slices.length) * SLICE_MS);
    }
    return now;
  }

  /** Spends that still count, oldest first: how long ago in ms, and how much. */
  spends(now: number): readonly (readonly [number, number])[] {
    this.roll(now);
    const found: [number, number][] = [];
    for (let slice = Math.max(0, this.latest - this.slices.length + 1); slice <= this.latest; slice += 1) {
      const amount = this.slices[slice % this.slices.length] ?? 0;
      if (amount > 0) found.push([Math.max(0, Math.round(now - slice * SLICE_MS)), amount]);
    }
    return found;
  }

  private roll(now: number): void {
    const slice = Math.floor(now / SLICE_MS);
    if (slice <= this.latest) return;
    if (slice - this.latest >= this.slices.length) {
      this.slices.fill(0);
      this.sum = 0;
    } else {
      for (let passed = this.latest + 1; passed <= slice; passed += 1) {
        const at = passed % this.slices.length;
        this.sum -= this.slices[at] ?? 0;
        this.slices[at] = 0;
      }
    }
    this.latest = slice;
  }
}
