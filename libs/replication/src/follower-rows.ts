import { must } from '@lockstep/kernel';
import type { CopyColumns } from './copy-columns';
import type { InstrumentSheet } from './instrument-columns';

/** What of a book its followers' sums are made of. */
export interface SummedBook {
  readonly copies: CopyColumns;
  readonly sheetList: readonly InstrumentSheet[];
}

/** A copy of a follower, wherever its book is. */
export interface FollowerRow {
  readonly book: SummedBook;
  readonly row: number;
}

/**
 * Which rows of which books are copies of one follower. Books share it, so that limits of a follower are judged over all leaders it copies; the sums are made
 * from the books' own columns whenever they are asked for (`follower-standing.ts`), because a sum that is kept has to be right at every change of any position.
 */
export class FollowerRows {
  /** By index of the follower. */
  private readonly rows: (FollowerRow[] | undefined)[] = [];
  /** How many each has: asked for every entry of a wave, and near at hand where the lists are not. */
  private readonly counts: number[] = [];

  /** Copies of a follower; empty where it has none. */
  of(follower: number): readonly FollowerRow[] {
    return this.rows[follower] ?? NONE;
  }

  /** True: the row that was found is the only copy of its follower. */
  hasOne(follower: number): boolean {
    return this.counts[follower] === 1;
  }

  add(follower: number, book: SummedBook, row: number): void {
    const known = this.rows[follower];
    if (known === undefined) this.rows[follower] = [{ book, row }];
    else known.push({ book, row });
    this.counts[follower] = this.of(follower).length;
  }

  remove(follower: number, book: SummedBook, row: number): void {
    const known = this.rows[follower] ?? [];
    const at = known.findIndex((one) => one.book === book && one.row === row);
    must(at >= 0, 'a copy is taken from its own follower');
    known.splice(at, 1);
    if (known.length === 0) this.rows[follower] = undefined;
    this.counts[follower] = known.length;
  }
}

const NONE: readonly FollowerRow[] = [];
