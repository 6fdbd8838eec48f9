import { type EpochMs, max, min } from '@lockstep/kernel';
import { entryOf } from './entry-of';

/** Marks kept per process and coin: more than come between a decision and its order's leaving. */
const MARKS_KEPT = 64;

/** The marks of one coin as one process was told them, newest last. */
export class MarkTrail {
  private readonly times = new Float64Array(MARKS_KEPT);
  private readonly prices: bigint[] = [];
  private next = 0;
  private held = 0;
  /** The newest price as a number of quote units. */
  latest = 0;

  add(at: EpochMs, price: bigint): void {
    this.times[this.next] = at;
    this.prices[this.next] = price;
    this.next = (this.next + 1) % MARKS_KEPT;
    if (this.held < MARKS_KEPT) this.held += 1;
    this.latest = Number(price) / 1e8;
  }

  /** The newest price, 10^-8; null before the first. */
  get newest(): bigint | null {
    return this.held === 0 ? null : (this.prices[this.slot(1)] ?? null);
  }

  /** When the newest mark not after `by` came; null when none did. */
  lastAt(by: EpochMs): EpochMs | null {
    for (let back = 1; back <= this.held; back += 1) {
      const at = this.timeOf(back);
      if (at <= by) return at;
    }
    return null;
  }

  /** Lowest and highest of the mark in force at `from` and those that came from then to `to`; null when there was none by `to`. */
  range(from: EpochMs, to: EpochMs): { readonly low: bigint; readonly high: bigint } | null {
    let low: bigint | null = null;
    let high = 0n;
    for (let back = 1; back <= this.held; back += 1) {
      const at = this.timeOf(back);
      if (at > to) continue;
      const price = this.prices[this.slot(back)] ?? 0n;
      if (low === null || price < low) low = price;
      if (price > high) high = price;
      if (at <= from) break;
    }
    return low === null ? null : { low, high };
  }

  /** Whether the price came between two moments. */
  has(price: bigint, from: EpochMs, to: EpochMs): boolean {
    for (let back = 1; back <= this.held; back += 1) {
      const at = this.timeOf(back);
      if (at < from) return false;
      if (at <= to && this.prices[this.slot(back)] === price) return true;
    }
    return false;
  }

  private slot(back: number): number {
    return (this.next - back + MARKS_KEPT) % MARKS_KEPT;
  }

  private timeOf(back: number): EpochMs {
    return this.times[this.slot(back)] ?? 0;
  }
}

type Trails = ReadonlyMap<string, MarkTrail>;
/** So many processes that ended are remembered: what one of them asked for the next ones carry out. */
const FORMER_KEPT = 4;

/** What each process knows of marks. */
export class DeliveredMarks {
  private readonly trails = new Map<string, Map<string, MarkTrail>>();
  /** Of processes that ended, the newest last. */
  private readonly former = new Map<string, Trails>();

  add(process: string, coin: string, at: EpochMs, price: bigint): void {
    const coins = entryOf(this.trails, process, () => new Map<string, MarkTrail>());
    entryOf(coins, coin, () => new MarkTrail()).add(at, price);
  }

  /** What a process was told; of one that ended too: a transaction it gave to the database before may be known to stand a moment after. */
  of(process: string, coin: string): MarkTrail | null {
    return (this.trails.get(process) ?? this.former.get(process))?.get(coin) ?? null;
  }

  /** Lowest and highest of what any process was told between two moments, one that ended since too, and of what was in force before; null: nothing. */
  rangeOfAll(coin: string, from: EpochMs, to: EpochMs): { readonly low: bigint; readonly high: bigint } | null {
    const former = [...this.former.values()].filter((coins) => (coins.get(coin)?.lastAt(to) ?? from - 1) >= from);
    const ranges = [...this.trails.values(), ...former].flatMap((coins) => coins.get(coin)?.range(from, to) ?? []);
    return ranges.reduce<{ low: bigint; high: bigint } | null>(
      (all, { low, high }) => (all === null ? { low, high } : { low: min(all.low, low), high: max(all.high, high) }),
      null,
    );
  }

  /** A process ended. */
  forget(process: string): void {
    const trails = this.trails.get(process);
    if (trails === undefined) return;
    this.trails.delete(process);
    this.former.set(process, trails);
    const [oldest = process] = this.former.keys();
    if (this.former.size > FORMER_KEPT) this.former.delete(oldest);
  }
}
