import { type Approved, err, ok, type Refused, type Result, type Size } from '@lockstep/kernel';
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

/** An order that takes risk off and stands at the venue, as far as the gate judges it. Signed sizes are 10^-8. */
export interface StandingExit {
  readonly buy: boolean;
  readonly size: Size;
  readonly reduceOnly: boolean;
}

/**
 * The second look at exits that stand at the venue: each is reduce-only, against what its copy holds, and no larger. `held[i]` is the signed position of item i.
 * All or nothing, as {@link gate}.
 */
export function gateExits<T>(
  items: readonly T[],
  orderOf: (item: T) => StandingExit,
  held: readonly Size[],
): Result<Approved<readonly T[]>, readonly RefusedOrder[]> {
  const refused: RefusedOrder[] = [];
  for (const [order, item] of items.entries()) {
    const { buy, size, reduceOnly } = orderOf(item);
    const position = held[order] ?? 0n;
    const room = buy ? -position : position;
    if (!reduceOnly || size <= 0n || size > room) refused.push({ order, reason: 'exit_grows' });
  }
  return refused.length > 0 ? err(refused) : ok(approve(items));
}

/**
 * The second look at entries that are to stand at the venue: as {@link gate} judges orders, with their own lots reserved already; no remnant leaves with one.
 * `orders` are the items as columns, in the same order. All or nothing.
 */
export function gateEntries<T>(items: readonly T[], orders: OrderBatch, facts: OrderFacts): Result<Approved<readonly T[]>, readonly RefusedOrder[]> {
  const judged = gate(orders, { ...facts, remnant: 0 });
  return judged.ok ? ok(approve(items)) : err(judged.error);
}

/** Approves actions sent before and repeated byte for byte (same nonce, expiry and signer): the venue admits each at most once, so no exposure is added. */
export function approveRepeat<T extends OrderBatch>(orders: T): Approved<T> {
  return approve(orders);
}

const approve = <T>(value: T): Approved<T> => value as Approved<T>;
