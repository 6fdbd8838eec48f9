import type { EpochMs } from '@lockstep/kernel';

interface Equities {
  readonly low: number;
  readonly high: number;
}

/** When a process began last, and since when nothing fails. */
interface Circumstances {
  readonly lastStartAt: EpochMs;
  readonly quietSince: EpochMs;
}

/** By then an engine without trouble has written down what a copy goes by. */
const SAVED_MS = 15_000;

/**
 * Between what its leader's equity lies that a copy on its fixed allocation goes by (product §2.2): that of its first increase, and no other afterwards. Until an
 * entry left by it, it may be that of any move; a process that died before it wrote it down takes it anew.
 */
export class Basis {
  private range: Equities | null = null;
  /** The first entry by it, and what it was as that was decided; null: none left since a process began. */
  private used: { readonly at: EpochMs; readonly range: Equities } | null = null;
  private isKept = false;

  /** @param now the leader's equity about this moment. */
  at(state: Circumstances, at: EpochMs, now: Equities | null): Equities | null {
    this.settle(state, at);
    if (now === null || this.isKept) return this.range;
    const had = this.range ?? now;
    this.range = { low: Math.min(now.low, had.low), high: Math.max(now.high, had.high) };
    return this.range;
  }

  /** An entry was decided by it. */
  entered(at: EpochMs): void {
    if (this.range !== null) this.used ??= { at, range: this.range };
  }

  private settle({ lastStartAt, quietSince }: Circumstances, at: EpochMs): void {
    if (this.isKept || this.used === null) return;
    if (lastStartAt > this.used.at) {
      this.used = null;
      return;
    }
    if (at - Math.max(this.used.at, quietSince) <= SAVED_MS) return;
    this.range = this.used.range;
    this.isKept = true;
  }
}
