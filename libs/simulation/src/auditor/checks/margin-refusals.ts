import type { EpochMs } from '@lockstep/kernel';
import type { Holding } from '../book/holding';
import { isExit, type OrderTrack } from '../book/orders';
import type { AuditState } from '../book/state';

/** An exit that is refused is tried again within so short a while. */
const TRIED_MS = 15_000;

/**
 * Whether the venue would not let a copy close `size`: the newest exit asks for that much, left a moment ago, and was refused for want of margin. What a copy closes may
 * be an increase of its account, where the follower's own or another copy's stands against it, and the account need not have the margin of that any more: no engine
 * can close it then, it can only try again.
 */
export function isRefusedForMargin(state: AuditState, copyId: string, { coin, real }: Holding, size: bigint, at: EpochMs): boolean {
  const { handed, refusedForMargin } = newestExit(state, copyId, coin) ?? {};
  if (handed === undefined || handed === null || refusedForMargin !== true || handed.reduceOnly) return false;
  return handed.sentAt >= at - TRIED_MS && handed.buy === real.position < 0n && handed.size >= size;
}

function newestExit(state: AuditState, copyId: string, coin: string): OrderTrack | null {
  let newest: OrderTrack | null = null;
  for (const order of state.orders.values()) {
    if (order.copyId !== copyId || order.handed === null || order.handed.coin !== coin || !isExit(order.handed)) continue;
    if (newest === null || order.handed.sentAt >= (newest.handed?.sentAt ?? Number.NEGATIVE_INFINITY)) newest = order;
  }
  return newest;
}
