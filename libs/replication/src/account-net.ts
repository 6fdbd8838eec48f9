import { mulDivFloor } from '@lockstep/kernel';
import type { CopyBook } from './book';
import type { InstrumentSheet } from './instrument-columns';

/*
 * Several copies on one venue account (product §2.6): each has a virtual position, the account holds the net. A copy's columns know of the others only what
 * `putOthers` writes before each plan, so that planning stays one pass over one book.
 */

/** One copy's row in one instrument; the members of an account may stand in different books. */
export interface AccountMember {
  readonly book: CopyBook;
  readonly sheet: InstrumentSheet;
  readonly row: number;
}

/** A copy's row in whatever instruments its book has met. */
export type BookRow = Pick<AccountMember, 'book' | 'row'>;

/** Those of an account's copies that have met a coin. */
export function membersIn(copies: readonly BookRow[], coin: string): AccountMember[] {
  const members: AccountMember[] = [];
  for (const { book, row } of copies) {
    const sheet = book.findSheet(coin);
    if (sheet !== undefined) members.push({ book, sheet, row });
  }
  return members;
}

/** The range an account's net can come to, in lots: every working and unknown order of its copies on one side filled and none on the other. */
export interface NetRange {
  readonly low: number;
  readonly net: number;
  readonly high: number;
}

/** Net of an account: its copies' positions and the follower's own beside them, with the worst its orders in flight can make of it. */
export function netRange(members: readonly AccountMember[], own: number): NetRange {
  let [net, buying, selling] = [own, 0, 0];
  for (const { sheet, row } of members) {
    net += sheet.rows.position[row] ?? 0;
    buying += sheet.rows.pendingBuy[row] ?? 0;
    selling += sheet.rows.pendingSell[row] ?? 0;
  }
  return { low: net - selling, net, high: net + buying };
}

/** Writes into every member's row what its account holds beside it and has in flight there, as planning reads it. `own`: the follower's own position, in lots. */
export function putOthers(members: readonly AccountMember[], own: number): void {
  const all = netRange(members, own);
  const [buying, selling] = [all.high - all.net, all.net - all.low];
  for (const { sheet, row } of members) {
    const { rows } = sheet;
    rows.beside[row] = own;
    rows.others[row] = all.net - own - (rows.position[row] ?? 0);
    rows.othersBuy[row] = buying - (rows.pendingBuy[row] ?? 0);
    rows.othersSell[row] = selling - (rows.pendingSell[row] ?? 0);
  }
}

/** An order in the legs it is sent as, in this order. */
export interface ReduceOnlySplit {
  readonly reduceOnly: number;
  readonly plain: number;
}

/**
 * Splits an order for the venue: reduce-only as far as it moves the account's net towards zero without crossing it, whatever of the orders in flight fills
 * before it; the rest is sent plain behind that.
 */
export function splitReduceOnly(range: NetRange, buy: boolean, lots: number): ReduceOnlySplit {
  const room = buy ? Math.max(0, -range.high) : Math.max(0, range.low);
  const reduceOnly = Math.min(lots, room);
  return { reduceOnly, plain: lots - reduceOnly };
}

/** |lots| an account comes to hold when the worst subset of its copies leaves: the larger of its longs and its shorts. */
export function worstSubset(positions: readonly number[]): number {
  let [longs, shorts] = [0, 0];
  for (const position of positions) {
    if (position > 0) longs += position;
    else shorts -= position;
  }
  return Math.max(longs, shorts);
}

/**
 * Each copy's share of its account's real equity, by its own equity: never more than all of it together, and never less than a copy's equity while the
 * account holds what its copies count on. A copy alone on its account has all of it. Money 10^-8, safe integers.
 */
export function equityShares(real: number, equities: readonly number[]): readonly number[] {
  const held = Math.max(0, real);
  if (equities.length === 1) return [held];
  const counted = equities.map((equity) => Math.max(0, equity));
  const total = counted.reduce((sum, equity) => sum + equity, 0);
  return counted.map((equity) => (total === 0 ? 0 : mulDivFloor(held, equity, total)));
}
