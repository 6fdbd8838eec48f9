import type { EpochMs, Price, Size } from '@lockstep/kernel';

/** What happened to the leader's position, from flat and back. A flip closes one side and opens the other. */
export type MoveKind = 'open' | 'increase' | 'reduce' | 'close' | 'flip' | 'none';

/** `fills`: every fill was seen, so increases may be followed. `resync`: fills are missing; only reductions are followed (snapshots are state, never signals). */
export type MoveSource = 'fills' | 'resync';

/** A change of one leader's position in one instrument: all fills of one block, or what no fill told of. */
export interface Move {
  readonly coin: string;
  readonly kind: MoveKind;
  readonly source: MoveSource;
  /** Signed position before and after. */
  readonly before: Size;
  readonly after: Size;
  /** Quantity that increased |position| on the final side, ≥ 0. */
  readonly increment: Size;
  /** Size-weighted price of those increments, rounded to the strict side (down when bought); null when nothing was increased. */
  readonly incrementPrice: Price | null;
  /** Price of the last fill: the fallback reference of an exit without a book. 0 for a resync without a price. */
  readonly lastPrice: Price;
  readonly firstFillAt: EpochMs;
  readonly lastFillAt: EpochMs;
  readonly fills: number;
  /** Increasing orders of the leader whose first fill is among these; null where the fills do not name their orders. */
  readonly newOrders: number | null;
  /** The venue liquidated the leader in it: some of its fills are none of the leader's own doing. Absent where fills do not say so. */
  readonly liquidation?: true;
}

/** The first place where the leader's fills do not continue the position we know. */
export interface PositionGap {
  readonly coin: string;
  readonly known: Size;
  readonly found: Size;
  readonly at: EpochMs;
}
