import { type CopyBook, orderFacts, pickOrders, type ReasonCode, reasonNumber, type WavePlan } from '@lockstep/replication';
import { type Breach, gate } from '@lockstep/risk';
import type { EngineContext } from '../context';
import type { Approval } from './submit';

/** The reason shown for an order the gate refused. */
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
  margin: 'cap_margin',
  capacity: 'cap_capacity',
  exit_grows: 'withheld',
};

/**
 * Has the chosen rows of a plan judged once more against the books' truth of this moment (product §3, the second look). Marks and limits may have moved since
 * they were planned: what does not fit any more is withheld, and a repair sends what does.
 */
export function gateRows(ctx: EngineContext, book: CopyBook, plan: WavePlan, rows: Int32Array): Approval {
  const { approval, first } = judge(ctx, book, plan, rows);
  if (first !== null) ctx.log.info('planned orders no longer fit and are withheld', factsOf(plan, approval, first));
  return approval;
}

/** Has a whole plan judged as soon as it is made: that anything is refused here is a defect of the planner, and is logged as such. */
export function gatePlan(ctx: EngineContext, book: CopyBook, plan: WavePlan): Approval {
  const rows = Int32Array.from({ length: plan.orders.count }, (_, row) => row);
  const { approval, first } = judge(ctx, book, plan, rows);
  if (first !== null) ctx.log.error('the gate refused planned orders', factsOf(plan, approval, first));
  return approval;
}

/** `first`: the first breach that was found. */
function judge(ctx: EngineContext, book: CopyBook, plan: WavePlan, rows: Int32Array): { readonly approval: Approval; readonly first: Breach | null } {
  const orders = rows.length === plan.orders.count ? plan.orders : pickOrders(plan.orders, rows);
  const facts = orderFacts(book, { ...plan, orders }, Math.floor(ctx.clock.now()), ctx.limits.markMaxAgeMs);
  if (facts === null)
    return { approval: { approved: null, refused: [...rows].map((row) => ({ row, reason: reasonNumber('withheld') })) }, first: null };
  const judged = gate(orders, facts);
  if (judged.ok) return { approval: { approved: judged.value, refused: [] }, first: null };
  const refused = judged.error.map(({ order, reason }) => ({ row: rows[order] ?? -1, reason: reasonNumber(REASON_OF[reason]) }));
  return { approval: { approved: null, refused }, first: judged.error[0]?.reason ?? null };
}

const factsOf = (plan: WavePlan, { refused }: Approval, first: Breach) => ({ wave: plan.wave, coin: plan.coin, refused: refused.length, first });
