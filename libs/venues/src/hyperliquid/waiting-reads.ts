import type { EgressScheduler } from '../egress';
import { readCost } from './egress-limits';
import { readWeight } from './read-weights';

interface WaitingRead {
  readonly type: string;
  readonly until: number;
  resolve(ip: number | null): void;
}

/** Reads that wait for room, those that orders or prices wait for before the others, each in the order they came. */
export class WaitingReads {
  private readonly urgent: WaitingRead[] = [];
  private readonly patient: WaitingRead[] = [];

  /** At most `most` wait; `waitMaxMs` is how long one does. */
  constructor(
    private readonly most: number,
    private readonly waitMaxMs: number,
  ) {}

  /** Puts a read in line; null when too many wait. Resolves to the egress address it may leave from, or to null after the longest wait. */
  add(type: string, urgent: boolean, now: number): Promise<number | null> | null {
    if (this.urgent.length + this.patient.length >= this.most) return null;
    const line = urgent ? this.urgent : this.patient;
    return new Promise((resolve) => line.push({ type, until: now + this.waitMaxMs, resolve }));
  }

  /** Lets go what has room, and what waited too long. */
  letGo(scheduler: EgressScheduler, now: number): void {
    for (const line of [this.urgent, this.patient]) {
      for (let first = line[0]; first !== undefined; first = line[0]) {
        const ip = first.until <= now ? null : scheduler.read(readCost(readWeight(first.type)), now);
        if (ip === null && first.until > now) return;
        line.shift();
        first.resolve(ip);
      }
    }
  }

  /** When `letGo` may have something to do; Infinity while nothing waits. */
  nextAt(scheduler: EgressScheduler, now: number): number {
    const read = this.urgent[0] ?? this.patient[0];
    return read === undefined ? Number.POSITIVE_INFINITY : Math.min(read.until, scheduler.readAt(readCost(readWeight(read.type)), now));
  }

  /** Tells everything that waits that it will not leave. */
  end(): void {
    for (const line of [this.urgent, this.patient]) for (const read of line.splice(0)) read.resolve(null);
  }
}
