/**
 * What may be spent at the venue in a minute: weight of reads, messages, new connections. The adapter keeps small ones of its own; a process that
 * accounts for a whole egress address can hand in its own instead.
 */
export interface ReadBudget {
  /** Takes the amount if it is free now. */
  take(amount: number): boolean;
  /** Resolves once the amount was taken; those who wait are served in their order. Never resolves after `close`. */
  whenFree(amount: number): Promise<void>;
  /** Takes it whether it is free or not, for what cannot wait: the others wait the longer. */
  spend(amount: number): void;
}

/** A bucket: at most `burst + perMinute` in any minute, `perMinute` in the long run. */
export interface BudgetSize {
  readonly perMinute: number;
  readonly burst: number;
}

const MINUTE_MS = 60_000;

/** A budget by the monotonic clock in ms. */
export class MinuteBudget implements ReadBudget {
  private free: number;
  private filledAt: number;
  private readonly waiting: { readonly amount: number; readonly done: () => void }[] = [];
  private timer: NodeJS.Timeout | null = null;
  private closed = false;
  /** All that was ever spent. */
  spentTotal = 0;

  constructor(
    readonly size: BudgetSize,
    private readonly monotonic: () => number,
    /** Told of all that is spent, where somebody else counts it too. */
    private readonly told: (amount: number) => void = () => undefined,
  ) {
    this.free = size.burst;
    this.filledAt = monotonic();
  }

  take(amount: number): boolean {
    if (this.waiting.length > 0 || !this.affords(amount)) return false;
    this.spend(amount);
    return true;
  }

  spend(amount: number): void {
    this.fill();
    this.free -= amount;
    this.spentTotal += amount;
    this.told(amount);
  }

  whenFree(amount: number): Promise<void> {
    if (this.take(amount)) return Promise.resolve();
    return new Promise((done) => {
      this.waiting.push({ amount, done });
      this.wake();
    });
  }

  /** Resolves once no more than so much is owed. Never resolves after `close`. */
  async whenOwed(most: number): Promise<void> {
    for (;;) {
      this.fill();
      const over = -this.free - most;
      if (over <= 0 && !this.closed) return;
      await new Promise<void>((resolve) => void (this.closed || setTimeout(resolve, Math.ceil((over * MINUTE_MS) / this.size.perMinute)).unref()));
    }
  }

  close(): void {
    this.closed = true;
    this.waiting.length = 0;
    if (this.timer !== null) clearTimeout(this.timer);
  }

  /** An amount above the burst is free once the bucket is full, or it would wait for ever. */
  private affords(amount: number): boolean {
    this.fill();
    return this.free >= Math.min(amount, this.size.burst);
  }

  private fill(): void {
    const now = this.monotonic();
    this.free = Math.min(this.size.burst, this.free + ((now - this.filledAt) * this.size.perMinute) / MINUTE_MS);
    this.filledAt = now;
  }

  private wake(): void {
    const [next] = this.waiting;
    if (next === undefined || this.timer !== null || this.closed) return;
    const missing = Math.max(0, Math.min(next.amount, this.size.burst) - this.free);
    this.timer = setTimeout(
      () => {
        this.timer = null;
        this.serve();
      },
      Math.ceil((missing * MINUTE_MS) / this.size.perMinute),
    );
    this.timer.unref();
  }

  private serve(): void {
    for (let next = this.waiting[0]; next !== undefined && this.affords(next.amount); next = this.waiting[0]) {
      this.waiting.shift();
      this.spend(next.amount);
      next.done();
    }
    this.wake();
  }
}
