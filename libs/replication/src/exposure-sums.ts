import { mulDivCeil, present } from '@lockstep/kernel';
import { EXPOSURE_LIMITS, type ExposureLimit } from '@lockstep/roster';
import type { CopyBook } from './book';
import { type CopyColumns, NO_LIMIT, STATUS } from './copy-columns';
import type { InstrumentSheet } from './instrument-columns';
import { usableEquity } from './revalue';

// Bound once: a call through the front door of another room costs a getter, and these run several times per copy.
const ceilOf = mulDivCeil;

const NONE = Number.POSITIVE_INFINITY;
type LimitColumn = 'followerGross' | 'underlyingShare' | 'leaderCapacity' | 'alertGross' | 'alertShare' | 'alertCapacity';

/** The column of a limit that copies share, and what it is over: all copies of a follower, those in one underlying, or all of a leader. */
export const EXPOSURE_OVER: Readonly<Record<ExposureLimit, { readonly column: LimitColumn; readonly over: 'gross' | 'share' | 'capacity' }>> = {
  max_follower_exposure: { column: 'followerGross', over: 'gross' },
  max_underlying_share: { column: 'underlyingShare', over: 'share' },
  max_leader_exposure: { column: 'leaderCapacity', over: 'capacity' },
  alert_follower_exposure: { column: 'alertGross', over: 'gross' },
  alert_underlying_share: { column: 'alertShare', over: 'share' },
  alert_leader_exposure: { column: 'alertCapacity', over: 'capacity' },
};
const LIMITS = EXPOSURE_LIMITS.map((limit) => EXPOSURE_OVER[limit]);

/** A sheet with the book whose rows it has. */
interface BookSheet {
  readonly book: CopyBook;
  readonly sheet: InstrumentSheet;
}

/**
 * What all copies of each follower and of each leader hold at the present marks, and the strictest limit any of them has, as columns by the books' own indices of
 * followers and leaders. Filled anew at every look, over all books: a sum that is kept has to be right at every change of any position. Money 10^-8.
 */
export class ExposureSums {
  /** Followers and leaders have indices below these. */
  followers = 0;
  leaders = 0;
  /** By limit, in the order of `EXPOSURE_LIMITS`; infinite: none. */
  private limits: Float64Array[] = [];
  equity = new Float64Array(0);
  gross = new Float64Array(0);
  capacity = new Float64Array(0);
  /** What is held of the underlying that was summed last, and whose it is: the first `holding` of `holders`. */
  ofUnderlying = new Float64Array(0);
  holders = new Int32Array(0);
  holding = 0;
  /** 1: something a follower, or a leader's copies, hold has no mark in this process. */
  unmarked = new Uint8Array(0);
  unmarkedLeader = new Uint8Array(0);
  /** 1: the venue's truth of a follower's account is not known well enough. */
  unsure = new Uint8Array(0);
  private hasLimit = { follower: new Uint8Array(0), leader: new Uint8Array(0) };
  private sheets = new Map<string, BookSheet[]>();

  /** Takes limits and equity of every copy; positions are summed by {@link addUnderlyings}. */
  begin(books: readonly CopyBook[]): void {
    this.sheets = sheetsByUnderlying(books);
    this.makeRoom(books);
    for (const book of books) this.addCopies(book);
    for (const sheets of this.sheets.values()) for (const each of sheets) if (each.sheet.mark === 0) this.noteUnmarked(each);
  }

  /** The strictest limit of each follower or leader; infinite: none. */
  limitsOf(limit: number): Float64Array {
    return present(this.limits[limit], `limit ${limit}`);
  }

  /** The same of one. */
  limitOf(limit: number, of: number): number {
    return this.limits[limit]?.[of] ?? NONE;
  }

  /** Sums one underlying after the other, and hands each to `take` while its sums stand. */
  addUnderlyings(take: (underlying: string) => void): void {
    for (const [underlying, sheets] of this.sheets) {
      this.holding = 0;
      for (const each of sheets) this.addSheet(each);
      take(underlying);
      for (let index = 0; index < this.holding; index += 1) this.ofUnderlying[this.holders[index] ?? 0] = 0;
    }
  }

  private addCopies({ copies, rowCount }: CopyBook): void {
    const { copyNo, follower, status } = copies;
    for (let row = 0; row < rowCount; row += 1) {
      const whose = follower[row] ?? -1;
      if (copyNo[row] === 0 || whose < 0) continue;
      this.equity[whose] = (this.equity[whose] ?? 0) + Math.max(0, usableEquity(copies, row));
      if (((status[row] ?? 0) & STATUS.staleTruth) !== 0) this.unsure[whose] = 1;
    }
    for (const [limit, { column, over }] of LIMITS.entries()) this.addLimit(copies, rowCount, limit, column, over === 'capacity');
  }

  /** By limit and not by copy: a column is read from one end to the other. */
  private addLimit(copies: CopyColumns, rowCount: number, limit: number, column: LimitColumn, isLeaders: boolean): void {
    const [strictest, values] = [this.limits[limit], copies[column]];
    const has = isLeaders ? this.hasLimit.leader : this.hasLimit.follower;
    const groups = isLeaders ? copies.scope : copies.follower;
    const { copyNo } = copies;
    if (strictest === undefined) return;
    for (let row = 0; row < rowCount; row += 1) {
      const value = values[row] ?? NO_LIMIT;
      if (value < 0 || copyNo[row] === 0) continue;
      const of = groups[row] ?? 0;
      if (value < (strictest[of] ?? NONE)) strictest[of] = value;
      has[of] = 1;
    }
  }

  private addSheet({ book, sheet }: BookSheet): void {
    const { follower, scope } = book.copies;
    const { mark, lotsPerUnit } = sheet;
    const { position } = sheet.rows;
    const { hasLimit, gross, capacity, ofUnderlying } = this;
    if (mark === 0) return;
    for (let row = 0; row < book.rowCount; row += 1) {
      const lots = position[row] ?? 0;
      if (lots === 0) continue;
      const whose = follower[row] ?? -1;
      const leader = scope[row] ?? 0;
      const counts = whose >= 0 && hasLimit.follower[whose] === 1;
      if (!counts && hasLimit.leader[leader] !== 1) continue;
      const value = ceilOf(Math.abs(lots), mark, lotsPerUnit);
      capacity[leader] = (capacity[leader] ?? 0) + value;
      if (!counts) continue;
      gross[whose] = (gross[whose] ?? 0) + value;
      if (ofUnderlying[whose] === 0) {
        this.holders[this.holding] = whose;
        this.holding += 1;
      }
      ofUnderlying[whose] = (ofUnderlying[whose] ?? 0) + value;
    }
  }

  private noteUnmarked({ book, sheet }: BookSheet): void {
    const { follower, scope } = book.copies;
    for (let row = 0; row < book.rowCount; row += 1) {
      if ((sheet.rows.position[row] ?? 0) === 0) continue;
      const whose = follower[row] ?? -1;
      if (whose >= 0) this.unmarked[whose] = 1;
      this.unmarkedLeader[scope[row] ?? 0] = 1;
    }
  }

  private makeRoom(books: readonly CopyBook[]): void {
    this.followers = 0;
    this.leaders = 0;
    for (const { copies, rowCount } of books) {
      for (let row = 0; row < rowCount; row += 1) {
        if ((copies.follower[row] ?? -1) >= this.followers) this.followers = (copies.follower[row] ?? 0) + 1;
        if ((copies.scope[row] ?? 0) >= this.leaders) this.leaders = (copies.scope[row] ?? 0) + 1;
      }
    }
    if (this.equity.length < this.followers || this.capacity.length < this.leaders) this.grow(this.followers * 2, this.leaders * 2);
    for (const column of this.limits) column.fill(NONE);
    for (const sum of [this.equity, this.gross, this.capacity]) sum.fill(0);
    for (const flag of [this.unmarked, this.unmarkedLeader, this.unsure, this.hasLimit.follower, this.hasLimit.leader]) flag.fill(0);
  }

  private grow(followers: number, leaders: number): void {
    this.limits = LIMITS.map(({ over }) => new Float64Array(over === 'capacity' ? leaders : followers));
    this.equity = new Float64Array(followers);
    this.gross = new Float64Array(followers);
    this.ofUnderlying = new Float64Array(followers);
    this.holders = new Int32Array(followers);
    this.unmarked = new Uint8Array(followers);
    this.unsure = new Uint8Array(followers);
    this.unmarkedLeader = new Uint8Array(leaders);
    this.capacity = new Float64Array(leaders);
    this.hasLimit = { follower: new Uint8Array(followers), leader: new Uint8Array(leaders) };
  }
}

function sheetsByUnderlying(books: readonly CopyBook[]): Map<string, BookSheet[]> {
  const found = new Map<string, BookSheet[]>();
  for (const book of books) {
    for (const sheet of book.sheetList) {
      const known = found.get(sheet.underlying);
      if (known === undefined) found.set(sheet.underlying, [{ book, sheet }]);
      else known.push({ book, sheet });
    }
  }
  return found;
}
