import { present, RATE_ONE } from '@lockstep/kernel';
import { MODE, STATUS, usableEquity } from '@lockstep/replication';
import { type CommandRow, runningCopies, runningCopy } from '@lockstep/storage';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Repairs } from '../repair/repair';
import { withAllocationsInForce } from '../state/booked-allocation';
import { navOf } from '../state/load-book';
import { type BooksStage, moneyOf, openBooksStage, orderOf, sizeOf } from '../testing/books-stage';
import { commandParts } from '../testing/command-parts';
import { STAGE_COIN } from '../testing/scripted-venue';
import { secondCopy } from '../testing/second-copy';
import { WaveLanes } from '../wave/wave-lanes';
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
    const lanes = new WaveLanes(stage.ctx, books, () => undefined);
    parts = commandParts(stage, { lanes, repairs });
  });
  afterEach(() => stage.close());

  /** Asked for once the copy runs, where it is not said otherwise. */
  const command = (no: number, payload: unknown = {}, createdAt = stage.ctx.clock.now() + 60_000) =>
    ({ no: BigInt(no), targetId: stage.copy.id, payload, createdAt }) as unknown as CommandRow;
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

  it('is at a start what is booked: a wish acts when its command is carried out, not before', async () => {
    await activate();
    const atStart = () =>
      stage.storage.scoped(
        stage.scope,
        async (unit) => (await withAllocationsInForce(unit, await runningCopies(unit))).map(({ allocation }) => allocation),
        {
          readOnly: true,
        },
      );
    await stage.storage.scoped(stage.scope, (unit) => unit.copies.update({ id: stage.copy.id }, { allocation: moneyOf('2000') }));
    expect(await atStart()).toEqual([moneyOf('1000')]);
    expect(await change(2, '2000')).toEqual(applied());
    expect(await atStart()).toEqual([moneyOf('2000')]);
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

  /** An active copy of 1,000 with a profit of 200 that holds and wants 12; its leader holds 120. */
  const holding = async () => {
    await activate();
    const { book } = running().watched;
    const sheet = book.sheet(STAGE_COIN);
    const row = running().row;
    sheet.leaderLots = 120 * 10 ** STAGE_COIN.szDecimals;
    sheet.rows.target[row] = 12 * 10 ** STAGE_COIN.szDecimals * 1_000_000;
    sheet.rows.position[row] = 12 * 10 ** STAGE_COIN.szDecimals;
    sheet.rows.entryValue[row] = Number(moneyOf('1200'));
    book.copies.netPnl[row] = Number(moneyOf('200'));
    stage.setMark('100');
    return {
      target: () => (sheet.rows.target[row] ?? 0) / 1_000_000 / 10 ** STAGE_COIN.szDecimals,
      wants: (units: string) => {
        sheet.rows.target[row] = Number(units) * 10 ** STAGE_COIN.szDecimals * 1_000_000;
      },
      status: (bit: number) => book.setStatus(row, bit, true),
    };
  };
  const running = () => present(stage.ctx.registry.copies.get(stage.copy.no), 'the copy');
  const now = (no: number, allocation: string) =>
    changeAllocation(stage.ctx, parts, stage.scope, command(no, { allocation: moneyOf(allocation).toString(), applies: 'now' }));
  const written = async () => (await stage.copyFacts()).positions.map(({ target }) => target);

  it.each<[string, readonly string[]]>([
    ['twice', ['900', '700']],
    ['up and down again', ['1500', '700']],
  ])(
    'that is changed %s before the copy begins is what was asked for last: its activation took that, and nothing is entered for the others',
    async (_how, wishes) => {
      const asked = stage.ctx.clock.now();
      await stage.storage.scoped(stage.scope, (unit) => unit.copies.update({ id: stage.copy.id }, { allocation: moneyOf('700') }));
      await activate();
      expect([await ledger(), column()]).toEqual([both('700'), Number(moneyOf('700'))]);
      running().watched.book.sheet(STAGE_COIN).leaderLots = 10 ** STAGE_COIN.szDecimals;
      for (const [at, amount] of wishes.entries()) {
        const payload = { allocation: moneyOf(amount).toString(), applies: 'now' };
        expect(await changeAllocation(stage.ctx, parts, stage.scope, command(2 + at, payload, asked))).toEqual(applied({ instruments: [] }));
        expect([await ledger(), column()]).toEqual([both('700'), Number(moneyOf('700'))]);
      }
      expect(running().watched.book.sheet(STAGE_COIN).rows.target[running().row]).toBe(0);
    },
  );

  it('that is lowered with effect now takes positions down by the share of equity, once, and writes that with it', async () => {
    const { target } = await holding();
    const result = { instruments: [{ coin: STAGE_COIN.coin, targetBefore: sizeOf('12').toString(), target: sizeOf('9').toString(), reason: null }] };
    expect(await now(2, '700')).toEqual(applied(result));
    expect([target(), await written(), await ledger(), column()]).toEqual([9, [sizeOf('9')], both('700'), Number(moneyOf('700'))]);
    // A process that died before the command was recorded carries it out once more.
    expect(await now(2, '700')).toMatchObject({ status: 'applied' });
    expect([target(), await written()]).toEqual([9, [sizeOf('9')]]);
  });

  it('that is lowered without it trades nothing', async () => {
    const { target } = await holding();
    expect(await change(2, '700')).toEqual(applied());
    expect([target(), column()]).toEqual([12, Number(moneyOf('700'))]);
  });

  it('that is lowered with effect now, and whose write is refused, is reduced once all the same', async () => {
    const { target } = await holding();
    stage.failNext('refused');
    await expect(now(2, '700')).rejects.toThrow('refused');
    expect([target(), await ledger()]).toEqual([12, both('1000')]);
    await now(2, '700');
    expect([target(), await written(), await ledger()]).toEqual([9, [sizeOf('9')], both('700')]);
  });

  it('that is lowered with effect now takes down what a move asks for that is planned meanwhile, by the money of before', async () => {
    const { target, wants } = await holding();
    wants('0');
    let planned = (): void => undefined;
    const wave = parts.lanes.alone(running().watched, STAGE_COIN.coin, () => new Promise<void>((resolve) => (planned = resolve)));
    const lowered = now(2, '700');
    await stage.copyFacts();
    wants('12');
    planned();
    await Promise.all([wave, lowered]);
    expect([target(), await written()]).toEqual([9, [sizeOf('9')]]);
  });

  it('that was loaded with the wish in its row, as after a restart, is reduced by what is booked', async () => {
    const { target } = await holding();
    const { book } = running().watched;
    book.copies.allocation[running().row] = Number(moneyOf('700'));
    await now(2, '700');
    expect(target()).toBe(9);
  });

  it('that is lowered with effect now leaves what is being closed or handed over alone', async () => {
    const { target, status } = await holding();
    status(STATUS.handingOver);
    await now(2, '700');
    expect([target(), await ledger()]).toEqual([12, both('700')]);
  });

  it('that is raised with effect now re-bases the copy, once', async () => {
    const { target } = await holding();
    const { copies } = running().watched.book;
    const { row } = running();
    copies.mode[row] = MODE.fixedRatio;
    copies.modeRate[row] = Number(RATE_ONE) / 8;
    stage.venue.states = [{ ...stage.state('0', 1), accountValue: moneyOf('100000') }];
    expect(await now(2, '2000')).toMatchObject({
      status: 'applied',
      result: { instruments: [{ coin: STAGE_COIN.coin, target: sizeOf('15').toString() }] },
    });
    expect([target(), await ledger()]).toEqual([15, both('2000')]);
    // Made again by another command, it is no raise.
    copies.modeRate[row] = Number(RATE_ONE) / 4;
    expect(await now(3, '2000')).toEqual(applied({ instruments: [] }));
    expect([target(), await ledger()]).toEqual([15, both('2000')]);
  });

  it.each(['next_increase', 'now'])(
    'that is raised by money the account got since it was compared last is entered with at once: %s',
    async (applies) => {
      const holds = (amount: string): void => {
        stage.venue.states = [{ ...stage.state('0', 1), accountValue: moneyOf(amount) }];
      };
      const usable = (copy = running()): number => usableEquity(copy.watched.book.copies, copy.row);
      const raise = (no: number, allocation: string) =>
        changeAllocation(stage.ctx, parts, stage.scope, command(no, { allocation: moneyOf(allocation).toString(), applies }));
      holds('1000');
      await activate();
      expect(usable()).toBe(Number(moneyOf('1000')));
      holds('2000');
      expect(await raise(2, '2000')).toMatchObject({ status: 'applied' });
      expect(usable()).toBe(Number(moneyOf('2000')));
      // Beside another copy it is shared by what both are worth then.
      const other = await secondCopy(stage);
      holds('6000');
      expect(await raise(3, '5000')).toMatchObject({ status: 'applied' });
      expect([usable(), usable(other)]).toEqual([Number(moneyOf('5000')), Number(moneyOf('1000'))]);
      expect(await raise(4, '3000')).toMatchObject({ status: 'applied' });
      expect([usable(), usable(other)]).toEqual([Number(moneyOf('3000')), Number(moneyOf('1000'))]);
    },
  );

  it('that is raised with effect now by a process that died before it added anything is added to by the next one', async () => {
    const { target } = await holding();
    const { copies } = running().watched.book;
    const { row } = running();
    copies.mode[row] = MODE.fixedRatio;
    copies.modeRate[row] = Number(RATE_ONE) / 8;
    stage.venue.states = [{ ...stage.state('0', 1), accountValue: moneyOf('100000') }];
    const alone = vi.spyOn(parts.lanes, 'alone').mockRejectedValueOnce(new Error('died'));
    await expect(now(2, '2000')).rejects.toThrow('died');
    alone.mockRestore();
    expect([target(), await ledger()]).toEqual([12, both('2000')]);
    expect(await now(2, '2000')).toMatchObject({ result: { instruments: [{ target: sizeOf('15').toString() }] } });
    expect([target(), await ledger()]).toEqual([15, both('2000')]);
  });

  it('that is lowered with effect now is not added to by a process that carries it out once more', async () => {
    const { target } = await holding();
    await now(2, '700');
    running().watched.book.copies.modeRate[running().row] = Number(RATE_ONE);
    expect(await now(2, '700')).toEqual(applied({ instruments: [] }));
    expect(target()).toBe(9);
  });

  it('that says when it applies in words unknown is refused', async () => {
    await activate();
    expect(await changeAllocation(stage.ctx, parts, stage.scope, command(2, { allocation: '1', applies: 'later' }))).toMatchObject({
      reason: 'bad_payload',
    });
  });
});
