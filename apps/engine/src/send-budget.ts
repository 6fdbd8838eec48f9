const WINDOW_SECONDS = 60;

/**
 * What one network takes from us: so many actions in any minute. Says how many may leave at once and how fast those after them, so that planning can tell
 * which entries would leave too late. It paces nothing itself and counts what is planned, which is at least what leaves.
 */
export class SendBudget {
  /** Actions by second; the slot of a second is used again a minute later. */
  private readonly slots = new Float64Array(WINDOW_SECONDS);
  private second = 0;

  /** `perMinute` 0: no limit is known. `now` is a monotonic clock in ms. */
  constructor(
    private readonly perMinute: number,
    private readonly now: () => number,
  ) {
    this.second = this.secondNow();
  }

  /** Counts actions that leave now. */
  take(actions: number): void {
    this.forget();
    const slot = this.second % WINDOW_SECONDS;
    this.slots[slot] = (this.slots[slot] ?? 0) + actions;
  }

  /** How many actions may leave at once. */
  get atOnce(): number {
    this.forget();
    return Math.max(0, this.perMinute - this.slots.reduce((sum, count) => sum + count, 0));
  }

  /** How many a second leave after those; 0: no limit. */
  get ratePerSecond(): number {
    return this.perMinute / WINDOW_SECONDS;
  }

  /** Empties the slots of the seconds that have passed since the last look. */
  private forget(): void {
    const now = this.secondNow();
    if (now - this.second >= WINDOW_SECONDS) this.slots.fill(0);
    else for (let second = this.second + 1; second <= now; second += 1) this.slots[second % WINDOW_SECONDS] = 0;
    this.second = now;
  }

  private secondNow(): number {
    return Math.floor(this.now() / 1_000);
  }
}
