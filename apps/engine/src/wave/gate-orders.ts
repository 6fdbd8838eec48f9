import { type CopyBook, orderFacts, pickOrders, type ReasonCode, reasonNumber, type WavePlan } from '@lockstep/replication';
import { type Breach, gate } from '@lockstep/risk';
import type { EngineContext } from '../context';
import type { Approval } from './submit';

/** The reason shown for an order the gate refused. That it had to refuse one is a defect of the planner and is logged as such. */
const REASON_OF: Readonly<Record<Breach, ReasonCode>> = {
  not_allowed: 'not_active',
  stale_mark: 'stale_mark',
  position_size: 'cap_position_size',
  position_notional: 'cap_position_notional',
  position_share: 'cap_position_share',
  allocation: 'cap_allocation',
  leverage: 'cap_leverage',
  concentration: 'cap_concentration',
  gross: 'cap_gross',
  capacity: 'cap_capacity',
  exit_grows: 'withheld',
};

/** Has the chosen rows of a plan judged against the books' truth of this moment (product §3, the second look). */
export function gateRows(ctx: EngineContext, book: CopyBook, plan: WavePlan, rows: Int32Array): Approval {
  const orders = rows.length === plan.orders.count ? plan.orders : pickOrders(plan.orders, rows);
  const facts = orderFacts(book, { ...plan, orders }, Math.floor(ctx.clock.now()), ctx.limits.markMaxAgeMs);
  if (facts === null) return { approved: null, refused: [...rows].map((row) => ({ row, reason: reasonNumber('withheld') })) };
  const judged = gate(orders, facts);
  if (judged.ok) return { approved: judged.value, refused: [] };
  const refused = judged.error.map(({ order, reason }) => ({ row: rows[order] ?? -1, reason: reasonNumber(REASON_OF[reason]) }));
  ctx.log.error('the gate refused planned orders', { wave: plan.wave, coin: plan.coin, refused: refused.length, first: judged.error[0]?.reason });
  return { approved: null, refused };
}

/** As {@link gateRows} for the whole plan. */
export function gatePlan(ctx: EngineContext, book: CopyBook, plan: WavePlan): Approval {
  return gateRows(
    ctx,
    book,
    plan,
    Int32Array.from({ length: plan.orders.count }, (_, row) => row),
  );
}
