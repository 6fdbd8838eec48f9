import { mulDivCeil } from '@lockstep/kernel';
import type { OrderFacts } from '@lockstep/risk';
import type { CopyBook } from './book';
import { NO_LIMIT } from './copy-columns';
import { type FollowerStanding, followerStanding, mostLots } from './follower-standing';
import type { InstrumentSheet } from './instrument-columns';

const RATE_ONE = 1_000_000_000_000n;
const NONE = Number.POSITIVE_INFINITY;

/**
 * What limits that several copies share leave for each row's whole position in an instrument, from what is held and in flight now, whatever the targets: the
 * gate's own sums. A mark that is missing leaves nothing.
 */
export function sharedRoom(
  book: CopyBook,
  sheet: InstrumentSheet,
  orders: { readonly count: number; readonly row: Int32Array },
  now: number,
  markMaxAgeMs: number,
): NonNullable<OrderFacts['sharedRoom']> {
  const { copies, rowCount } = book;
  const none = (): Float64Array => new Float64Array(rowCount).fill(NONE);
  const room = { concentration: none(), follower: none(), leader: none() };
  const standing: FollowerStanding = { gross: 0, ofUnderlying: 0, equity: 0, fresh: true };
  const leaders = leadersOf(book, now - markMaxAgeMs);
  for (let order = 0; order < orders.count; order += 1) {
    const row = orders.row[order] ?? 0;
    const own = sheet.mark === 0 ? 0 : mulDivCeil(mostLots(sheet.rows, row, false), sheet.mark, sheet.lotsPerUnit);
    const capacity = copies.leaderCapacity[row] ?? NO_LIMIT;
    if (capacity >= 0) room.leader[row] = capacity - ((leaders.get(copies.scope[row] ?? -1) ?? 0) - own);
    const gross = copies.followerGross[row] ?? NO_LIMIT;
    const share = copies.underlyingShare[row] ?? NO_LIMIT;
    if (gross < 0 && share < 0) continue;
    followerStanding(book.followers, copies.follower[row] ?? -1, sheet.underlying, { now, markMaxAgeMs, targets: false }, standing);
    const known = standing.fresh ? 0 : NONE;
    if (gross >= 0) room.follower[row] = gross - (standing.gross - own) - known;
    if (share >= 0) room.concentration[row] = Number((BigInt(standing.equity) * BigInt(share)) / RATE_ONE) - (standing.ofUnderlying - own) - known;
  }
  return room;
}

/** Σ notional held and in flight by leader; Infinity where a mark is missing or older than `since`. */
function leadersOf(book: CopyBook, since: number): ReadonlyMap<number, number> {
  const { copies, rowCount } = book;
  const sums = new Map<number, number>();
  for (const sheet of book.allSheets()) {
    const fresh = sheet.mark > 0 && sheet.markAt >= since;
    for (let row = 0; row < rowCount; row += 1) {
      const lots = mostLots(sheet.rows, row, false);
      if (lots === 0) continue;
      const leader = copies.scope[row] ?? -1;
      sums.set(leader, (sums.get(leader) ?? 0) + (fresh ? mulDivCeil(lots, sheet.mark, sheet.lotsPerUnit) : NONE));
    }
  }
  return sums;
}
