import type { Observation, VirtualTime } from '@lockstep/simulation';

/** Within this an order has its end and its fills are booked; waited for no longer than that. */
const QUIET_MS = 2_500;
const QUIET_MOST_MS = 40_000;

/**
 * Whether something is on its way while a calm is to be judged. Orders leave in calms too: slices of an unwinding, and what a mark makes of a loss limit or of a limit
 * on what is held.
 */
export class Quiet {
  private tradedAt = 0;

  constructor(private readonly time: Pick<VirtualTime, 'exact' | 'runUntil'>) {}

  observe(observation: Observation): void {
    if (observation.kind === 'world_fill' || observation.kind === 'order_handed') this.tradedAt = observation.at;
  }

  /** Lets time go on until what is on its way has come. */
  async until(): Promise<void> {
    const { time } = this;
    const most = time.exact() + QUIET_MOST_MS;
    while (this.tradedAt + QUIET_MS > time.exact() && time.exact() < most) await time.runUntil(this.tradedAt + QUIET_MS);
  }
}
