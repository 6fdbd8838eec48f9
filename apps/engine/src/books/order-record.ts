import { orderData } from '@lockstep/delivery';
import { type CopyId, price, size } from '@lockstep/kernel';
import { reasonAt } from '@lockstep/replication';
import { type NewEvent, type NewRow, type OrderRow, orderIdOf } from '@lockstep/storage';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import type { CopyRecord } from '../state/registry';
import { type OrderView, orderView } from '../wave/order-view';
import type { PlannedWave } from '../wave/planned-wave';
import type { SendState } from '../wave/send-state';

/** Order row and public event of one row of a plan. */
export interface OrderRecord {
  readonly row: NewRow<OrderRow>;
  readonly event: NewEvent;
}

/** The order row and event of plan row `index`, from plan, outcome and fills booked before it: making it again gives the same row. */
export function orderRecord(
  ctx: EngineContext,
  wave: PlannedWave,
  state: SendState,
  index: number,
  copy: CopyRecord,
  journaledAt: number,
): OrderRecord {
  const view = orderView(wave.sheet.instrument, wave.plan.orders, state, index);
  const reason = view.status === 'withheld' ? (reasonAt(state.withheldReason[index] ?? 0) ?? 'withheld') : null;
  const orderId = orderIdOf({
    moveId: BigInt(view.wave),
    copyNo: BigInt(view.copyNo),
    instance: ctx.instance,
    leg: view.leg,
    attempt: view.attempt,
  });
  const row: NewRow<OrderRow> = {
    id: orderId,
    createdAt: journaledAt,
    moveId: BigInt(view.wave),
    copyNo: BigInt(view.copyNo),
    copyId: copy.id,
    leaderId: copy.group.leaderId,
    venueAccountNo: BigInt(copy.account.no),
    leg: view.leg,
    attempt: view.attempt,
    coin: wave.plan.coin,
    side: view.side,
    reduceOnly: view.reduceOnly,
    price: view.price,
    triggerPrice: null,
    size: view.size,
    status: view.status,
    filledSize: view.filled,
    avgPrice: view.averagePrice,
    venueOrderId: view.venueOrderId,
    clientOrderId: view.clientOrderId,
    rejectCode: view.rejectCode,
    reason,
    settingsVersion: view.settingsVersion,
    nonce: BigInt(view.nonce),
    expiresAfterMs: view.expiresAfter,
    builderFeeTenths: view.builderFee,
    m0: orNull(wave.marks.leaderFillAt),
    m1: orNull(wave.marks.receivedAt),
    m2: orNull(wave.marks.plannedAt),
    m3: view.sentAt,
    mf: ctx.firstFills.of(orderId),
    m4: view.answeredAt,
    updatedAt: ctx.clock.now(),
  };
  return { row, event: orderEvent(ctx, row.id, copy.id, view, wave, reason, copy) };
}

const orNull = (mark: number): number | null => (mark === 0 ? null : mark);

function orderEvent(
  ctx: EngineContext,
  orderId: string,
  copyId: CopyId,
  view: OrderView,
  wave: PlannedWave,
  reason: string | null,
  copy: CopyRecord,
): NewEvent {
  const data = orderData({
    orderId,
    copyId,
    leaderId: copy.group.leaderId,
    moveId: BigInt(view.wave),
    coin: wave.plan.coin,
    side: view.side,
    reduceOnly: view.reduceOnly,
    price: price(view.price),
    size: size(view.size),
    filledSize: size(view.filled),
    averagePrice: price(view.averagePrice),
    clientOrderId: view.clientOrderId,
    venueOrderId: view.venueOrderId,
    attempt: view.attempt + 1,
  });
  const at = view.answeredAt ?? view.sentAt ?? wave.marks.plannedAt;
  switch (view.status) {
    case 'filled':
    case 'partly_filled':
      return newEvent(ctx, 'order.filled', at, data);
    case 'resting':
      return newEvent(ctx, 'order.resting', at, data);
    case 'withheld':
      return newEvent(ctx, 'order.withheld', at, { ...data, reason: reason ?? 'withheld' });
    case 'rejected':
    case 'expired':
      return newEvent(ctx, 'order.rejected', at, { ...data, reason: view.rejectCode ?? 'other' });
    case 'sent':
    case 'unknown':
      return newEvent(ctx, 'order.unknown', at, data);
  }
}
