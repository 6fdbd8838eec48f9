import { must } from '@lockstep/kernel';
import { marginPx } from './asset';
import { noteBar } from './bars';
import { bestLevel, crosses, fillResting } from './book';
import { clearingOf, type Exchange } from './exchange';
import { chargeTrade } from './fees';
import { tradeId } from './hashing';
import { canCarry, leverageOf } from './margin';
import { endByVenue, endOrder, endSiblings } from './order';
import { type Booked, book } from './settle';
import { isCovered, notionalOf, receivedOf } from './spot';
import type { Asset, BuilderFee, Fill, Order, Token, VenueAccount } from './state';
import { noteTwapFill } from './twap-record';

/** What an order has traded: lots and price × lots (usd; of a spot book 10^-8 of the quote). */
export interface Execution {
  lots: number;
  usd: number;
}

/** Trades an incoming order against the other side of its book while prices cross: best price first, oldest first, at the resting price. */
export function take(ex: Exchange, taker: Order, liquidation: Fill['liquidation'] = null): Execution {
  const done: Execution = { lots: 0, usd: 0 };
  const opposite = taker.isBuy ? taker.asset.asks : taker.asset.bids;
  while (taker.lots > 0) {
    const maker = bestLevel(opposite)?.head ?? null;
    if (maker === null || !crosses(taker.isBuy, taker.px, maker.px)) break;
    const lots = tradable(ex, taker, maker);
    if (lots === 0) continue;
    trade(ex, { taker, maker, lots, px: maker.px, notional: notionalOf(maker.asset, maker.px, lots), exactPx: null, liquidation });
    done.lots += lots;
    done.usd += maker.px * lots;
  }
  return done;
}

/** Lots the two may trade; zero after the resting order had to be cancelled. */
function tradable(ex: Exchange, taker: Order, maker: Order): number {
  if (maker.owner === taker.owner) {
    endByVenue(ex, maker, 'selfTradeCanceled');
    return 0;
  }
  let lots = Math.min(taker.lots, maker.lots);
  if (maker.owner.isHouse) return lots;
  if (maker.reduceOnly) lots = Math.min(lots, reducible(maker));
  if (lots === 0) {
    endByVenue(ex, maker, 'reduceOnlyCanceled');
    return 0;
  }
  if (maker.asset.pair !== null) {
    if (isCovered(maker)) return lots;
    endByVenue(ex, maker, 'marginCanceled');
    return 0;
  }
  const setting = leverageOf(maker.owner, maker.asset, ex.settings);
  const reference = marginPx(maker.asset, maker.isBuy, maker.px);
  if (canCarry(clearingOf(maker.owner, maker.asset.dex), maker.asset, maker.isBuy ? lots : -lots, reference, setting)) return lots;
  endByVenue(ex, maker, 'marginCanceled');
  return 0;
}

/** Lots by which an order can still shrink its owner's position. */
export function reducible(order: Order): number {
  const held = positionLots(order.owner, order.asset);
  return held > 0 === order.isBuy ? 0 : Math.abs(held);
}

export const positionLots = (owner: VenueAccount, asset: Asset): number => owner.clearings.get(asset.dex)?.positions.get(asset)?.lots ?? 0;

/** Two orders that meet. The maker need not rest: the house of a replayed trade does not. */
export interface Meeting {
  readonly taker: Order;
  readonly maker: Order;
  readonly lots: number;
  readonly px: number;
  readonly notional: number;
  readonly exactPx: string | null;
  readonly liquidation: Fill['liquidation'];
  /** Set when the venue itself makes the trade: what its fills are called. Such a trade bears no fee. */
  readonly label?: string;
}

/** Books both sides of a trade and publishes it. */
export function trade(ex: Exchange, meeting: Meeting): number {
  const { taker, maker, lots, px, notional, exactPx } = meeting;
  const { asset } = taker;
  must(Number.isSafeInteger(notional), 'the notional of a trade stays inside 2^53');
  ex.trades += 1;
  const tid = tradeId(taker.oid, maker.oid, ex.block, ex.trades);
  taker.lots -= lots;
  fillResting(maker, lots);
  side(ex, maker, meeting, tid, false);
  side(ex, taker, meeting, tid, true);
  if (taker.lots === 0) endSiblings(ex, taker);
  if (maker.lots === 0) endOrder(ex, maker, 'filled');
  else maker.owner.topic?.updates.push({ order: maker, lots: maker.lots, status: 'open', time: ex.time });
  publish(ex, asset, {
    px,
    exactPx,
    lots,
    takerIsBuy: taker.isBuy,
    time: ex.time,
    tid,
    block: ex.block,
    index: ex.index,
    buyer: (taker.isBuy ? taker : maker).owner.address,
    seller: (taker.isBuy ? maker : taker).owner.address,
  });
  asset.lastPx = px;
  asset.bookTouched = true;
  countVolume(asset, ex.time, lots, notional);
  followPosition(ex, maker.owner, asset);
  followPosition(ex, taker.owner, asset);
  return tid;
}

function side(ex: Exchange, order: Order, meeting: Meeting, tid: number, crossed: boolean): void {
  if (order.owner.isHouse || meeting.label !== undefined) bookFree(ex, order, meeting, tid, crossed);
  else bookWithFees(ex, order, meeting, tid, crossed);
}

function bookFree(ex: Exchange, order: Order, meeting: Meeting, tid: number, crossed: boolean): void {
  const { owner, asset, isBuy } = order;
  const { lots, notional } = meeting;
  const booked = book(ex, owner, { asset, isBuy, lots, notional, fee: 0 });
  const feeToken = receivedOf(asset, isBuy, lots, notional).token;
  if (!owner.isHouse) record(ex, order, meeting, { booked, tid, crossed, fee: 0, feeToken, builderFee: 0, builder: order.builder });
}

function bookWithFees(ex: Exchange, order: Order, meeting: Meeting, tid: number, crossed: boolean): void {
  const { owner, asset, isBuy } = order;
  const { lots, notional } = meeting;
  const received = receivedOf(asset, isBuy, lots, notional);
  const builder = asset.pair !== null && isBuy ? null : order.builder;
  const { venueFee, builderFee: extra } = chargeTrade(ex, { owner, asset, builder, crossed, notional, received });
  const booked = book(ex, owner, { asset, isBuy, lots, notional, fee: venueFee + extra });
  record(ex, order, meeting, { booked, tid, crossed, fee: venueFee + extra, feeToken: received.token, builderFee: extra, builder });
}

interface FillParts {
  readonly booked: Booked;
  readonly tid: number;
  readonly crossed: boolean;
  readonly fee: number;
  readonly feeToken: Token;
  readonly builderFee: number;
  readonly builder: BuilderFee | null;
}

function record(ex: Exchange, order: Order, meeting: Meeting, parts: FillParts): void {
  const { owner } = order;
  const fill: Fill = {
    asset: order.asset,
    px: meeting.px,
    exactPx: meeting.exactPx,
    lots: meeting.lots,
    isBuy: order.isBuy,
    time: ex.time,
    startLots: parts.booked.startLots,
    closedPnl: parts.booked.closedPnl,
    block: ex.block,
    index: ex.index,
    oid: order.oid,
    cloid: order.cloid,
    crossed: parts.crossed,
    fee: parts.fee,
    feeToken: parts.feeToken,
    builderFee: parts.builderFee,
    builder: parts.builder?.address ?? null,
    tid: parts.tid,
    liquidation: meeting.liquidation,
    label: meeting.label ?? null,
    twapId: order.twap?.id ?? null,
  };
  owner.fills.push(fill);
  ex.totals.fills += 1;
  if (owner.fills.length > 2 * ex.settings.fillsKept) owner.fills.splice(0, owner.fills.length - ex.settings.fillsKept);
  owner.topic?.fills.push(fill);
  if (order.twap !== null) noteTwapFill(ex, order.twap, fill);
  ex.onFill?.(fill, owner);
}

function publish(ex: Exchange, asset: Asset, event: Asset['recentTrades'][number]): void {
  asset.recentTrades.push(event);
  noteBar(asset, ex.time, event.px, event.lots);
  if (asset.recentTrades.length > 2 * ex.settings.tradesKept) asset.recentTrades.splice(0, asset.recentTrades.length - ex.settings.tradesKept);
  asset.topic?.trades.push(event);
}

const DAY_MS = 86_400_000;

function countVolume(asset: Asset, time: number, lots: number, usd: number): void {
  const day = Math.floor(time / DAY_MS);
  const { volume } = asset;
  if (volume.day !== day) {
    volume.openPx = volume.day === 0 ? volume.openPx : asset.markPx;
    volume.day = day;
    volume.usd = 0;
    volume.lots = 0;
  }
  volume.usd += usd;
  volume.lots += lots;
}

/** Cancels open reduce-only orders that would no longer reduce, and gives orders for the whole position its new size. */
function followPosition(ex: Exchange, owner: VenueAccount, asset: Asset): void {
  if (owner.restingReduceOnly === 0) return;
  for (const order of [...owner.open.values()]) {
    if (order.asset !== asset || !order.reduceOnly || order.parent !== null || !owner.open.has(order.oid)) continue;
    const room = reducible(order);
    if (room === 0) endByVenue(ex, order, 'reduceOnlyCanceled');
    else if (order.trigger?.isPositionTpsl === true && order.lots !== room) resize(order, room);
  }
}

function resize(order: Order, lots: number): void {
  order.lots = lots;
  order.origLots = lots;
  if (order.owner.topic !== null) order.owner.topic.ordersTouched = true;
}
