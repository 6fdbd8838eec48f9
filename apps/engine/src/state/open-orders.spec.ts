import type { InstrumentSheet } from '@lockstep/replication';
import { describe, expect, it } from 'vitest';
import { type OpenOrder, OpenOrders, type OpenWave } from './open-orders';
import type { CopyRecord } from './registry';

const COPY = { account: { index: 4 } } as unknown as CopyRecord;
const SHEET = {} as InstrumentSheet;

function stage() {
  const settled: number[] = [];
  const orders = new OpenOrders(10, (wave) => settled.push(wave.journalNo));
  const wave: OpenWave = { journalNo: 7, isMove: true, scopes: [], open: 1, handed: true };
  const order = (clientOrderId: string, filledLots: number | null): OpenOrder => ({
    clientOrderId,
    orderId: 'ord',
    createdAt: 0,
    leftBy: 0,
    copy: COPY,
    sheet: SHEET,
    buy: true,
    lots: 5,
    price: 1,
    signers: [0],
    nonce: 1,
    expiresAfter: 0,
    exit: false,
    wave,
    filledLots,
    bookedLots: 0,
    ledBooked: 0,
    askAt: 0,
  });
  return { orders, settled, wave, order };
}

describe('open orders', () => {
  it('keep their wave open until each is answered and booked and its rows are written', () => {
    const { orders, settled, wave, order } = stage();
    orders.add(order('0x1', 5));
    orders.add(order('0x2', null));
    orders.release(wave);
    orders.tellBooked('0x1', 3);
    expect(orders.accountsToRead()).toHaveLength(1);
    orders.tellBooked('0x1', 2);
    expect([orders.accountsToRead(), orders.unknown().length, settled]).toEqual([[], 1, []]);
    orders.tellFilled('0x2', 0);
    expect([orders.size, settled]).toEqual([0, [7]]);
  });

  it('an order that was booked before its answer came is settled by its answer', () => {
    const { orders, settled, wave, order } = stage();
    orders.tellBooked('0x1', 2);
    orders.tellBooked('0x1', 3);
    orders.add(order('0x1', 5));
    expect(orders.size).toBe(0);
    orders.release(wave);
    expect(settled).toEqual([7]);
  });

  it('an order that was booked before its outcome was unknown is settled by the venue’s word', () => {
    const { orders, settled, wave, order } = stage();
    orders.tellBooked('0x1', 5);
    orders.add(order('0x1', null));
    orders.release(wave);
    expect([orders.unknown().length, settled]).toEqual([1, []]);
    orders.tellFilled('0x1', 5);
    expect([orders.size, settled]).toEqual([0, [7]]);
  });

  it('what stands because its agent is gone is asked for at once when the next one signs, and nothing else is', () => {
    const { orders, order } = stage();
    const [gone, other, away] = [order('0x1', null), order('0x2', null), { ...order('0x3', null), copy: { account: { index: 5 } } as never }];
    for (const each of [gone, other, away]) orders.add(Object.assign(each, { askAt: 9, awaitsAgent: each !== other }));
    orders.signedAnew(COPY.account);
    expect([gone, other, away].map(({ askAt }) => askAt)).toEqual([0, 9, 9]);
  });

  it('what was booked early counts once, and not after the waves came to rest', () => {
    const { orders, order } = stage();
    orders.tellBooked('0x1', 5);
    orders.forgetEarly();
    orders.add(order('0x1', 5));
    expect(orders.accountsToRead()).toHaveLength(1);
  });
});
