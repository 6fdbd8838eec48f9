import { type Environment, type EpochMs, type Id, type Money, type Price, price, type Side, type Size } from '@lockstep/kernel';
import { livemode, wireMoney, wirePrice, wireSize, wireTime } from '../wire';
import { type CatalogueEvent, EVENTS, type EventData, type EventType } from './catalogue';

export interface EventHead {
  readonly id: Id<'event'>;
  readonly environment: Environment;
  readonly occurredAtMs: EpochMs;
}

/** An event of a type, typed by the catalogue. Nothing is parsed here: the hot path builds tens of thousands; the schemas are held by tests. */
export function buildEvent<T extends EventType>(type: T, head: EventHead, data: EventData<T>): CatalogueEvent<T> {
  return { id: head.id, type, version: EVENTS[type].version, livemode: livemode(head.environment), occurred_at: wireTime(head.occurredAtMs), data };
}

/** An order in kernel units, as the engine holds it. */
export interface OrderFacts {
  readonly orderId: string;
  readonly copyId: string;
  readonly leaderId: string;
  readonly moveId: bigint;
  readonly coin: string;
  readonly side: Side;
  readonly reduceOnly: boolean;
  readonly price: Price;
  readonly size: Size;
  readonly filledSize: Size;
  /** 0 when nothing was filled. */
  readonly averagePrice: Price;
  readonly clientOrderId: string;
  readonly venueOrderId: string | null;
  readonly attempt: number;
}

/** The data of `order.sent`, `order.filled`, `order.resting` and `order.unknown`; others add their member to it. */
export function orderData(order: OrderFacts): EventData<'order.sent'> {
  return {
    order_id: order.orderId,
    copy_id: order.copyId,
    leader_id: order.leaderId,
    move_id: order.moveId.toString(),
    coin: order.coin,
    side: order.side,
    reduce_only: order.reduceOnly,
    price: wirePrice(order.price),
    size: wireSize(order.size),
    filled_size: wireSize(order.filledSize),
    average_price: order.averagePrice === price(0n) ? null : wirePrice(order.averagePrice),
    client_order_id: order.clientOrderId,
    venue_order_id: order.venueOrderId,
    attempt: order.attempt,
  };
}

/** A fill in kernel units. */
export interface FillFacts {
  readonly fillId: string;
  readonly orderId: string | null;
  readonly copyId: string | null;
  readonly venueAccountId: string;
  readonly coin: string;
  readonly side: Side;
  readonly price: Price;
  readonly size: Size;
  readonly closedPnl: Money;
  readonly fee: Money;
  readonly builderFee: Money;
  readonly feeAsset: string;
  readonly liquidation: boolean;
  readonly filledAtMs: EpochMs;
}

export function fillData(fill: FillFacts): EventData<'fill.created'> {
  return {
    fill_id: fill.fillId,
    order_id: fill.orderId,
    copy_id: fill.copyId,
    venue_account_id: fill.venueAccountId,
    coin: fill.coin,
    side: fill.side,
    price: wirePrice(fill.price),
    size: wireSize(fill.size),
    closed_pnl: wireMoney(fill.closedPnl),
    fee: wireMoney(fill.fee),
    builder_fee: wireMoney(fill.builderFee),
    fee_asset: fill.feeAsset,
    liquidation: fill.liquidation,
    filled_at: wireTime(fill.filledAtMs),
  };
}

/** A cross between two copies of a venue account in kernel units. */
export interface CrossFacts {
  readonly crossNo: number;
  readonly venueAccountId: string;
  readonly coin: string;
  readonly buyerCopyId: string;
  readonly sellerCopyId: string;
  readonly size: Size;
  readonly price: Price;
  readonly bid: Price;
  readonly ask: Price;
}

export function crossData(cross: CrossFacts): EventData<'copy.crossed'> {
  return {
    cross_no: String(cross.crossNo),
    venue_account_id: cross.venueAccountId,
    coin: cross.coin,
    buyer_copy_id: cross.buyerCopyId,
    seller_copy_id: cross.sellerCopyId,
    size: wireSize(cross.size),
    price: wirePrice(cross.price),
    bid: wirePrice(cross.bid),
    ask: wirePrice(cross.ask),
  };
}

/** A leader's move in kernel units. */
export interface MoveFacts {
  readonly leaderId: string;
  readonly moveId: bigint;
  readonly seq: bigint;
  readonly coin: string;
  readonly before: Size;
  readonly after: Size;
  readonly vwap: Price;
  readonly firstFillMs: EpochMs;
  readonly lastFillMs: EpochMs;
}

export function moveData(move: MoveFacts): EventData<'leader.move'> {
  return {
    leader_id: move.leaderId,
    move_id: move.moveId.toString(),
    seq: move.seq.toString(),
    coin: move.coin,
    position_before: wireSize(move.before),
    position_after: wireSize(move.after),
    vwap: wirePrice(move.vwap),
    first_fill_at: wireTime(move.firstFillMs),
    last_fill_at: wireTime(move.lastFillMs),
  };
}

/** A copy's position in kernel units. */
export interface PositionFacts {
  readonly copyId: string;
  readonly coin: string;
  readonly position: Size;
  readonly target: Size;
  /** 0 when flat. */
  readonly averageEntry: Price;
  readonly dustPending: boolean;
}

export function positionData(position: PositionFacts): EventData<'position.changed'> {
  return {
    copy_id: position.copyId,
    coin: position.coin,
    position: wireSize(position.position),
    target: wireSize(position.target),
    average_entry: position.averageEntry === price(0n) ? null : wirePrice(position.averageEntry),
    dust_pending: position.dustPending,
  };
}

/** A copy's part of a charge of funding, in kernel units. */
export interface FundingFacts {
  readonly copyId: string;
  readonly coin: string;
  readonly asset: string;
  /** Above zero received. */
  readonly amount: Money;
  readonly atMs: EpochMs;
}

export function fundingData(funding: FundingFacts): EventData<'funding.booked'> {
  return { copy_id: funding.copyId, coin: funding.coin, asset: funding.asset, amount: wireMoney(funding.amount), at: wireTime(funding.atMs) };
}
