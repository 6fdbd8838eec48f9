interface Entry<T> {
  readonly key: number;
  readonly item: T;
  readonly stamp: number;
}

/** Below this many entries stale ones are not worth sweeping. */
const SWEEP_FLOOR = 64;

/**
 * A binary heap of (key, item, stamp), smallest key first. An item put again with a newer stamp outdates its old entries;
 * `stampOf` tells the current one. Outdated entries are dropped when met, or all at once when they outnumber the rest.
 */
export class TriggerHeap<T> {
  private entries: Entry<T>[] = [];

  constructor(private readonly stampOf: (item: T) => number) {}

  /** Number of entries, outdated ones included. */
  get size(): number {
    return this.entries.length;
  }

  /** `live` is how many items the heap should hold at most once each; it decides when a sweep pays. */
  push(key: number, item: T, live: number): void {
    if (this.entries.length > SWEEP_FLOOR && this.entries.length > 4 * live) this.sweep();
    this.entries.push({ key, item, stamp: this.stampOf(item) });
    this.up(this.entries.length - 1);
  }

  /** Removes and answers every current item whose key is at most `limit`, lowest key first. */
  popThrough(limit: number): T[] {
    const due: T[] = [];
    for (let top = this.entries[0]; top !== undefined && top.key <= limit; top = this.entries[0]) {
      this.removeTop();
      if (top.stamp === this.stampOf(top.item)) due.push(top.item);
    }
    return due;
  }

  private sweep(): void {
    const current = this.entries.filter((entry) => entry.stamp === this.stampOf(entry.item));
    this.entries = current.sort((a, b) => a.key - b.key);
  }

  private removeTop(): void {
    const last = this.entries.pop();
    if (last === undefined || this.entries.length === 0) return;
    this.entries[0] = last;
    this.down();
  }

  private up(from: number): void {
    const { entries } = this;
    let index = from;
    const moving = entries[index];
    while (moving !== undefined && index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = entries[parentIndex];
      if (parent === undefined || parent.key <= moving.key) break;
      entries[index] = parent;
      entries[parentIndex] = moving;
      index = parentIndex;
    }
  }

  private down(): void {
    const { entries } = this;
    let index = 0;
    const moving = entries[0];
    while (moving !== undefined) {
      let childIndex = 2 * index + 1;
      let child = entries[childIndex];
      const right = entries[childIndex + 1];
      if (child !== undefined && right !== undefined && right.key < child.key) {
        child = right;
        childIndex += 1;
      }
      if (child === undefined || child.key >= moving.key) break;
      entries[index] = child;
      entries[childIndex] = moving;
      index = childIndex;
    }
  }
}
