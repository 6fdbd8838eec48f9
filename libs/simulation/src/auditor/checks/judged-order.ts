import { formatPrice, formatSize, type Price, type Size } from '@lockstep/kernel';
import type { CopyTrack, TermsInForce } from '../book/copies';
import type { Holding } from '../book/holding';
import type { LeaderMove } from '../book/leaders';
import { isExit } from '../book/orders';
import type { AuditState, InstrumentSeen } from '../book/state';
import type { OrderHanded } from '../observations';
import type { ViolationKind } from '../violation';

/** An order at the moment it is handed over, with everything it is judged by. */
export interface JudgedOrder {
  readonly state: AuditState;
  readonly order: OrderHanded;
  readonly at: number;
  readonly copy: CopyTrack;
  readonly holding: Holding;
  readonly instrument: InstrumentSeen;
  /** Terms it may have been decided on; what any of them admits is admitted. */
  readonly terms: readonly TermsInForce[];
}

export const sizeText = (size: bigint): string => formatSize(size as Size);
export const priceText = (price: bigint): string => formatPrice(price as Price);

/** The oldest move an earlier process was told of, and the order's own need not have heard of by `at`; null: there is none. */
export function missedBy({ order, state, copy, holding }: JudgedOrder, at: number): LeaderMove | null {
  const leader = state.leader(copy.copy.leader).coin(order.coin);
  return holding.open.missed((move) => leader.isUnheard(move, order.process, at));
}

/** Tells what is wrong with an order. */
export function blame(judged: JudgedOrder, kind: ViolationKind, text: string): void {
  const { order } = judged;
  const side = order.buy ? 'buy' : 'sell';
  const what = `${isExit(order) ? 'exit' : 'entry'} ${order.cloid} of copy ${order.copyId}: ${side} ${sizeText(order.size)} ${order.coin} at ${priceText(order.price)}`;
  judged.state.report(kind, judged.at, order.copyId, order.cloid, `${what}: ${text}`);
}
