import { price, type Side, size, UNIT } from '@lockstep/kernel';
import { EPISODE, membersIn, type ReconcileEffect, reconcileMembers } from '@lockstep/replication';
import { entryOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import type { VenueFill } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { OwnTrades } from '../state/own-trades';
import type { AccountRecord, CopyRecord } from '../state/registry';
import { OwnTradeCounter } from './count-own-trades';
import type { HeldNet } from './differences';

const COMPARED_AT = 1_000;

interface Open {
  readonly filledLots: number | null;
  readonly bookedLots: number;
  readonly ledBooked: number;
}

/** A copy that holds 10, on an account compared with the venue at a time, and what is open of it. */
function held(open: readonly Open[] = [], compared = true) {
  const stage = new Stage();
  const row = stage.add(entryOf(1, settingsOf('1')));
  stage.follow('10');
  const account = { no: 1, index: 1, touched: 0, own: new Map() } as unknown as AccountRecord;
  const copy = { no: 1, row, account, watched: { book: stage.book } } as unknown as CopyRecord;
  const ownTrades = new OwnTrades();
  if (compared) ownTrades.forget(account, stage.instrument, COMPARED_AT);
  const rows = [{ book: stage.book, row }];
  const ctx = {
    registry: { copiesOf: () => [copy], rowsOf: () => rows },
    ownTrades,
    openOrders: { ofAccount: () => open.map((order) => ({ ...order, sheet: stage.sheet })) },
  } as unknown as EngineContext;
  const found: ReconcileEffect[][] = [];
  const differences = {
    take: async (_account: AccountRecord, { coin }: { coin: string }, net: () => HeldNet): Promise<boolean> => {
      const effects = [...reconcileMembers(membersIn(rows, coin), { venueAccount: 1, ...net() })];
      found.push(effects);
      return !effects.some(({ kind }) => kind === 'wait_for_price');
    },
  };
  const now = (work: () => Promise<void>): Promise<void> => work();
  const lanes = {
    alone: (_watched: unknown, _coin: string, work: () => Promise<void>) => now(work),
    aloneOnceAllIdle: (_name: string, _watched: unknown, _coin: string, work: () => Promise<void>) => now(work),
  };
  const counter = new OwnTradeCounter(ctx, lanes, differences);
  const trade = (side: Side, lots: number, at: number, paid = 90n, before = 10): void =>
    ownTrades.add(
      account,
      { coin: stage.instrument.coin, side, size: size(BigInt(lots) * UNIT), price: price(paid * UNIT), time: at } as VenueFill,
      new Map([[1, size(BigInt(before) * UNIT)]]),
    );
  const position = () => [
    stage.sheet.rows.position[row],
    stage.sheet.rows.beside[row],
    ((stage.sheet.rows.episode[row] ?? 0) & EPISODE.userClosed) !== 0,
  ];
  return { stage, account, copy, ownTrades, counter, trade, position, found };
}

describe('a follower’s own trade, as soon as its fill is told', () => {
  it.each<[string, Side, number, readonly [number, number, boolean]]>([
    ['closes the copy', 'sell', 10, [0, 0, true]],
    ['closes part of it', 'sell', 4, [6, 0, true]],
    ['is their own for what goes beyond', 'sell', 15, [0, -5, true]],
    ['is their own on the same side', 'buy', 3, [10, 3, false]],
  ])('%s', async (_what, side, lots, left) => {
    const { counter, trade, position, account } = held();
    trade(side, lots, COMPARED_AT + 1);
    await counter.count(account);
    expect(position()).toEqual(left);
  });

  it('counts once, however often it is looked at, and makes older readings of the account old', async () => {
    const { counter, trade, position, account, found } = held();
    trade('sell', 4, COMPARED_AT + 1);
    await Promise.all([counter.count(account), counter.count(account)]);
    await counter.count(account);
    expect([position(), found.length, account.touched]).toEqual([[6, 0, true], 1, 1]);
  });

  it('has the price of the trades where they have one', async () => {
    const { counter, trade, account, found } = held();
    trade('sell', 4, COMPARED_AT + 1, 80n);
    trade('sell', 4, COMPARED_AT + 2, 90n);
    await counter.count(account);
    expect(found[0]).toMatchObject([{ kind: 'user_closed', lotsBefore: 10, lotsAfter: 2, price: Number(85n * UNIT) }]);
  });

  it('counts for what is left of trades of both sides', async () => {
    const { counter, trade, position, account } = held();
    trade('sell', 4, COMPARED_AT + 1);
    trade('buy', 3, COMPARED_AT + 2);
    await counter.count(account);
    expect(position()).toEqual([9, 0, true]);
  });

  it('closes what the copy held when it happened, however much of that our own orders closed since', async () => {
    const { counter, trade, position, account, stage } = held();
    trade('sell', 4, COMPARED_AT + 1);
    stage.follow('2');
    await counter.count(account);
    expect(position()).toEqual([-2, 0, true]);
  });

  it('closes no more than an earlier one left, whose close was booked after this one was told', async () => {
    const { counter, trade, position, account, ownTrades, stage } = held();
    trade('sell', 7, COMPARED_AT + 1);
    await counter.count(account);
    trade('sell', 5, COMPARED_AT + 2);
    ownTrades.closed(account, stage.instrument.coin, 1, size(-7n * UNIT));
    await counter.count(account);
    expect(position()).toEqual([0, -2, true]);
  });

  it.each([
    ['before the reading it was compared with, which had it', COMPARED_AT - 1],
    ['at the time of that reading', COMPARED_AT],
  ])('is counted already when it happened %s', async (_when, at) => {
    const { counter, trade, position, account, ownTrades, stage } = held();
    trade('sell', 4, at);
    await counter.count(account);
    expect([position(), ownTrades.has(account, stage.instrument)]).toEqual([[10, 0, false], false]);
  });

  it('is left to the first comparison where there was none: what it may have counted is not known', async () => {
    const { counter, trade, position, account, ownTrades, stage } = held([], false);
    trade('sell', 4, COMPARED_AT + 1);
    await counter.count(account);
    expect([position(), ownTrades.has(account, stage.instrument)]).toEqual([[10, 0, false], true]);
  });

  it.each<[string, (known: ReturnType<typeof held>) => void, number, number]>([
    ['after it', () => undefined, COMPARED_AT + 1, 6],
    ['before it: it is in what was noted', () => undefined, COMPARED_AT, 10],
    [
      'and the next one came when it was met, and could not be compared',
      ({ ownTrades, account, stage }) => ownTrades.readUnmet(account, { dex: '', time: COMPARED_AT + 9 }, [stage.instrument]),
      COMPARED_AT + 1,
      6,
    ],
    ['and traded in before it was met', ({ ownTrades, account, stage }) => ownTrades.lose(account, stage.instrument.coin), COMPARED_AT + 1, 10],
  ])('counts in a coin that no copy had met at the newest reading, %s', async (_what, then, at, left) => {
    const known = held([], false);
    known.ownTrades.readUnmet(known.account, { dex: '', time: COMPARED_AT }, []);
    then(known);
    known.trade('sell', 4, at);
    await known.counter.count(known.account);
    expect(known.position()[0]).toBe(left);
  });

  it.each<[string, string, boolean]>([
    ['of another clearinghouse', 'xyz', false],
    ['that had it among those that were met', '', true],
  ])('is left to the first comparison behind a reading %s', async (_what, dex, isMet) => {
    const { counter, trade, position, account, ownTrades, stage } = held([], false);
    ownTrades.readUnmet(account, { dex, time: COMPARED_AT }, isMet ? [stage.instrument] : []);
    trade('sell', 4, COMPARED_AT + 1);
    await counter.count(account);
    expect([position()[0], ownTrades.has(account, stage.instrument)]).toEqual([10, true]);
  });

  it('that waited for an order of ours is counted once that is known', async () => {
    const order = { filledLots: null, bookedLots: 2, ledBooked: 0 };
    const { counter, trade, position, account } = held([order]);
    trade('sell', 4, COMPARED_AT + 1);
    await counter.count(account);
    const behind = counter.takeBehind();
    order.ledBooked = 2;
    await Promise.all(behind.map((each) => counter.count(each)));
    expect([behind, position()[0], counter.takeBehind()]).toEqual([[account], 6, []]);
  });

  it.each<[string, Open, number]>([
    ['one whose answer came is in the columns', { filledLots: 5, bookedLots: 2, ledBooked: 0 }, 6],
    ['one of unknown outcome of which nothing filled', { filledLots: null, bookedLots: 0, ledBooked: 0 }, 6],
    ['one of unknown outcome whose fills the columns hold', { filledLots: null, bookedLots: 2, ledBooked: 2 }, 6],
    ['one of unknown outcome whose fills they do not hold yet: it waits', { filledLots: null, bookedLots: 2, ledBooked: 0 }, 10],
  ])('beside an open order of ours: %s', async (_what, order, left) => {
    const { counter, trade, position, account } = held([order]);
    trade('sell', 4, COMPARED_AT + 1);
    await counter.count(account);
    expect(position()[0]).toBe(left);
  });

  it('in a coin no copy has met is nobody’s to count, nor is what was known of it', async () => {
    const { counter, account, ownTrades, stage } = held();
    const other = { ...stage.instrument, coin: 'ETH' };
    ownTrades.forget(account, other, COMPARED_AT);
    ownTrades.add(account, { coin: 'ETH', side: 'buy', size: size(UNIT), price: price(UNIT), time: COMPARED_AT + 1 } as VenueFill, new Map());
    account.collateralReadAt = COMPARED_AT;
    await counter.count(account);
    // The comparison that tells it reads every clearinghouse.
    expect([ownTrades.has(account, other), ownTrades.take(account, other), account.collateralReadAt]).toEqual([false, null, 0]);
    ownTrades.add(account, { coin: 'ETH', side: 'buy', size: size(UNIT), price: price(UNIT), time: COMPARED_AT + 2 } as VenueFill, new Map());
    expect(ownTrades.take(account, other)).toBeNull();
  });
});
