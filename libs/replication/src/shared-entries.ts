/** "No limit is given" in a column of groups. */
export const NO_GROUP_LIMIT = Number.POSITIVE_INFINITY;

/** Groups of copies that share a limit, as columns by slot. Money 10^-8. */
export class Groups {
  /** Slot of each entry; −1: it shares no such limit. */
  readonly slot: Int32Array;
  readonly limit: Float64Array;
  /** What a group comes to without the rows that enter, at the marks. */
  readonly others: Float64Array;
  /** Σ of what the rows that enter had been granted before, and of their increments, at their orders' own prices. */
  readonly held: Float64Array;
  readonly increments: Float64Array;

  constructor(capacity: number) {
    this.slot = new Int32Array(capacity);
    this.limit = new Float64Array(capacity);
    this.others = new Float64Array(capacity);
    this.held = new Float64Array(capacity);
    this.increments = new Float64Array(capacity);
  }

  /** Forgets the groups of the plan before: none of so many entries shares anything. */
  clear(entries: number): void {
    this.slot.fill(-1, 0, entries);
    this.limit.fill(NO_GROUP_LIMIT, 0, entries);
    this.held.fill(0, 0, entries);
    this.increments.fill(0, 0, entries);
  }

  /** Sums the entries by group, as they are now. */
  sum(entries: SharedEntries): void {
    for (let at = 0; at < entries.count; at += 1) {
      const slot = this.slot[at] ?? -1;
      if (slot < 0) continue;
      this.held[slot] = (this.held[slot] ?? 0) + (entries.held[at] ?? 0);
      this.increments[slot] = (this.increments[slot] ?? 0) + (entries.increment[at] ?? 0);
    }
  }
}

/** Rows of a wave or repair whose entry was priced and went through the caps before the shared ones, as columns that each plan of a book fills anew. */
export interface SharedEntries {
  count: number;
  /** Index in the draft. */
  readonly index: Int32Array;
  /** max(mark, limit price). */
  readonly price: Float64Array;
  /** What the row had been granted before its increment, and the increment, in money at that price. */
  readonly held: Float64Array;
  readonly increment: Float64Array;
  /** Σ U of the follower whose slot it is. */
  readonly equity: Float64Array;
  readonly concentration: Groups;
  readonly gross: Groups;
  readonly capacity: Groups;
}

/** Columns for up to `capacity` entries. */
export function sharedEntries(capacity: number): SharedEntries {
  const column = (): Float64Array => new Float64Array(capacity);
  return {
    count: 0,
    index: new Int32Array(capacity),
    price: column(),
    held: column(),
    increment: column(),
    equity: column(),
    concentration: new Groups(capacity),
    gross: new Groups(capacity),
    capacity: new Groups(capacity),
  };
}
