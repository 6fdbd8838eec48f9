import { orderData } from '@lockstep/delivery';
import { fromLots, price, size, toExact } from '@lockstep/kernel';
import { type LeaderTrigger, MIRROR_EXIT_LEG, MIRROR_LEG, PROTECTIVE_LEG } from '@lockstep/replication';
import {
  dropStandingOrders,
  type NewEvent,
  type NewRow,
  type OrderRow,
  orderPartsOf,
  type StandingOrderRow,
  saveStandingOrders,
} from '@lockstep/storage';
import type { Bookkeeper } from '../books/bookkeeper';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import { meetUnheard, NOTHING_UNHEARD, unheardStops } from '../unheard-stops';
import type { StandingStop } from './standing-stops';

/** What becomes of a stop, as it is written down and told. */
export type StopTurn = 'written' | 'stands' | 'ends' | 'ended';

export interface TurnedStop {
  readonly stop: StandingStop;
  readonly turn: StopTurn;
}

/**
 * Writes turns of one account's stops in one transaction: the row that a restart reads, the order row that a tenant reads, and the event. Everything about a stop
 * is written before the action that makes it so leaves, or after the venue told it; writing it again meets its own keys. Throws when it could not be written.
 * What ends new risk and no wake-up told of is met beside a mirror that enters, as beside a wave (product §3): it keeps the mirror back.
 * Returns as of when that is known, monotonic ms.
 */
export async function writeStops(ctx: EngineContext, books: Bookkeeper, turns: readonly TurnedStop[]): Promise<number> {
  const first = turns[0];
  if (first === undefined) return Number.NEGATIVE_INFINITY;
  const { scope } = first.stop;
  const now = ctx.clock.now();
  const ended = turns.filter(({ turn }) => turn === 'ended').map(({ stop }) => stop.clientOrderId);
  const told = turns.filter(({ turn }) => turn !== 'ends');
  const enters = turns.some(({ stop, turn }) => turn === 'written' && !isReduceOnly(stop));
  const unheard = await books.run(scope, () =>
    ctx.storage.scoped(scope, async (unit) => {
      await saveStandingOrders(
        unit,
        turns.filter(({ turn }) => turn !== 'ended').map(({ stop, turn }) => standingRow(stop, turn, now)),
      );
      if (ended.length > 0) await dropStandingOrders(unit, ended);
      await unit.orders.save(told.map(({ stop, turn }) => orderRow(stop, turn, now)));
      await unit.events.append(told.flatMap(({ stop, turn }) => eventsOf(ctx, stop, turn)));
      return enters ? unheardStops(ctx, scope, unit) : NOTHING_UNHEARD;
    }),
  );
  meetUnheard(ctx, scope, unheard);
  ctx.wakeEvents(scope);
  return unheard.asOf;
}

/** The leg of the plan a standing order is named by. */
export const legOf = ({ mirror }: Pick<StandingStop, 'mirror'>): number =>
  mirror === null ? PROTECTIVE_LEG : mirror.reduceOnly ? MIRROR_EXIT_LEG : MIRROR_LEG;

/** A stop closes; a mirror may enter. */
export const isReduceOnly = ({ mirror }: Pick<StandingStop, 'mirror'>): boolean => mirror === null || mirror.reduceOnly;

const kindOf = ({ purpose, market }: LeaderTrigger): NonNullable<StandingOrderRow['triggerKind']> => (market ? purpose : `${purpose}_limit`);

/** What sets a stored mirror off. */
export function triggerOf({ triggerKind, triggerPrice }: Pick<StandingOrderRow, 'triggerKind' | 'triggerPrice'>): LeaderTrigger | null {
  if (triggerKind === null || triggerPrice === null) return null;
  const market = triggerKind === 'take_profit' || triggerKind === 'stop_loss';
  const purpose = triggerKind === 'take_profit' || triggerKind === 'take_profit_limit' ? 'take_profit' : 'stop_loss';
  return { price: toExact(triggerPrice, 'trigger price'), purpose, market };
}

const STATUS_OF = { written: 'sent', stands: 'standing', ends: 'ending' } as const;

function standingRow(stop: StandingStop, turn: StopTurn, now: number): NewRow<StandingOrderRow> {
  return {
    clientOrderId: stop.clientOrderId,
    orderId: stop.orderId,
    purpose: stop.mirror === null ? 'protective_stop' : 'mirror',
    copyNo: BigInt(stop.copyNo),
    copyId: stop.copyId,
    leaderId: stop.leaderId,
    settingsVersion: stop.settingsVersion,
    venueAccountNo: BigInt(stop.account.no),
    coin: stop.instrument.coin,
    buy: stop.buy,
    size: stop.size,
    price: stop.price,
    triggerPrice: stop.trigger,
    reduceOnly: isReduceOnly(stop),
    leaderOrderId: stop.mirror?.leaderOrderId ?? null,
    leaderSize: stop.mirror === null ? null : fromLots(stop.instrument, stop.mirror.basis),
    triggerKind: stop.mirror?.trigger ? kindOf(stop.mirror.trigger) : null,
    nonce: BigInt(stop.nonce),
    endNonce: stop.endNonce === null ? null : BigInt(stop.endNonce),
    replaces: stop.replaces,
    status: turn === 'ended' ? stop.state : STATUS_OF[turn],
    createdAt: stop.createdAt,
    updatedAt: now,
  };
}

function orderRow(stop: StandingStop, turn: StopTurn, now: number): NewRow<OrderRow> {
  const parts = orderPartsOf(stop.orderId);
  const { end } = stop;
  return {
    id: stop.orderId,
    createdAt: stop.createdAt,
    moveId: parts?.moveId ?? 0n,
    copyNo: BigInt(stop.copyNo),
    copyId: stop.copyId,
    leaderId: stop.leaderId,
    venueAccountNo: BigInt(stop.account.no),
    leg: legOf(stop),
    attempt: parts?.attempt ?? 0,
    coin: stop.instrument.coin,
    side: stop.buy ? 'buy' : 'sell',
    reduceOnly: isReduceOnly(stop),
    price: stop.price,
    triggerPrice: stop.trigger,
    size: stop.size,
    status: turn === 'written' ? 'unknown' : turn === 'stands' ? 'resting' : (end?.status ?? 'cancelled'),
    filledSize: fromLots(stop.instrument, stop.filledLots ?? 0),
    avgPrice: 0n,
    venueOrderId: null,
    clientOrderId: stop.clientOrderId,
    rejectCode: end?.status === 'rejected' ? end.why : null,
    reason: null,
    settingsVersion: stop.settingsVersion,
    nonce: BigInt(stop.nonce),
    expiresAfterMs: 0,
    builderFeeTenths: 0,
    m0: null,
    m1: null,
    m2: null,
    m3: null,
    mf: null,
    m4: null,
    updatedAt: now,
  };
}

function eventsOf(ctx: EngineContext, stop: StandingStop, turn: StopTurn): NewEvent[] {
  if (turn === 'written') return [];
  const parts = orderPartsOf(stop.orderId);
  const data = orderData({
    orderId: stop.orderId,
    copyId: stop.copyId,
    leaderId: stop.leaderId,
    moveId: parts?.moveId ?? 0n,
    coin: stop.instrument.coin,
    side: stop.buy ? 'buy' : 'sell',
    reduceOnly: isReduceOnly(stop),
    price: price(stop.price),
    size: size(stop.size),
    filledSize: fromLots(stop.instrument, stop.filledLots ?? 0),
    averagePrice: price(0n),
    clientOrderId: stop.clientOrderId,
    venueOrderId: null,
    attempt: (parts?.attempt ?? 0) + 1,
  });
  const now = ctx.clock.now();
  const { end } = stop;
  if (turn === 'stands') return [newEvent(ctx, 'order.resting', now, data)];
  if (end === null) return [];
  if (end.status === 'rejected') return [newEvent(ctx, 'order.rejected', now, { ...data, reason: end.why })];
  if (end.status === 'cancelled') return [newEvent(ctx, 'order.cancelled', now, { ...data, reason: end.why })];
  return [newEvent(ctx, 'order.filled', now, data)];
}
