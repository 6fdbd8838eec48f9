import { mulDivCeil, mulDivFloor } from '@lockstep/kernel';
import type { OrderFacts } from '@lockstep/risk';
import type { CopyBook } from './book';
import { NO_LIMIT } from './copy-columns';
import { copyStanding, type FollowerStanding, followerStanding, mostLots } from './follower-standing';
import type { InstrumentSheet } from './instrument-columns';
import { leaderTotals } from './leader-totals';

const RATE_ONE = 1_000_000_000_000;
const NONE = Number.POSITIVE_INFINITY;

/**
 * What limits that several copies share leave for each row's whole position in an instrument, from what is held and in flight now, whatever the targets: the
 * gate's own sums. A mark that is missing leaves nothing.
 */
export function sharedRoom(
  book: CopyBook,
  sheet: InstrumentSheet,
  orders: { readonly count: number; readonly row: Int32Array; readonly exit: Uint8Array },
  now: number,
  markMaxAgeMs: number,
): NonNullable<OrderFacts['sharedRoom']> {
  const { copies, rowCount } = book;
  const none = (): Float64Array => new Float64Array(rowCount).fill(NONE);
  const room = { concentration: none(), follower: none(), leader: none() };
  const standing: FollowerStanding = { gross: 0, ofUnderlying: 0, equity: 0, fresh: true };
  const judged = enteringRows(rowCount, orders);
  const leaders = leaderTotals(book, now - markMaxAgeMs, false);
  const when = { now, markMaxAgeMs, targets: false };
  // By row and not by order: columns are read from one end to the other.
  for (let row = 0; row < rowCount; row += 1) {
    if (judged[row] !== 1) continue;
    const own = sheet.mark === 0 ? 0 : mulDivCeil(mostLots(sheet.rows, row, false), sheet.mark, sheet.lotsPerUnit);
    const capacity = copies.leaderCapacity[row] ?? NO_LIMIT;
    const leader = leaders[copies.scope[row] ?? 0] ?? 0;
    if (capacity >= 0) room.leader[row] = leader < 0 ? -NONE : capacity - (leader - own);
    const gross = copies.followerGross[row] ?? NO_LIMIT;
    const share = copies.underlyingShare[row] ?? NO_LIMIT;
    if (gross < 0 && share < 0) continue;
    const follower = copies.follower[row] ?? -1;
    if (book.followers.hasOne(follower)) copyStanding(book, row, sheet.underlying, when, standing);
    else followerStanding(book.followers, follower, sheet.underlying, when, standing);
    const known = standing.fresh ? 0 : NONE;
    if (gross >= 0) room.follower[row] = gross - (standing.gross - own) - known;
    if (share >= 0) room.concentration[row] = mulDivFloor(standing.equity, share, RATE_ONE) - (standing.ofUnderlying - own) - known;
  }
  return room;
}

/** Rows with an order that enters: no limit holds an exit up, and a row's two legs are of one position. */
function enteringRows(rowCount: number, orders: { readonly count: number; readonly row: Int32Array; readonly exit: Uint8Array }): Uint8Array {
  const entering = new Uint8Array(rowCount);
  for (let order = 0; order < orders.count; order += 1) if (orders.exit[order] !== 1) entering[orders.row[order] ?? 0] = 1;
  return entering;
}
