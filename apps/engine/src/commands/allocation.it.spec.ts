import { type CommandRow, runningCopy } from '@lockstep/storage';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Repairs } from '../repair/repair';
import { navOf } from '../state/load-book';
import { type BooksStage, moneyOf, openBooksStage, orderOf } from '../testing/books-stage';
import { activateCopy } from './activate-copy';
import { changeAllocation } from './change-copy';
import { applied, type CommandParts } from './command-end';
import { StopWatch, stopCopy } from './stop-copy';

/** A copy of 1,000 that is prepared and not active yet. */
describe('a copy’s allocation in the ledger', () => {
  let stage: BooksStage;
  let parts: CommandParts;

  beforeEach(async () => {
    stage = await openBooksStage();
    const { books, copy } = stage;
    await stage.storage.scoped(stage.scope, (unit) => unit.copies.update({ id: copy.id }, { state: 'preparing' }));
    stage.ctx.registry.dropCopy(copy.no);
    stage.venue.states = [stage.state('0', 1)];
    const repairs = { close: async () => undefined } as unknown as Repairs;
    const directory = { watched: async () => copy.watched };
    const watch = { watch: () => 'watching', synced: async () => 'synced' };
    parts = { books, repairs, directory, watch, stops: { meet: () => undefined } } as unknown as CommandParts;
  });
  afterEach(() => stage.close());

  const command = (no: number, payload: unknown = {}) => ({ no: BigInt(no), targetId: stage.copy.id, payload }) as unknown as CommandRow;
  const activate = () => activateCopy(stage.ctx, parts, stage.scope, command(1));
  const change = (no: number, allocation: string) =>
    changeAllocation(stage.ctx, parts, stage.scope, command(no, { allocation: moneyOf(allocation).toString() }));
  const ledger = async () => {
    const { ledger: sums } = await stage.copyFacts();
    return { cash: sums.get('copy:C:venue_cash') ?? 0n, allocation: -(sums.get('copy:C:allocation') ?? 0n) };
  };
  const both = (amount: string) => ({ cash: moneyOf(amount), allocation: moneyOf(amount) });
  const column = () => {
    const copy = stage.ctx.registry.copies.get(stage.copy.no);
    return copy === undefined ? null : copy.watched.book.copies.allocation[copy.row];
  };
  const booked = () =>
    stage.storage.scoped(stage.scope, async (unit) =>
      (await unit.ledger.after(0n, 100)).filter(({ transaction }) => transaction.kind === 'allocation').map(({ transaction }) => transaction.source),
    );

  it('follows it from the activation over every change, once each', async () => {
    await change(2, '900');
    expect(await ledger()).toEqual(both('0'));
    await activate();
    expect(await ledger()).toEqual(both('1000'));
    for (const [no, amount] of [
      [3, '1500.5'],
      [3, '1500.5'],
      [4, '700'],
      [5, '700'],
    ] as const) {
      expect(await change(no, amount)).toEqual(applied());
      expect([await ledger(), column()]).toEqual([both(amount), Number(moneyOf(amount))]);
    }
    const prefix = `allocation:${stage.copy.id}`;
    expect(await booked()).toEqual([`${prefix}:1`, `${prefix}:command:3`, `${prefix}:command:4`]);
  });

  it('and the copy’s columns are untouched by a change that could not be written', async () => {
    await activate();
    stage.failNext('refused');
    await expect(change(2, '1500')).rejects.toThrow('refused');
    expect([await ledger(), column()]).toEqual([both('1000'), Number(moneyOf('1000'))]);
  });

  it('a loss before money comes is measured by the money of then, also by a process that starts behind the change', async () => {
    await activate();
    const loses = (side: 'buy' | 'sell', price: string, wave: number) =>
      stage.books.takeFills({
        account: stage.account,
        fills: [stage.fill(side, '1', price, { clientOrderId: orderOf(stage.copy.no, wave), time: wave, fee: moneyOf('0') })],
      });
    await loses('buy', '300', 2);
    await loses('sell', '200', 3);
    // A tenth of 1,000 is gone, and no heartbeat wrote it down.
    expect(await change(2, '2000')).toEqual(applied());
    const copy = await stage.storage.scoped(stage.scope, (unit) => runningCopy(unit, stage.copy.id));
    expect(copy).not.toBeNull();
    const nav = copy === null ? null : navOf(stage.ctx, stage.scope, copy);
    expect(nav).toMatchObject({ factor: 900_000_000_000n, equity: moneyOf('1900') });
  });

  it('ends with the copy, whose cash keeps what it gained; what is booked later adds to that', async () => {
    await activate();
    await change(2, '1200');
    const trade = (side: 'buy' | 'sell', price: string, wave: number) =>
      stage.books.takeFills({
        account: stage.account,
        fills: [stage.fill(side, '1', price, { clientOrderId: orderOf(stage.copy.no, wave), time: wave, fee: moneyOf('1') })],
      });
    await trade('buy', '100', 2);
    await trade('sell', '110', 3);
    expect(await ledger()).toEqual({ cash: moneyOf('1208'), allocation: moneyOf('1200') });
    await stopCopy(stage.ctx, parts, stage.scope, stage.copy.id, 'stop_close_now');
    const watch = new StopWatch(stage.ctx, parts);
    watch.start();
    await vi.waitFor(async () => expect((await stage.copyFacts()).copy?.state).toBe('stopped'), 10_000);
    watch.stop();
    expect(await ledger()).toEqual({ cash: moneyOf('8'), allocation: 0n });
    expect(await change(3, '2000')).toEqual(applied());
    expect(await ledger()).toEqual({ cash: moneyOf('8'), allocation: 0n });
  });
});
