import type { EpochMs } from '@lockstep/kernel';
import { entryOf } from './entry-of';
import { RecentRange } from './window';

/** What an account has in each clearinghouse, as engines were told it, in whole units. */
export class Clearings {
  private readonly values = new Map<string, RecentRange>();
  /** Processes that live and were told, by dex. */
  private readonly toldTo = new Map<string, Set<string>>();

  constructor(private readonly windowMs: number) {}

  told(dex: string, process: string, at: EpochMs, value: number): void {
    entryOf(this.values, dex, () => new RecentRange(this.windowMs)).add(at, value);
    entryOf(this.toldTo, dex, () => new Set()).add(process);
  }

  /** Lowest and highest over the last moments, whoever was told; null: nobody ever was. */
  range(dex: string, at: EpochMs): ReturnType<RecentRange['range']> {
    return this.values.get(dex)?.range(at) ?? null;
  }

  /** Whether a process was told since it began. */
  isKnownTo(process: string, dex: string): boolean {
    return this.toldTo.get(dex)?.has(process) === true;
  }

  died(process: string): void {
    for (const told of this.toldTo.values()) told.delete(process);
  }
}
