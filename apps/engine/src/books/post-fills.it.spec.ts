import { RATE_ONE, rate } from '@lockstep/kernel';
import { applyFill } from '@lockstep/replication';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BooksStage, moneyOf, openBooksStage, orderOf, priceOf } from '../testing/books-stage';

/** A copy that holds 2 bought at 100, booked. A lot is a ten-thousandth. */
describe('fills of a copy', () => {
  let stage: BooksStage;

  beforeEach(async () => {
    stage = await openBooksStage();
    await stage.hold('2', '100');
  });
  afterEach(() => stage.close());

  const equity = (): number => stage.copy.watched.book.copies.netPnl[stage.copy.row] ?? 0;
  /** The venue answered that an order filled at a price; its fills are still to be read. */
  const answered = (wave: number, buy: boolean, lots: number, price: string): void => {
    stage.open(wave, { buy, lots, filledLots: lots });
    applyFill(stage.copy.watched.book, stage.sheet, stage.copy.row, { buy, lots, price: Number(priceOf(price)), fee: 0 }, 'entry');
  };
  const book = (wave: number, side: 'buy' | 'sell', size: string, price: string, fee: string) =>
    stage.books.takeFills({
      account: stage.account,
      fills: [stage.fill(side, size, price, { clientOrderId: orderOf(stage.copy.no, wave), time: wave, fee: moneyOf(fee) })],
    });

  it('leave what other orders led in the equity until it is booked itself', async () => {
    answered(2, false, 10_000, '80');
    answered(3, true, 5_000, '90');
    expect(equity()).toBe(Number(moneyOf('-20')));
    await book(3, 'buy', '0.5', '90', '1');
    expect(equity()).toBe(Number(moneyOf('-21')));
    // The venue's fill corrects the answer's average.
    await book(2, 'sell', '1', '81', '2');
    expect(equity()).toBe(Number(stage.ctx.booked.netPnl(stage.copy.no)));
  });

  it.each<[string, number]>([
    ['in flight', 5],
    ['whose order is settled already', 6],
  ])('(%s) share their builder fee by the terms their order left with, also after the markup was cut to nothing', async (_what, wave) => {
    await stage.feeVersion(1, 30, rate(RATE_ONE / 4n));
    stage.open(5, { buy: true, lots: 10_000, filledLots: 10_000 });
    const time = stage.ctx.clock.now();
    await stage.feeVersion(2, 0, rate(RATE_ONE));
    const part = { clientOrderId: orderOf(stage.copy.no, wave), time, fee: moneyOf('2'), builderFee: moneyOf('1') };
    await stage.books.takeFills({ account: stage.account, fills: [stage.fill('buy', '1', '100', part)] });
    const { ledger } = await stage.copyFacts();
    expect([ledger.get('copy:C:builder_fee'), ledger.get('tenant:markup_revenue'), ledger.get('platform:markup_revenue')]).toEqual(
      ['1', '-0.75', '-0.25'].map(moneyOf),
    );
  });

  it('told again once the copy ended are known: no row, no event, and no trade of the follower’s', async () => {
    answered(2, false, 20_000, '110');
    await book(2, 'sell', '2', '110', '1');
    const told = () =>
      stage.storage.scoped(stage.scope, async (unit) => {
        const head = await unit.events.head();
        return head === null ? [] : (await unit.events.after({ epoch: head.epoch, seq: 0n }, 10_000)).filter(({ type }) => type === 'fill.created');
      });
    const before = await told();
    stage.ctx.registry.dropCopy(stage.copy.no);
    await book(2, 'sell', '2', '110', '1');
    expect([await told(), stage.ctx.ownTrades.coinsOf(stage.account)]).toEqual([before, []]);
    // Another's name is none: the trade is the follower's.
    const other = { clientOrderId: orderOf(stage.copy.no + 1, 2), time: 3 };
    await stage.books.takeFills({ account: stage.account, fills: [stage.fill('buy', '1', '110', other)] });
    expect([(await told()).length, stage.ctx.ownTrades.coinsOf(stage.account).length]).toEqual([before.length + 1, 1]);
  });
});
