import { present, RATE_ONE } from '@lockstep/kernel';
import { revalue, usableEquity } from '@lockstep/replication';
import { unitNav } from '@lockstep/risk';
import type { CommandRow } from '@lockstep/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Repairs } from '../repair/repair';
import type { OpenOrder } from '../state/open-orders';
import { type BooksStage, moneyOf, openBooksStage } from '../testing/books-stage';
import { commandParts } from '../testing/command-parts';
import { STAGE_COIN } from '../testing/scripted-venue';
import { secondCopy } from '../testing/second-copy';
import { WaveLanes } from '../wave/wave-lanes';
import { activateCopy } from './activate-copy';
import { changeAllocation } from './change-copy';
import { applied, type CommandParts, later } from './command-end';
import { type FlowTry, READ_RETRY_MS, WORTH_RETRY_MS } from './known-worth';

const LOTS_PER_UNIT = 10 ** STAGE_COIN.szDecimals;

/** A copy of 1,000 that bought 9 at 100, marked there, whose exit sold them at 50 at the venue before money moves: it is worth 550, and nobody was told. */
describe('money that moves while a fill of the copy is on its way', () => {
  let stage: BooksStage;
  let parts: CommandParts;
  let exit: OpenOrder;

  beforeEach(async () => {
    stage = await openBooksStage();
    const { books, copy } = stage;
    await stage.storage.scoped(stage.scope, (unit) => unit.copies.update({ id: copy.id }, { state: 'preparing' }));
    stage.ctx.registry.dropCopy(copy.no);
    stage.venue.states = [{ ...stage.state('0', 1), accountValue: moneyOf('100000') }];
    parts = commandParts(stage, { lanes: new WaveLanes(stage.ctx, books, () => undefined), repairs: {} as Repairs });
    await activateCopy(stage.ctx, parts, stage.scope, { no: 1n, targetId: copy.id, payload: {}, createdAt: 0 } as unknown as CommandRow);
    await stage.hold('9', '100');
    stage.setMark('100');
    exit = stage.open(2, { copy: running(), sheet: sheet(), buy: false, lots: 9 * LOTS_PER_UNIT, exit: true });
  });
  afterEach(() => stage.close());

  const running = () => present(stage.ctx.registry.copies.get(stage.copy.no), 'the copy');
  const sheet = () => running().watched.book.sheet(STAGE_COIN);
  const unitValue = (): number => {
    const { book } = running().watched;
    revalue(book, stage.ctx.clock.now(), stage.ctx.limits.markMaxAgeMs);
    return unitNav(book.copies, running().row) / Number(RATE_ONE);
  };
  const change = (allocation: string, tried: FlowTry = { triedMs: 0, isAwaited: false }, applies = 'next_increase', of: string = stage.copy.id) => {
    const payload = { allocation: moneyOf(allocation).toString(), applies };
    const command = { no: 2n, targetId: of, payload, createdAt: stage.ctx.clock.now() + 60_000 } as unknown as CommandRow;
    return changeAllocation(stage.ctx, parts, stage.scope, command, tried);
  };
  /** What became of a change, what was lost until then by the unit value, and the allocation in force. */
  const seen = (end: unknown) => [end, unitValue(), running().watched.book.copies.allocation[running().row]];
  const tell = async (): Promise<void> => {
    const fill = stage.fill('sell', '9', '50', { clientOrderId: exit.clientOrderId, time: 2, fee: moneyOf('0') });
    await stage.books.takeFills({ account: stage.account, fills: [fill] });
    stage.ctx.openOrders.tellFilled(exit.clientOrderId, exit.lots);
  };

  it.each([
    ['is added', '10000'],
    ['is taken out', '500'],
    ['is taken out to the last cent', '450.01'],
  ])('%s once it is told: the unit value loses what the copy had lost of its money of before, no less and no more', async (_what, allocation) => {
    expect(seen(await change(allocation))).toEqual([later(WORTH_RETRY_MS), 1, Number(moneyOf('1000'))]);
    await tell();
    expect(seen(null)).toEqual([null, 0.55, Number(moneyOf('1000'))]);
    expect(seen(await change(allocation))).toEqual([applied(), 0.55, Number(moneyOf(allocation))]);
  });

  it.each<[string, FlowTry, string, 'next_increase' | 'now']>([
    ['a minute', { triedMs: 59_999, isAwaited: false }, '500', 'next_increase'],
    ['two seconds where another command waits for it', { triedMs: 1_999, isAwaited: true }, '10000', 'next_increase'],
    ['two seconds where positions are to go down at once', { triedMs: 1_999, isAwaited: false }, '500', 'now'],
  ])('waits for it %s at most', async (_how, last, allocation, applies) => {
    expect(await change(allocation, last, applies)).toEqual(later(WORTH_RETRY_MS));
    expect(await change(allocation, { ...last, triedMs: last.triedMs + 1 }, applies)).toMatchObject({ status: 'applied' });
    expect(running().watched.book.copies.allocation[running().row]).toBe(Number(moneyOf(allocation)));
  });

  it('is entered with no more while it waits to leave, and counts in full for losses', async () => {
    const usable = (): number => usableEquity(running().watched.book.copies, running().row);
    await change('500');
    expect([unitValue(), usable()]).toEqual([1, Number(moneyOf('500'))]);
    await tell();
    expect([unitValue(), usable()]).toEqual([0.55, Number(moneyOf('50'))]);
    await change('500');
    expect([unitValue(), usable()]).toEqual([0.55, Number(moneyOf('50'))]);
  });

  it.each([
    ['adds nothing while it waits to come', '10000', 'next_increase'],
    ['is entered with while it waits to leave at once: what is entered so is taken down with the rest', '500', 'now'],
  ])('%s', async (_what, allocation, applies) => {
    await change(allocation, { triedMs: 0, isAwaited: false }, applies);
    expect(usableEquity(running().watched.book.copies, running().row)).toBe(Number(moneyOf('1000')));
  });

  it.each(['next_increase', 'now'] as const)('is there for another copy of the account, which waits for it a while: %s', async (applies) => {
    const other = await secondCopy(stage);
    stage.venue.states = [{ ...stage.state('0', 1), accountValue: moneyOf('2000') }];
    const raise = (tried?: FlowTry) => change('1500', tried, 'next_increase', other.id);
    expect(await raise()).toMatchObject({ status: 'refused', reason: 'insufficient_equity' });
    await change('500', undefined, applies);
    expect(await raise()).toEqual(later(READ_RETRY_MS));
    expect(await raise({ triedMs: 2_000, isAwaited: true })).toMatchObject({ status: 'refused', reason: 'insufficient_equity' });
    await tell();
    expect([await change('500', undefined, applies), await raise()]).toMatchObject([{ status: 'applied' }, { status: 'applied' }]);
  });

  it('is there once for two copies of the account that are raised in the same moment', async () => {
    const other = await secondCopy(stage);
    await tell();
    // They are worth 550 and 1,000.
    stage.venue.states = [{ ...stage.state('0', 1), accountValue: moneyOf('2600') }];
    const ends = await Promise.all([stage.copy.id, other.id].map((id) => change('2000', undefined, 'next_increase', id)));
    expect(ends).toMatchObject([{ status: 'applied' }, { status: 'refused', reason: 'insufficient_equity' }]);
    // What was refused keeps no place.
    stage.venue.states = [{ ...stage.state('0', 1), accountValue: moneyOf('3600') }];
    expect(await change('2000', undefined, 'next_increase', other.id)).toMatchObject({ status: 'applied' });
  });

  it('is there for a copy of the account that begins, which waits for it', async () => {
    const other = await secondCopy(stage);
    stage.ctx.registry.dropCopy(other.no);
    await stage.storage.scoped(stage.scope, (unit) => unit.copies.update({ id: other.id }, { state: 'preparing' }));
    stage.venue.states = [{ ...stage.state('0', 1), accountValue: moneyOf('1500') }];
    const command = { no: 3n, targetId: other.id, payload: {}, createdAt: 0 } as unknown as CommandRow;
    const begin = () =>
      activateCopy(
        stage.ctx,
        { ...parts, directory: { ...parts.directory, watched: async () => other.watched } } as unknown as CommandParts,
        stage.scope,
        command,
      );
    await change('500');
    expect(await begin()).toEqual(later(READ_RETRY_MS));
    await tell();
    await change('500');
    expect(await begin()).toMatchObject({ status: 'applied' });
  });

  it('has nothing to wait for where none moves', async () => {
    expect(await change('1000')).toEqual(applied());
  });
});
