import type { AddressBudgets, RequestKind } from './address-budgets';
import { QUEUED, type QueuedClass } from './limits';

/** Rows of one flow and class that wait at one egress address, in the order they are to leave. */
export interface Rows {
  /** Handed back when the row may leave; whole numbers of the caller. */
  readonly tokens: ArrayLike<number>;
  /** The venue account of each row, for its own budget; absent: nobody's. */
  readonly accounts?: ArrayLike<number>;
  readonly count: number;
  /** Cancels have the larger cap of an account. */
  readonly cancels?: boolean;
}

/** Rows that may leave now, all of one flow and class. */
export interface Grant {
  readonly flow: number;
  readonly cls: QueuedClass;
  readonly tokens: readonly number[];
}

interface Parked {
  readonly token: number;
  readonly account: number;
  readonly readyAt: number;
}

interface Lane {
  readonly flow: number;
  readonly rows: Rows;
  cursor: number;
  /** Rows whose account must wait, earliest first. */
  parked: readonly Parked[];
}

/** A pass of a flow of weight 1; whole numbers keep ties exact. */
const STRIDE = 1_000_000;

/**
 * What waits at one egress address. Classes are strictly ordered; inside a class waves share what may leave by their weights (stride scheduling: the flow
 * that had least, in proportion, is next), so that a large wave holds up a small one for as long as the small one's own share takes.
 */
export class WaitingRows {
  private readonly lanes: ReadonlyMap<QueuedClass, Lane[]>;
  private readonly passes: Map<number, number>;

  constructor(from?: WaitingRows) {
    this.lanes = new Map(QUEUED.map((cls) => [cls, (from?.lanes.get(cls) ?? []).map((lane) => ({ ...lane }))]));
    this.passes = new Map(from?.passes);
  }

  copy(): WaitingRows {
    return new WaitingRows(this);
  }

  add(flow: number, cls: QueuedClass, rows: Rows): void {
    if (rows.count === 0) return;
    this.passes.set(flow, Math.max(this.passes.get(flow) ?? 0, this.leastPass(flow)));
    this.of(cls).push({ flow, rows, cursor: 0, parked: [] });
  }

  /** Takes back what a flow still has waiting. */
  withdraw(flow: number): number[] {
    const tokens: number[] = [];
    for (const lanes of this.lanes.values()) {
      for (const lane of lanes) {
        if (lane.flow !== flow) continue;
        tokens.push(...lane.parked.map(({ token }) => token));
        for (let at = lane.cursor; at < lane.rows.count; at += 1) tokens.push(lane.rows.tokens[at] ?? 0);
      }
      remove(lanes, (lane) => lane.flow === flow);
    }
    this.passes.delete(flow);
    return tokens;
  }

  count(cls: QueuedClass): number {
    return this.of(cls).reduce((sum, lane) => sum + lane.rows.count - lane.cursor + lane.parked.length, 0);
  }

  /** Rows that wait for nothing but room: they are what reads stand back for. */
  get any(): boolean {
    return QUEUED.some((cls) => this.of(cls).length > 0);
  }

  /** Takes up to `room` rows of a class whose accounts may send now. */
  take(cls: QueuedClass, room: number, now: number, accounts: AddressBudgets, weightOf: (flow: number) => number): Grant[] {
    const lanes = this.of(cls);
    const granted = new Map<number, number[]>();
    for (let left = room; left > 0; ) {
      const lane = this.next(cls, lanes, now, accounts);
      if (lane === null) break;
      const row = this.pop(lane, now);
      if (row.account >= 0) accounts.spend(row.account, 1, now);
      const tokens = granted.get(lane.flow) ?? [];
      if (tokens.length === 0) granted.set(lane.flow, tokens);
      tokens.push(row.token);
      this.passes.set(lane.flow, (this.passes.get(lane.flow) ?? 0) + Math.floor(STRIDE / Math.max(1, weightOf(lane.flow))));
      left -= 1;
    }
    remove(lanes, isEmpty);
    this.forgetIdle();
    return [...granted].map(([flow, tokens]) => ({ flow, cls, tokens }));
  }

  /** When the first row of a class that waits for its account may leave; Infinity: none waits for that alone. */
  accountAt(cls: QueuedClass): number {
    let at = Number.POSITIVE_INFINITY;
    for (const { parked, cursor, rows } of this.of(cls)) {
      if (cursor < rows.count) return 0;
      at = Math.min(at, parked[0]?.readyAt ?? at);
    }
    return at;
  }

  /** The lane whose flow had least so far and that has a row whose account may send. Rows that must wait for theirs are set aside on the way. */
  private next(cls: QueuedClass, lanes: readonly Lane[], now: number, accounts: AddressBudgets): Lane | null {
    let best: Lane | null = null;
    for (const lane of lanes) {
      if (best !== null && (this.passes.get(lane.flow) ?? 0) >= (this.passes.get(best.flow) ?? 0)) continue;
      if (this.settle(cls, lane, now, accounts)) best = lane;
    }
    return best;
  }

  /** True when the lane's next row may leave now. */
  private settle(cls: QueuedClass, lane: Lane, now: number, accounts: AddressBudgets): boolean {
    const { rows } = lane;
    const kind: RequestKind = rows.cancels === true ? 'cancel' : cls === 'entry' ? 'entry' : 'other';
    for (let first = lane.parked[0]; first !== undefined && first.readyAt <= now; first = lane.parked[0]) {
      const again = accounts.readyAt(first.account, kind, now);
      if (again <= now) return true;
      lane.parked = parkedWith(lane.parked.slice(1), { ...first, readyAt: again });
    }
    for (; lane.cursor < rows.count; lane.cursor += 1) {
      const account = rows.accounts?.[lane.cursor] ?? -1;
      const readyAt = account < 0 ? now : accounts.readyAt(account, kind, now);
      if (readyAt <= now) return true;
      lane.parked = parkedWith(lane.parked, { token: rows.tokens[lane.cursor] ?? 0, account, readyAt });
    }
    return false;
  }

  private pop(lane: Lane, now: number): { readonly token: number; readonly account: number } {
    const first = lane.parked[0];
    if (first !== undefined && first.readyAt <= now) {
      lane.parked = lane.parked.slice(1);
      return first;
    }
    const at = lane.cursor;
    lane.cursor += 1;
    return { token: lane.rows.tokens[at] ?? 0, account: lane.rows.accounts?.[at] ?? -1 };
  }

  /** Where the flows that wait stand: one that joins them begins there, with no claim for the time before. */
  private leastPass(joining: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (const lanes of this.lanes.values()) for (const { flow } of lanes) if (flow !== joining) least = Math.min(least, this.passes.get(flow) ?? 0);
    return Number.isFinite(least) ? least : 0;
  }

  private forgetIdle(): void {
    if (!this.any) this.passes.clear();
  }

  private of(cls: QueuedClass): Lane[] {
    return this.lanes.get(cls) ?? [];
  }
}

const isEmpty = (lane: Lane): boolean => lane.cursor >= lane.rows.count && lane.parked.length === 0;

function parkedWith(parked: readonly Parked[], row: Parked): readonly Parked[] {
  const at = parked.findIndex(({ readyAt }) => readyAt > row.readyAt);
  return at < 0 ? [...parked, row] : [...parked.slice(0, at), row, ...parked.slice(at)];
}

function remove(lanes: Lane[], which: (lane: Lane) => boolean): void {
  for (let at = lanes.length - 1; at >= 0; at -= 1) {
    const lane = lanes[at];
    if (lane !== undefined && which(lane)) lanes.splice(at, 1);
  }
}
