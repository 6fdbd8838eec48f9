import { present, size } from '@lockstep/kernel';
import { applyFill, beginClosing, EPISODE, MICRO, needsRepair, revalue, STATUS } from '@lockstep/replication';
import { loadOwnPositions, runningCopy } from '@lockstep/storage';
import { OUTCOME } from '@lockstep/venues/port';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WaveOutcome } from '../books/outcome-batch';
import { Differences } from '../repair/differences';
import { ForeignCloses } from '../repair/foreign-closes';
import type { Repairs } from '../repair/repair';
import { NO_INTENT } from '../state/intent';
import { EquityWriter } from '../state/save-equity';
import { type BooksStage, moneyOf, openBooksStage, orderOf, priceOf, sizeOf } from '../testing/books-stage';
import { STAGE_COIN } from '../testing/scripted-venue';
import { holdOf, secondCopy, writtenOf } from '../testing/second-copy';
import { takeOutcomes } from '../wave/apply-outcomes';
import { intentsOf } from '../wave/intents-of';
import { planMove } from '../wave/plan-moves';
import { SendState } from '../wave/send-state';
import { WaveLanes } from '../wave/wave-lanes';
import { writeJournal } from '../wave/write-journal';
import type { CommandParts } from './command-end';
import { handOverCopy } from './hand-over';
import { StopWatch, stopCopy } from './stop-copy';
import { writeIntent } from './take-on-positions';

/** Long enough for several looks of the watch. */
const LOOKS_MS = 800;

describe('the end of a stop', () => {
  let stage: BooksStage;
  let parts: CommandParts;
  let watch: StopWatch;

  beforeEach(async () => {
    stage = await openBooksStage();
    const lanes = new WaveLanes(stage.ctx, stage.books, () => undefined);
    parts = { books: stage.books, lanes, repairs: { close: async () => undefined } as unknown as Repairs } as unknown as CommandParts;
    watch = new StopWatch(stage.ctx, parts);
    stage.setMark('100');
  });
  afterEach(async () => {
    watch.stop();
    await stage.close();
  });

  const stop = () => stopCopy(stage.ctx, parts, stage.scope, stage.copy.id, 'stop_close_now');
  const state = async () => (await stage.copyFacts()).copy?.state;
  const someLooks = () => new Promise((resolve) => setTimeout(resolve, LOOKS_MS));

  /** The leader goes from one size to another: the wave is planned and journaled, and `outcome` became of the copy's order, if there is one. */
  async function wave(number: number, before: string, after: string, outcome: number): Promise<WaveOutcome> {
    const { ctx, copy } = stage;
    const now = ctx.clock.now();
    const move = {
      watched: copy.watched,
      wave: number,
      seq: number,
      receivedAt: now,
      recordedAt: now,
      leaderEquity: moneyOf('1000'),
      leaderVolatility: null,
      move: {
        coin: STAGE_COIN.coin,
        kind: before === '0' ? 'open' : 'increase',
        source: 'fills',
        before: before === '0' ? size(0n) : sizeOf(before),
        after: sizeOf(after),
        increment: sizeOf('1'),
        incrementPrice: priceOf('100'),
        lastPrice: priceOf('100'),
        firstFillAt: now,
        lastFillAt: now,
        fills: 1,
        newOrders: 1,
      },
    } as const;
    const planned = planMove(ctx, move, false);
    stage.books.expect([planned]);
    const { times } = await writeJournal(ctx, [planned]);
    const sent = new SendState(planned.plan.orders.count);
    sent.outcome.fill(outcome);
    takeOutcomes(
      ctx,
      planned,
      sent,
      Int32Array.from({ length: sent.count }, (_, row) => row),
      times,
    );
    return { wave: planned, state: sent, times, move, intents: intentsOf(ctx, planned) };
  }

  it('waits for the rows of its orders, also where an order of the same wave is still without an outcome', async () => {
    // The copy's own order has its outcome, so nothing of it is open or reserved; the wave is handed to the books when all of its orders have one.
    const outcome = await wave(21, '0', '1', OUTCOME.rejected);
    expect(outcome.state.count).toBe(1);
    await stop();
    watch.start();
    await someLooks();
    expect([await state(), (await stage.copyFacts()).orders.length]).toEqual(['stopping', 0]);
    await stage.books.takeWave(outcome);
    await vi.waitFor(async () => expect(await state()).toBe('stopped'), 10_000);
    expect((await stage.copyFacts()).orders.map(({ status }) => status)).toEqual(['rejected']);
  });

  it('leaves the copy’s equity as it ended, not as it was valued and written last', async () => {
    await stage.hold('2', '100');
    const { ctx, books, copy, account, sheet } = stage;
    await new EquityWriter(ctx, books).write();
    const lots = 2 * 10 ** STAGE_COIN.szDecimals;
    const order = stage.open(2, { buy: false, lots });
    applyFill(copy.watched.book, sheet, copy.row, { buy: false, lots, price: Number(priceOf('110')), fee: 0 }, 'exit');
    ctx.openOrders.tellFilled(order.clientOrderId, lots);
    await books.takeFills({ account, fills: [stage.fill('sell', '2', '110', { clientOrderId: order.clientOrderId, time: 2 })] });
    await stop();
    watch.start();
    await vi.waitFor(async () => expect(await state()).toBe('stopped'), 10_000);
    const { equity } = present(await stage.storage.scoped(stage.scope, (unit) => runningCopy(unit, copy.id)), 'the copy');
    expect(equity).toMatchObject({ flows: moneyOf('1000'), netPnl: moneyOf('20'), equity: moneyOf('1020') });
  });

  it('nothing is traded for a copy while its end is written: the exit of a remnant that could go meanwhile would be nobody’s', async () => {
    await stage.hold('2', '100');
    const { copy, books } = stage;
    const { book } = copy.watched;
    const sheet = present(book.findSheet(STAGE_COIN.coin), 'sheet');
    sheet.rows.beside[copy.row] = 1;
    await stop();
    sheet.rows.episode[copy.row] = EPISODE.dustPending;
    expect(needsRepair(book, sheet)).toBe(true);
    let release = (): void => undefined;
    const busy = books.run(stage.scope, () => new Promise<void>((resolve) => (release = resolve)));
    watch.start();
    await vi.waitFor(() => expect(needsRepair(book, sheet)).toBe(false), 10_000);
    expect(await state()).toBe('stopping');
    release();
    await busy;
    await vi.waitFor(async () => expect(await state()).toBe('stopped'), 10_000);
  });

  it('leaves its money as it stands, whatever a wave that is written behind it decided', async () => {
    await stage.hold('2', '100');
    await stage.books.takeFills({
      account: stage.account,
      fills: [stage.fill('sell', '2', '110', { clientOrderId: orderOf(stage.copy.no, 2), time: 2 })],
    });
    const before = (await stage.copyFacts()).positions;
    beginClosing(stage.copy.watched.book, stage.copy.row);
    await stop();
    // The leader goes on while the end of the stop is written: the closing copy gives the increment up.
    const outcome = await wave(22, '0', '1', OUTCOME.rejected);
    expect([outcome.state.count, outcome.intents.length]).toEqual([0, 1]);
    watch.start();
    await vi.waitFor(async () => expect(await state()).toBe('stopped'), 10_000);
    await stage.books.takeWave(outcome);
    await stage.books.idle();
    expect((await stage.copyFacts()).positions).toEqual(before);
  });

  /** The books are busy until the answered function is called, and the copy's end waits behind that. */
  async function endWaits(): Promise<() => Promise<void>> {
    const { books, scope, copy } = stage;
    let release = (): void => undefined;
    const busy = books.run(scope, () => new Promise<void>((resolve) => (release = resolve)));
    watch.start();
    await vi.waitFor(() => expect((copy.watched.book.copies.status[copy.row] ?? 0) & STATUS.handingOver).not.toBe(0), 10_000);
    return async () => {
      release();
      await busy;
      await vi.waitFor(async () => expect(await state()).toBe('stopped'), 10_000);
    };
  }

  it.each<[string, (closes: ForeignCloses) => Promise<void>]>([
    ['a close that turns out to have been the settlement of a delisted instrument', (closes) => closes.endDelisted(stage.account)],
    ['what it wants of an instrument outside of a wave', () => writeIntent(stage.ctx, stage.books, stage.copy, stage.sheet, NO_INTENT)],
  ])('leaves its money as it stands, whatever waits for the books behind it: %s', async (_what, write) => {
    const { ctx, books, account, copy, sheet } = stage;
    await stage.hold('2', '100');
    await books.takeFills({ account, fills: [stage.fill('sell', '2', '110', { clientOrderId: orderOf(copy.no, 2), time: 2 })] });
    const before = (await stage.copyFacts()).positions;
    sheet.rows.episode[copy.row] = EPISODE.userClosed;
    const closes = new ForeignCloses(ctx, books, parts.lanes);
    closes.note(copy, sheet);
    copy.watched.book.relist({ ...STAGE_COIN, delisted: true });
    await stop();
    const end = await endWaits();
    const behind = write(closes);
    await end();
    await behind;
    expect((await stage.copyFacts()).positions).toEqual(before);
  });

  it('finds what its follower closed against it booked, also where the same trade closed another copy of the account', async () => {
    const { ctx, books, account, copy, sheet } = stage;
    const other = await secondCopy(stage);
    await stage.hold('2', '100');
    await holdOf(stage, other, 'buy', '2', '100');
    stage.setMark('110');
    await stopCopy(ctx, parts, stage.scope, other.id, 'stop_close_now');
    await stop();
    const differences = new Differences(ctx, books, new ForeignCloses(ctx, books, parts.lanes));
    const held = { netLots: 0, foreignTrades: null, unresolved: false };
    let release = (): void => undefined;
    const busy = books.run(stage.scope, () => new Promise<void>((resolve) => (release = resolve)));
    const closed = differences.take(account, STAGE_COIN, () => held);
    expect([sheet.rows.position[copy.row], other.watched.book.sheet(STAGE_COIN).rows.position[other.row]]).toEqual([0, 0]);
    watch.start();
    await vi.waitFor(() => expect((copy.watched.book.copies.status[copy.row] ?? 0) & STATUS.handingOver).not.toBe(0), 10_000);
    release();
    await Promise.all([busy, closed]);
    await vi.waitFor(() => expect(ctx.registry.copies.size).toBe(0), 10_000);
    const gain = moneyOf('20');
    for (const { id } of [copy, other]) expect(await writtenOf(stage, id)).toEqual({ position: 0n, realised: gain, ledger: gain });
  });

  it('is none where the close by its follower cannot be written: what it holds then is held still', async () => {
    const { ctx, books, account, copy, sheet } = stage;
    await stage.hold('2', '100');
    stage.setMark('110');
    await stop();
    const differences = new Differences(ctx, books, new ForeignCloses(ctx, books, parts.lanes));
    let release = (): void => undefined;
    const busy = books.run(stage.scope, () => new Promise<void>((resolve) => (release = resolve)));
    const held = { netLots: 0, foreignTrades: null, unresolved: false };
    const closed = parts.lanes.alone(copy.watched, STAGE_COIN.coin, async () => void (await differences.take(account, STAGE_COIN, () => held)));
    await vi.waitFor(() => expect(sheet.rows.position[copy.row]).toBe(0));
    watch.start();
    await someLooks();
    stage.failNext('refused');
    release();
    await busy;
    await expect(closed).rejects.toThrow('refused');
    await someLooks();
    expect([await state(), sheet.rows.position[copy.row]]).toEqual(['stopping', 2 * 10 ** STAGE_COIN.szDecimals]);
  });

  it('that cannot be written leaves a copy that is handed over to the stop that came meanwhile', async () => {
    const { ctx, books, copy, sheet } = stage;
    await stage.hold('2', '100');
    stage.setMark('100');
    sheet.rows.target[copy.row] = 2 * 10 ** STAGE_COIN.szDecimals * MICRO;
    await handOverCopy(ctx, parts, stage.scope, copy.id);
    let release = (): void => undefined;
    const busy = books.run(stage.scope, () => new Promise<void>((resolve) => (release = resolve)));
    // Its end waits for the books.
    const run = vi.spyOn(books, 'run');
    watch.start();
    await vi.waitFor(() => expect(run).toHaveBeenCalled(), 10_000);
    const stopped = stop();
    stage.failNext('refused');
    release();
    await Promise.all([busy, stopped]);
    const status = copy.watched.book.copies.status[copy.row] ?? 0;
    expect([await state(), status & STATUS.handingOver, status & STATUS.closing]).toEqual(['stopping', 0, STATUS.closing]);
    expect([sheet.rows.target[copy.row], needsRepair(copy.watched.book, sheet)]).toEqual([0, true]);
  });

  describe('of a copy with a remnant', () => {
    /** The copy holds 2 that cannot close alone beside what its follower is short of their own, and is being stopped. */
    beforeEach(async () => {
      const { copy, sheet } = stage;
      await stage.hold('2', '100');
      sheet.rows.beside[copy.row] = -1;
      await stop();
      sheet.rows.episode[copy.row] = EPISODE.dustPending;
    });

    /** The follower closes the remnant by hand, and it is counted in the instrument's lane. */
    const close = () => {
      const { ctx, books, account, copy } = stage;
      const differences = new Differences(ctx, books, new ForeignCloses(ctx, books, parts.lanes));
      const held = { netLots: -1, foreignTrades: null, unresolved: false };
      return parts.lanes.alone(copy.watched, STAGE_COIN.coin, async () => void (await differences.take(account, STAGE_COIN, () => held)));
    };
    /** What stands of the copy, what is written as left to its follower, and whether the copy's end says that it was flat. */
    const facts = async () => {
      const [position] = (await stage.copyFacts()).positions;
      const { owns, ends } = await stage.storage.scoped(stage.scope, async (unit) => {
        const head = present(await unit.events.head(), 'head');
        const told = await unit.events.after({ epoch: head.epoch, seq: 0n }, 10_000);
        return { owns: await loadOwnPositions(unit), ends: told.filter(({ type }) => type === 'copy.flat') };
      });
      return { position: position?.position, own: owns.map(({ own }) => own), flat: ends.map(({ data }) => /"flat":(\w+)/.exec(data)?.[1]) };
    };

    it('leaves the copy’s equity as it ended, with the remnant at its mark, not as it was valued last', async () => {
      const { copy, books, account } = stage;
      const { book } = copy.watched;
      revalue(book, stage.ctx.clock.now(), stage.ctx.limits.markMaxAgeMs);
      // Half of it left at 90 since.
      const lots = 10 ** STAGE_COIN.szDecimals;
      const order = stage.open(2, { buy: false, lots });
      applyFill(book, stage.sheet, copy.row, { buy: false, lots, price: Number(priceOf('90')), fee: 0 }, 'exit');
      stage.ctx.openOrders.tellFilled(order.clientOrderId, lots);
      await books.takeFills({ account, fills: [stage.fill('sell', '1', '90', { clientOrderId: order.clientOrderId, time: 2, fee: moneyOf('0') })] });
      stage.setMark('80');
      watch.start();
      await vi.waitFor(async () => expect(await state()).toBe('stopped'), 10_000);
      const { equity } = present(await stage.storage.scoped(stage.scope, (unit) => runningCopy(unit, copy.id)), 'the copy');
      expect(equity).toMatchObject({ netPnl: moneyOf('-10'), equity: moneyOf('970') });
    });

    it('which the follower closes while the end is written, leaves it to them: what they close then is their own', async () => {
      const end = await endWaits();
      const closed = close();
      await end();
      await closed;
      expect(await facts()).toEqual({ position: sizeOf('2'), own: [sizeOf('2')], flat: ['false'] });
    });

    it('which the follower closed before, though that is not written yet, leaves nothing', async () => {
      const { books, scope, copy, sheet } = stage;
      let release = (): void => undefined;
      const busy = books.run(scope, () => new Promise<void>((resolve) => (release = resolve)));
      const closed = close();
      await vi.waitFor(() => expect(sheet.rows.position[copy.row]).toBe(0));
      watch.start();
      await someLooks();
      release();
      await Promise.all([busy, closed]);
      await vi.waitFor(async () => expect(await state()).toBe('stopped'), 10_000);
      expect(await facts()).toEqual({ position: 0n, own: [-sizeOf('0.0001')], flat: ['true'] });
    });
  });
});
