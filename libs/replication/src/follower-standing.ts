import { mulDivCeil } from '@lockstep/kernel';
import type { FollowerRows, SummedBook } from './follower-rows';
import { type InstrumentRows, MICRO } from './instrument-columns';
import { inFlightLots, unrealisedAt } from './revalue';

// Bound once: a call through the front door of another room costs a getter, and these run several times per copy.
const ceilOf = mulDivCeil;

/** What all copies of one follower come to, at the present marks. Money 10^-8. */
export interface FollowerStanding {
  /** Σ worst-case notional over all copies and instruments, and over those of one underlying. */
  gross: number;
  ofUnderlying: number;
  /** Σ U: what the copies are worth together, each no more than what its venue account holds for it. */
  equity: number;
  /** False: something of it has no mark that is young enough, so that the numbers are too small. */
  fresh: boolean;
}

/** When a standing is asked for, and whether what targets still ask for counts beside what is held and in flight. */
export interface StandingAt {
  readonly now: number;
  readonly markMaxAgeMs: number;
  readonly targets: boolean;
}

/** Writes what a follower's copies come to into `into`, over all books. */
export function followerStanding(followers: FollowerRows, follower: number, underlying: string, at: StandingAt, into: FollowerStanding): void {
  clear(into);
  const rows = followers.of(follower);
  for (let index = 0; index < rows.length; index += 1) {
    const one = rows[index];
    if (one !== undefined) addRow(one.book, one.row, underlying, at.now - at.markMaxAgeMs, at.targets, into);
  }
}

/** The same where a follower has one copy alone (`FollowerRows.hasOne`), whose row is known. */
export function copyStanding(book: SummedBook, row: number, underlying: string, at: StandingAt, into: FollowerStanding): void {
  clear(into);
  addRow(book, row, underlying, at.now - at.markMaxAgeMs, at.targets, into);
}

function clear(into: FollowerStanding): void {
  into.gross = 0;
  into.ofUnderlying = 0;
  into.equity = 0;
  into.fresh = true;
}

/** Largest |lots| a row's orders may bring it to: what is held with every order in flight filled, and what its target still asks for in whole lots. */
export function mostLots(rows: InstrumentRows, row: number, targets = true): number {
  const target = targets ? Math.floor(Math.abs(rows.target[row] ?? 0) / MICRO) : 0;
  return Math.max(inFlightLots(rows, row), target);
}

function addRow(book: SummedBook, row: number, underlying: string, since: number, targets: boolean, into: FollowerStanding): void {
  const { copies } = book;
  let equity = (copies.allocation[row] ?? 0) - (copies.leaving[row] ?? 0) + (copies.netPnl[row] ?? 0);
  const { sheetList } = book;
  for (let index = 0; index < sheetList.length; index += 1) {
    const sheet = sheetList[index];
    if (sheet === undefined) continue;
    const worst = mostLots(sheet.rows, row, targets);
    if (worst === 0) continue;
    if (sheet.mark === 0 || sheet.markAt < since) into.fresh = false;
    if (sheet.mark === 0) continue;
    const value = ceilOf(worst, sheet.mark, sheet.lotsPerUnit);
    into.gross += value;
    if (sheet.underlying === underlying) into.ofUnderlying += value;
    equity += unrealisedAt(sheet, row, sheet.mark);
  }
  into.equity += Math.max(0, Math.min(equity, copies.realEquity[row] ?? 0));
}
