import { type Approved, err, ok, type Refused, type Result } from '@lockstep/kernel';
import { type Breach, breachOf, type OrderBatch, type OrderFacts } from './order-limits';

/** An order the gate refused, by its row in the batch. */
export interface RefusedOrder extends Refused<Breach> {
  readonly order: number;
}

/**
 * The second look before the wire: judges every order of a batch at its worst case with formulas of its own, apart from the planner's.
 * All or nothing: one broken limit refuses the batch and names the rows, which the caller drops (and reports as a defect of the planner)
 * before asking again. This is the only place in the house that makes an {@link Approved}.
 */
export function gate<T extends OrderBatch>(orders: T, facts: OrderFacts): Result<Approved<T>, readonly RefusedOrder[]> {
  const refused: RefusedOrder[] = [];
  for (let order = 0; order < orders.count; order += 1) {
    const reason = breachOf(orders, facts, order);
    if (reason !== null) refused.push({ order, reason });
  }
  return refused.length > 0 ? err(refused) : ok(approve(orders));
}

/** Approves actions sent before and repeated byte for byte (same nonce, expiry and signer): the venue admits each at most once, so no exposure is added. */
export function approveRepeat<T extends OrderBatch>(orders: T): Approved<T> {
  return approve(orders);
}

const approve = <T>(value: T): Approved<T> => value as Approved<T>;
