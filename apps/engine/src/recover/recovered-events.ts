import { orderData } from '@lockstep/delivery';
import { formatSize, fromLots, price, size } from '@lockstep/kernel';
import { MICRO, reasonAt } from '@lockstep/replication';
import type { NewEvent } from '@lockstep/storage';
import { DENIALS, moveEvent } from '../books/write-outcomes';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import type { RecordedMove } from '../wave/recorded-move';
import type { JournaledOrder } from './journaled-orders';
import { type OpenJournal, placeOf } from './open-journals';

/** The public events of a journal row that the dead process did not get to write: the move, denials, and each order as unknown until the venue was asked. */
export function recoveredEvents(ctx: EngineContext, journal: OpenJournal, orders: readonly JournaledOrder[], move: RecordedMove | null): NewEvent[] {
  return [...movedEvents(ctx, journal, move), ...deniedEvents(ctx, journal), ...orders.map((order) => unknownEvent(ctx, journal, order))];
}

/** A leader's rows of one wave may be several parts, of which the first tells the move. */
function movedEvents(ctx: EngineContext, { row, packed }: OpenJournal, move: RecordedMove | null): NewEvent[] {
  const copy = ctx.registry.copies.get(packed.decisions.copyNo[0] ?? 0);
  return move === null || copy === undefined || copy.group.leaderId !== row.leaderId ? [] : [moveEvent(ctx, move, copy.group)];
}

function deniedEvents(ctx: EngineContext, { packed }: OpenJournal): NewEvent[] {
  if (packed.firstFillAt === 0) return [];
  const { decisions } = packed;
  const events: NewEvent[] = [];
  for (let index = 0; index < decisions.count; index += 1) {
    const reason = reasonAt(decisions.reason[index] ?? 0);
    const place = placeOf(ctx, decisions.copyNo[index] ?? 0, packed.coin);
    if (reason === null || !DENIALS.has(reason) || place === null) continue;
    const gap = (decisions.targetAfter[index] ?? 0) / MICRO - (decisions.position[index] ?? 0);
    events.push(
      newEvent(ctx, 'order.denied', packed.plannedAt, {
        copy_id: place.copy.id,
        leader_id: place.copy.group.leaderId,
        move_id: String(packed.wave),
        coin: packed.coin,
        side: gap === 0 ? null : gap > 0 ? 'buy' : 'sell',
        wanted_size: formatSize(fromLots(place.sheet.instrument, Math.floor(Math.abs(gap)))),
        reason,
      }),
    );
  }
  return events;
}

function unknownEvent(ctx: EngineContext, { packed }: OpenJournal, { row, copy }: JournaledOrder): NewEvent {
  const data = orderData({
    orderId: row.id,
    copyId: copy.id,
    leaderId: copy.group.leaderId,
    moveId: row.moveId,
    coin: row.coin,
    side: row.side,
    reduceOnly: row.reduceOnly,
    price: price(row.price),
    size: size(row.size),
    filledSize: size(0n),
    averagePrice: price(0n),
    clientOrderId: row.clientOrderId,
    venueOrderId: null,
    attempt: row.attempt + 1,
  });
  return newEvent(ctx, 'order.unknown', packed.plannedAt, data);
}
