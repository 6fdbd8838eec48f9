import { crossData, fillData, positionData } from '@lockstep/delivery';
import { fromLots, type Money, money, notional, price, size } from '@lockstep/kernel';
import { averageEntry, type LedgerTransaction, postFill } from '@lockstep/ledger';
import { applyCross, type Cross } from '@lockstep/replication';
import { type FillRow, fillIdOf, INTERNAL_ORDER, type NewEvent, type NewRow, recordCross, savePositionStates } from '@lockstep/storage';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import { bookFill, type KeptPosition } from '../state/copy-ledger';
import { NO_INTENT } from '../state/intent';
import type { AccountRecord, CopyRecord } from '../state/registry';
import { positionStateOf, sheetOf } from './position-state-of';

/** A cross with a number of its own and the copies it is between. */
export interface NumberedCross {
  readonly no: number;
  readonly cross: Cross;
  readonly account: AccountRecord;
  readonly buyer: CopyRecord;
  readonly seller: CopyRecord;
  readonly coin: string;
}

/** One copy's side of a cross, reckoned on what is booked. */
interface Side {
  readonly copy: CopyRecord;
  readonly kept: KeptPosition;
  readonly closedPnl: Money;
  readonly row: NewRow<FillRow>;
}

/**
 * Books a cross in one transaction: the cross, a fill row for each copy, balanced entries, positions and events, the events last. Memory and the planning
 * columns change after the commit only, in one turn, so that nothing is planned on a cross that does not stand and none is applied twice. Call it in the books' turn of
 * the tenant, while the instrument's lanes of both copies are held.
 */
export async function bookCross(ctx: EngineContext, crossed: NumberedCross): Promise<void> {
  const { account, cross, coin } = crossed;
  const at = ctx.clocks.businessTime(account.scope, ctx.clock.now());
  const sides = [sideOf(ctx, crossed, crossed.buyer, 'buy', at), sideOf(ctx, crossed, crossed.seller, 'sell', at)];
  await ctx.storage.scoped(account.scope, async (unit) => {
    await recordCross(unit, {
      no: crossed.no,
      venueAccountNo: account.no,
      coin,
      buyerCopyNo: crossed.buyer.no,
      sellerCopyNo: crossed.seller.no,
      size: sizeOf(crossed),
      price: BigInt(cross.price),
      bid: BigInt(cross.bid),
      ask: BigInt(cross.ask),
      crossedAt: at,
    });
    await unit.fills.insert(sides.map(({ row }) => row));
    await savePositionStates(
      unit,
      sides.map(({ copy, kept }) => positionStateOf(copy.no, sheetOf(copy, coin).instrument, kept.booked, kept.intent)),
    );
    const entries = sides.map((side) => entriesOf(crossed, side, at)).filter((transaction) => transaction !== null);
    if (entries.length > 0) await unit.ledger.post(entries);
    await unit.events.append(eventsOf(ctx, crossed, sides, at));
  });
  for (const { copy, kept } of sides) ctx.booked.set(copy.no, coin, kept);
  applyCross(cross);
  account.changedInsideAt = Math.max(account.changedInsideAt, at);
}

const priceOf = ({ cross }: NumberedCross) => price(BigInt(cross.price));
const sizeOf = ({ cross, buyer, coin }: NumberedCross) => fromLots(sheetOf(buyer, coin).instrument, cross.lots);

function sideOf(ctx: EngineContext, crossed: NumberedCross, copy: CopyRecord, side: 'buy' | 'sell', at: number): Side {
  const { account, coin, no } = crossed;
  const before = ctx.booked.get(copy.no, coin);
  const quantity = sizeOf(crossed);
  const { after, closedPnl } = bookFill(before.booked, size(side === 'buy' ? quantity : -quantity), priceOf(crossed), money(0n));
  const key = {
    venueAccountNo: BigInt(account.no),
    coin,
    timeMs: Math.floor(at),
    tradeId: String(no),
    venueOrderId: INTERNAL_ORDER,
    copyNo: BigInt(copy.no),
  };
  const row: NewRow<FillRow> = {
    id: fillIdOf(key),
    createdAt: key.timeMs,
    venueAccountNo: key.venueAccountNo,
    venueTimeMs: key.timeMs,
    tradeId: key.tradeId,
    venueOrderId: INTERNAL_ORDER,
    orderId: null,
    moveId: null,
    copyNo: key.copyNo,
    copyId: copy.id,
    coin,
    side,
    price: priceOf(crossed),
    size: quantity,
    startPosition: before.booked.book.quantity,
    closedPnl,
    fee: money(0n),
    feeAsset: sheetOf(copy, coin).instrument.collateral,
    builderFee: money(0n),
    crossed: false,
    liquidation: false,
    recordedAt: at,
  };
  // Of a delisted instrument nothing is wanted any more (`applyCross`).
  const intent = sheetOf(copy, coin).instrument.delisted ? NO_INTENT : before.intent;
  return { copy, kept: { booked: after, intent }, closedPnl, row };
}

function entriesOf(crossed: NumberedCross, { copy, closedPnl, row }: Side, at: number): LedgerTransaction | null {
  const asset = row.feeAsset;
  return postFill({
    source: `cross:${crossed.no}:${copy.no}`,
    copyId: copy.id,
    occurredAtMs: at,
    coin: crossed.coin,
    notional: notional(sizeOf(crossed), priceOf(crossed), 'zero'),
    asset,
    closedPnl,
    feeAsset: asset,
    fee: money(0n),
    builderFee: money(0n),
    markup: null,
  });
}

const fillFacts = (crossed: NumberedCross, { copy, closedPnl, row }: Side) => ({
  fillId: row.id,
  orderId: null,
  copyId: copy.id,
  venueAccountId: crossed.account.id,
  coin: crossed.coin,
  side: row.side,
  price: priceOf(crossed),
  size: sizeOf(crossed),
  closedPnl,
  fee: money(0n),
  builderFee: money(0n),
  feeAsset: row.feeAsset,
  liquidation: false,
  filledAtMs: row.venueTimeMs,
});

function eventsOf(ctx: EngineContext, crossed: NumberedCross, sides: readonly Side[], at: number): NewEvent[] {
  const { account, cross, coin, buyer, seller } = crossed;
  const event = crossData({
    crossNo: crossed.no,
    venueAccountId: account.id,
    coin,
    buyerCopyId: buyer.id,
    sellerCopyId: seller.id,
    size: sizeOf(crossed),
    price: priceOf(crossed),
    bid: price(BigInt(cross.bid)),
    ask: price(BigInt(cross.ask)),
  });
  const events = [newEvent(ctx, 'copy.crossed', at, event)];
  for (const side of sides) {
    const { copy, kept } = side;
    events.push(newEvent(ctx, 'fill.created', at, fillData(fillFacts(crossed, side))));
    const state = positionStateOf(copy.no, sheetOf(copy, coin).instrument, kept.booked, kept.intent);
    const data = positionData({
      copyId: copy.id,
      coin,
      position: size(state.position),
      target: size(state.target),
      averageEntry: price(averageEntry(kept.booked.book)),
      dustPending: state.dust,
    });
    events.push(newEvent(ctx, 'position.changed', at, data));
  }
  return events;
}
