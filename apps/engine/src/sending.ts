import type { Timers } from '@lockstep/kernel';

/**
 * Waves between their plan and their last answer. What can wait (reading fills, booking, comparing) waits for them, so that it takes neither processor nor
 * connections from orders, though never longer than `deferMaxMs` in a row: a leader that never rests must not stop the books.
 */
export class Sending {
  private running = 0;
  private since = 0;
  private waiting: (() => void)[] = [];

  constructor(
    private readonly timers: Pick<Timers, 'after'>,
    private readonly monotonic: () => number,
    private readonly deferMaxMs: number,
    /** Called whenever the last wave has its last answer. */
    private readonly onRest: () => void = () => undefined,
  ) {}

  /** Runs a wave's way to the venue. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.running === 0) this.since = this.monotonic();
    this.running += 1;
    try {
      return await work();
    } finally {
      this.running -= 1;
      if (this.running === 0) this.release();
    }
  }

  /** True while work that can wait should. */
  get busy(): boolean {
    return this.running > 0 && this.monotonic() - this.since < this.deferMaxMs;
  }

  /** Resolves when no wave is on its way, or when waiting took long enough. */
  async quiet(): Promise<void> {
    if (!this.busy) return;
    await new Promise<void>((resolve) => {
      const timer = this.timers.after(this.deferMaxMs - (this.monotonic() - this.since), resolve);
      this.waiting.push(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  private release(): void {
    this.onRest();
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}
