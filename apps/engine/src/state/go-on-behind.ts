import { orderKeyOf } from '@lockstep/replication';
import type { LeaderFillRow, MoveRow } from '@lockstep/storage';
import type { WatchedAccount } from './registry';

/** An order of a leader that increased a position, as recorded. */
export type IncreasingOrder = Pick<LeaderFillRow, 'coin' | 'oid' | 'twapId'>;

/** Whether a recorded move was made of a state, without a fill. */
const isOfState = (detail: unknown): boolean => typeof detail === 'object' && detail !== null && 'fills' in detail && detail.fills === 0;

/** Has detection go on behind a recorded move. Moves of one instrument are taken oldest first. */
export function goOnBehind(watched: WatchedAccount, move: MoveRow): void {
  if (isOfState(move.detail)) watched.leader.stated(move.coin, move.positionAfter, move.lastFillMs);
  else watched.leader.positions.set(move.coin, move.positionAfter);
  watched.leader.noteFill(move.coin, move.lastFillMs);
  watched.recordedTo = Math.max(watched.recordedTo, move.lastFillMs);
  watched.movesTo = Math.max(watched.movesTo, Number(move.seq));
}

/** Takes recorded orders, newest first, as met: each is new once. */
export function loadOrders(watched: WatchedAccount, orders: readonly IncreasingOrder[]): void {
  watched.orders.load(orders.toReversed().map(({ coin, oid, twapId }) => ({ coin, key: orderKeyOf({ orderId: oid, twapId }) ?? oid })));
}
