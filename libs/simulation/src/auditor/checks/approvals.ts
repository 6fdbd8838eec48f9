import { max } from '@lockstep/kernel';
import { asksFirst, laterEnd } from '../book/asks-first';
import type { Holding } from '../book/holding';
import { blame, type JudgedOrder, sizeText } from './judged-order';

/**
 * Product §3, approval of each trade: no increase without an approval of at least that size that was given before, and none after its proposal ended. What was
 * approved is entered once: entries that filled, and those that may still fill, have used it.
 */
export function checkApproved(judged: JudgedOrder): void {
  const { order, state, copy, holding, instrument, terms } = judged;
  if (!asksFirst(terms)) return;
  const left = holding.approvals.left(order.buy, order.decidedAt, laterEnd(state, copy, terms, order.coin));
  const used = pendingApproved(holding, judged.at, state.options.clockSlackMs, order.buy);
  if (used + order.size <= left + instrument.lot) return;
  blame(judged, 'not_approved', `${sizeText(max(0n, left - used))} of what the follower approved on that side is left`);
}

/** What entries that needed an approval may still fill. */
function pendingApproved(holding: Holding, at: number, clockSlackMs: number, buy: boolean): bigint {
  let sum = 0n;
  for (const order of holding.live.values())
    if (order.approved && order.handed?.buy === buy && order.mayFill(at, clockSlackMs)) sum += order.remaining;
  return sum;
}
