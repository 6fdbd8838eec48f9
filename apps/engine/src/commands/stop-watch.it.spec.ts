import { present, size } from '@lockstep/kernel';
import { beginClosing, EPISODE, needsRepair } from '@lockstep/replication';
import { OUTCOME } from '@lockstep/venues/port';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WaveOutcome } from '../books/outcome-batch';
import type { Repairs } from '../repair/repair';
import { type BooksStage, moneyOf, openBooksStage, orderOf, priceOf, sizeOf } from '../testing/books-stage';
import { STAGE_COIN } from '../testing/scripted-venue';
import { takeOutcomes } from '../wave/apply-outcomes';
import { intentsOf } from '../wave/intents-of';
import { planMove } from '../wave/plan-moves';
import { SendState } from '../wave/send-state';
import { writeJournal } from '../wave/write-journal';
import type { CommandParts } from './command-end';
import { StopWatch, stopCopy } from './stop-copy';

/** Long enough for several looks of the watch. */
const LOOKS_MS = 800;

describe('the end of a stop', () => {
  let stage: BooksStage;
  let parts: CommandParts;
  let watch: StopWatch;

  beforeEach(async () => {
    stage = await openBooksStage();
    parts = { books: stage.books, repairs: { close: async () => undefined } as unknown as Repairs } as unknown as CommandParts;
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
});
