import { money, size, UNIT } from '@lockstep/kernel';
import { silentLogger } from '@lockstep/platform';
import { reservePending } from '@lockstep/replication';
import { entryOf, priceUnits, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import type { OpenOrder } from '../state/open-orders';
import type { CopyRecord } from '../state/registry';
import { trueUp } from './true-up';

/** A copy with an order to buy 10 lots of unknown outcome, of which the venue's fills told as many as are booked. */
function unanswered() {
  const stage = new Stage();
  const row = stage.add(entryOf(1, settingsOf('1')));
  const account = { index: 1, touched: 0 };
  const copy = { no: 1, row, account, watched: { book: stage.book } } as unknown as CopyRecord;
  reservePending(stage.sheet, row, { buy: true, exit: false }, 10);
  const order = {
    copy,
    sheet: stage.sheet,
    buy: true,
    exit: false,
    lots: 10,
    price: priceUnits('100'),
    filledLots: null,
    bookedLots: 0,
    ledBooked: 0,
  };
  const booked = { book: { quantity: size(0n), cost: money(0n) }, realised: money(0n), fees: money(0n) };
  const ctx = {
    log: silentLogger,
    openOrders: { ofAccount: () => [order as unknown as OpenOrder] },
    booked: { get: () => ({ booked }) },
  } as unknown as EngineContext;
  const book = (lots: number): void => {
    order.bookedLots += lots;
    booked.book.quantity = size(booked.book.quantity + BigInt(lots) * UNIT);
    booked.book.cost = money(booked.book.cost + BigInt(lots) * 100n * UNIT);
  };
  const take = (): void => trueUp(ctx, copy, stage.sheet.instrument.coin);
  return { book, take, account, position: () => stage.sheet.rows.position[row] };
}

describe('what is booked of an order whose answer was lost', () => {
  it('makes every reading of the account from before old: it would be taken for the follower’s own trade', () => {
    const { book, take, account, position } = unanswered();
    book(6);
    take();
    expect([position(), account.touched]).toEqual([6, 1]);
    book(4);
    take();
    expect([position(), account.touched]).toEqual([10, 2]);
  });

  it('makes none old where the columns hold it already', () => {
    const { book, take, account, position } = unanswered();
    book(10);
    take();
    take();
    expect([position(), account.touched]).toEqual([10, 1]);
  });
});
