import { fromLots } from '@lockstep/kernel';
import { clientOrderIdText, type InstrumentSheet } from '@lockstep/replication';
import { type NewRow, type OrderRow, orderIdOf } from '@lockstep/storage';
import type { EngineContext } from '../context';
import type { CopyRecord } from '../state/registry';
import { type OpenJournal, placeOf } from './open-journals';

/** One order of a journal row with the row it becomes: of unknown outcome until the venue was asked. */
export interface JournaledOrder {
  readonly row: NewRow<OrderRow>;
  readonly copy: CopyRecord;
  readonly sheet: InstrumentSheet;
  readonly lots: number;
  readonly price: number;
  readonly buy: boolean;
  readonly exit: boolean;
  readonly nonce: number;
  readonly expiresAfter: number;
}

/** The orders of a journal row whose copies run here. */
export function journaledOrders(ctx: EngineContext, journal: OpenJournal): JournaledOrder[] {
  const found: JournaledOrder[] = [];
  for (let index = 0; index < journal.packed.orders.count; index += 1) {
    const place = placeOf(ctx, journal.packed.orders.copyNo[index] ?? 0, journal.packed.coin);
    if (place !== null) found.push(orderAt(ctx, journal, index, place));
  }
  return found;
}

function orderAt(
  ctx: EngineContext,
  { row, packed }: OpenJournal,
  index: number,
  place: { readonly copy: CopyRecord; readonly sheet: InstrumentSheet },
): JournaledOrder {
  const { orders, decisions } = packed;
  const lots = orders.lots[index] ?? 0;
  const parts = {
    moveId: BigInt(orders.wave[index] ?? 0),
    copyNo: BigInt(place.copy.no),
    instance: packed.instance,
    leg: orders.leg[index] ?? 0,
    attempt: orders.attempt[index] ?? 0,
  };
  return {
    ...place,
    lots,
    price: orders.price[index] ?? 0,
    buy: orders.buy[index] === 1,
    exit: orders.exit[index] === 1,
    nonce: orders.nonce[index] ?? 0,
    expiresAfter: orders.expiresAfter[index] ?? 0,
    row: {
      id: orderIdOf(parts),
      createdAt: row.createdAt,
      moveId: parts.moveId,
      copyNo: parts.copyNo,
      copyId: place.copy.id,
      leaderId: place.copy.group.leaderId,
      venueAccountNo: BigInt(place.copy.account.no),
      leg: parts.leg,
      attempt: parts.attempt,
      coin: packed.coin,
      side: orders.buy[index] === 1 ? 'buy' : 'sell',
      reduceOnly: orders.reduceOnly[index] === 1,
      price: BigInt(orders.price[index] ?? 0),
      triggerPrice: null,
      size: fromLots(place.sheet.instrument, lots),
      status: 'unknown',
      filledSize: 0n,
      avgPrice: 0n,
      venueOrderId: null,
      clientOrderId: clientOrderIdText(orders.clientOrderId, index * 16),
      rejectCode: null,
      reason: null,
      settingsVersion: decisions.settingsVersion[orders.decision[index] ?? 0] ?? 0,
      nonce: BigInt(orders.nonce[index] ?? 0),
      expiresAfterMs: orders.expiresAfter[index] ?? 0,
      builderFeeTenths: orders.builderFee[index] ?? 0,
      m0: orNull(packed.m0),
      m1: orNull(packed.m1),
      m2: orNull(packed.m2),
      m3: null,
      mf: null,
      m4: null,
      updatedAt: ctx.clock.now(),
    },
  };
}

const orNull = (mark: number): number | null => (mark === 0 ? null : mark);
