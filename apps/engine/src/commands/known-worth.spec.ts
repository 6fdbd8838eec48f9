import { systemTimers } from '@lockstep/platform';
import { reservePending } from '@lockstep/replication';
import { entryOf, NOW, priceOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { ENGINE_LIMITS } from '../limits';
import type { OpenOrder } from '../state/open-orders';
import type { CopyRecord } from '../state/registry';
import type { StandingStop } from '../stops/standing-stops';
import { TestClocks } from '../test-clocks';
import { isWorthKnown, isWorthRead, mayWaitForWorth } from './known-worth';

const BUYS = { buy: true, exit: false };

/** A copy that holds 10 at a mark of now, with nothing on its way. */
function valued() {
  const stage = new Stage();
  const row = stage.add(entryOf(1, settingsOf('1')));
  const { book, sheet } = stage;
  sheet.rows.position[row] = 10;
  const markets = new Map([[sheet.instrument.coin, { mark: priceOf('100'), markAt: NOW }]]);
  const watched = { book, network: { markets, quotes: new Map() } };
  const copy = { no: 1, row, account: { index: 1 }, watched } as unknown as CopyRecord;
  const orders: OpenOrder[] = [];
  const stops: StandingStop[] = [];
  const running = new Set([copy]);
  const ctx = {
    clocks: new TestClocks(),
    clock: { now: () => NOW },
    limits: ENGINE_LIMITS,
    registry: { holds: (one: CopyRecord) => running.has(one) },
    openOrders: { ofAccount: () => orders },
    standingStops: { ofCopy: () => stops },
    timers: systemTimers,
  } as unknown as EngineContext;
  const reads: boolean[] = [];
  /** Whether it is known once the account was read, or could not be; and how often that was asked for. */
  const read = async (isRead: boolean, found: () => void = () => undefined) => {
    const collector = {
      read: async () => {
        reads.push(isRead);
        found();
        return isRead;
      },
    };
    return [await isWorthRead(ctx, { collector }, copy), reads.length];
  };
  const readSlowly = () => isWorthRead(ctx, { collector: { read: () => new Promise<boolean>(() => undefined) } }, copy);
  const open = (part: Partial<OpenOrder>): OpenOrder => {
    const order = { copy, sheet, lots: 4, filledLots: null, bookedLots: 0, ledBooked: 0, ...part } as unknown as OpenOrder;
    if (order.copy === copy) reservePending(sheet, row, BUYS, order.lots - order.ledBooked);
    orders.push(order);
    return order;
  };
  const stand = (part: Partial<StandingStop>): StandingStop => {
    const stop = { mirror: {}, filledLots: null, toldLots: 0, bookedLots: 0, ...part } as unknown as StandingStop;
    stops.push(stop);
    return stop;
  };
  /** The only mark there is is of so long ago. */
  const marked = (ageMs: number, mark = '100'): void => {
    sheet.markAt = 0;
    markets.set(sheet.instrument.coin, { mark: priceOf(mark), markAt: NOW - ageMs });
  };
  const owe = (paid: number): void => {
    stage.book.copies.chargedUnbooked[row] = paid;
  };
  return { sheet, row, copy, running, open, stand, marked, owe, read, readSlowly, isKnown: () => isWorthKnown(ctx, copy) };
}

type Valued = ReturnType<typeof valued>;
const REST = { until: NOW + 1_000, leaderReductions: 0, halts: 0 };

describe('what a copy is worth', () => {
  it('is known where nothing is on its way, and nobody has to be asked', async () => {
    const { isKnown, read } = valued();
    expect([isKnown(), await read(false)]).toEqual([true, [true, 0]]);
  });

  it.each<[string, (copy: Valued) => void]>([
    ['an order whose outcome is unknown', ({ open }) => void open({})],
    ['a fill that was answered and is not booked', ({ open }) => void open({ filledLots: 4, bookedLots: 3 })],
    ['an order whose answer is to come', ({ sheet, row }) => reservePending(sheet, row, BUYS, 4)],
    ['a fill of an order that stands, told and not booked', ({ open }) => void open({ rest: REST, ledBooked: 2 })],
    ['a fill of a stop, told and not booked', ({ stand }) => void stand({ mirror: null, toldLots: 2 })],
    ['a fill of a mirror that ended', ({ stand }) => void stand({ filledLots: 2, bookedLots: 1 })],
    ['funding that was paid and is not booked', ({ owe }) => owe(1)],
    ['a price of what it holds', ({ marked }) => marked(ENGINE_LIMITS.markMaxAgeMs + 1)],
    ['any price of what it holds', ({ marked }) => marked(0, '0')],
  ])('is not known without %s', async (_what, miss) => {
    const copy = valued();
    miss(copy);
    expect([copy.isKnown(), (await copy.read(true))[0]]).toEqual([false, false]);
  });

  it('is known beside orders of other copies, and without a price where it holds nothing', () => {
    const { isKnown, open, sheet, row, marked } = valued();
    open({ copy: {} as CopyRecord });
    sheet.rows.position[row] = 0;
    marked(ENGINE_LIMITS.markMaxAgeMs + 1);
    expect(isKnown()).toBe(true);
  });

  it.each<[string, (copy: Valued) => void]>([
    ['an entry', ({ open }) => void open({ rest: REST })],
    ['a mirror', ({ stand }) => void stand({})],
  ])('is known beside %s that stands once the account’s fills were read, and not where that fails', async (_what, put) => {
    const copy = valued();
    put(copy);
    expect([copy.isKnown(), await copy.read(false), await copy.read(true)]).toEqual([true, [false, 1], [true, 2]]);
  });

  it('is known beside a protective stop that stands without anybody being asked', async () => {
    const { stand, read } = valued();
    stand({ mirror: null });
    expect(await read(false)).toEqual([true, 0]);
  });

  it('is not known where something left while the account was read', async () => {
    const { stand, open, read } = valued();
    stand({});
    expect(await read(true, () => void open({}))).toEqual([false, 1]);
  });

  it('is not known where the account’s fills do not come in time: what waits behind the money waits no longer', async () => {
    const { stand, readSlowly } = valued();
    stand({});
    expect(await readSlowly()).toBe(false);
  });

  it('is of no concern once the copy ended', async () => {
    const { copy, open, running, isKnown } = valued();
    open({});
    running.delete(copy);
    expect(isKnown()).toBe(true);
  });
});

describe('money that waits for what its copy is worth', () => {
  it.each([
    ['a minute', 60_000, false],
    ['two seconds where it presses', 2_000, true],
  ])('waits %s at most, however long its looks take', (_how, ms, presses) => {
    expect([mayWaitForWorth(ms - 1, presses), mayWaitForWorth(ms, presses)]).toEqual([true, false]);
  });
});
