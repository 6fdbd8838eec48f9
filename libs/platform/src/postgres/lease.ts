import type { Clock } from '@lockstep/kernel';

/**
 * How long something another confirmed is gone by. It counts from before the question, because that is the last moment of which the answer says anything, and by
 * whichever of both clocks went further: the monotonic one stands while a machine sleeps, and the wall clock may be put back.
 */
export class Lease {
  private monotonicAt = Number.NEGATIVE_INFINITY;
  private wallAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly ms: number,
  ) {}

  /** Asks; where the answer is yes, the lease begins anew at the moment of the question. */
  async confirmedBy(ask: () => Promise<boolean>): Promise<boolean> {
    const [monotonicAt, wallAt] = [this.clock.monotonic(), this.clock.now()];
    if (!(await ask())) return false;
    this.monotonicAt = monotonicAt;
    this.wallAt = wallAt;
    return true;
  }

  runs(): boolean {
    return this.clock.monotonic() - this.monotonicAt < this.ms && this.clock.now() - this.wallAt < this.ms;
  }
}
