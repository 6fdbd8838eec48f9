import { type Timer, type Timers } from '@lockstep/kernel';

/** Wait before something that failed is begun anew, in ms: doubled each time, up to the longest. */
const RESTART_MIN_MS = 500;
const RESTART_MAX_MS = 30_000;

/** Begins things anew that failed: not at once, and each time later, until they worked again. Each waits once, however often it fails meanwhile. */
export class Restarts<Key> {
  private readonly waiting = new Map<Key, Timer>();
  /** Failures in a row. */
  private readonly failures = new Map<Key, number>();

  constructor(
    private readonly timers: Pick<Timers, 'after'>,
    private readonly begin: (key: Key) => void,
  ) {}

  isWaiting(key: Key): boolean {
    return this.waiting.has(key);
  }

  /** Begins anew after a while. */
  later(key: Key): void {
    if (this.waiting.has(key)) return;
    const before = this.failures.get(key) ?? 0;
    this.failures.set(key, before + 1);
    const again = (): void => {
      this.waiting.delete(key);
      this.begin(key);
    };
    this.waiting.set(key, this.timers.after(Math.min(RESTART_MAX_MS, RESTART_MIN_MS * 2 ** Math.min(before, 16)), again));
  }

  /** It worked: the next failure is the first again. */
  worked(key: Key): void {
    this.failures.delete(key);
  }

  /** It is not begun anew any more. */
  forget(key: Key): void {
    this.waiting.get(key)?.cancel();
    this.waiting.delete(key);
    this.failures.delete(key);
  }

  stop(): void {
    for (const key of [...this.waiting.keys()]) this.forget(key);
  }
}
