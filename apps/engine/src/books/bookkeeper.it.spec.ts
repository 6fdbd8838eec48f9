import { price, size } from '@lockstep/kernel';
import { clientOrderIdText } from '@lockstep/replication';
import { OUTCOME } from '@lockstep/venues/port';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BooksStage, moneyOf, openBooksStage, orderOf, priceOf, sizeOf } from '../testing/books-stage';
import { STAGE_COIN } from '../testing/scripted-venue';
import { intentsOf } from '../wave/intents-of';
import { planMove } from '../wave/plan-moves';
import { SendState } from '../wave/send-state';
import { writeJournal } from '../wave/write-journal';
import type { WaveOutcome } from './outcome-batch';

const WAVE = 21;

describe('the books of a tenant', () => {
  let stage: BooksStage;

  beforeEach(async () => {
    stage = await openBooksStage();
  });
  afterEach(() => stage.close());

  /** The leader opened 1 and the copy's order filled. */
  async function filledWave(): Promise<WaveOutcome> {
    const { ctx, copy } = stage;
    const now = ctx.clock.now();
    stage.setMark('100');
    const move = {
      watched: copy.watched,
      wave: WAVE,
      seq: 1,
      receivedAt: now,
      recordedAt: now,
      leaderEquity: moneyOf('1000'),
      leaderVolatility: null,
      move: {
        coin: STAGE_COIN.coin,
        kind: 'open',
        source: 'fills',
        before: size(0n),
        after: sizeOf('1'),
        increment: sizeOf('1'),
        incrementPrice: priceOf('100'),
        lastPrice: price(priceOf('100')),
        firstFillAt: now,
        lastFillAt: now,
        fills: 1,
        newOrders: 1,
      },
    } as const;
    const wave = planMove(ctx, move, false);
    const { times } = await writeJournal(ctx, [wave]);
    const state = new SendState(wave.plan.orders.count);
    expect(state.count).toBe(1);
    state.outcome[0] = OUTCOME.filled;
    state.filledLots[0] = wave.plan.orders.lots[0] ?? 0;
    return { wave, state, times, move, intents: intentsOf(ctx, wave) };
  }

  const bookBuy = (clientOrderId: string, time: number) =>
    stage.books.takeFills({
      account: stage.account,
      fills: [stage.fill('buy', '1', '100', { clientOrderId, time })],
    });
  const position = async () => (await stage.copyFacts()).positions[0]?.position;

  it('tell a wave once although the answer of its commit was lost', async () => {
    const outcome = await filledWave();
    stage.failNext('answer_lost');
    await stage.books.takeWave(outcome);
    await stage.books.idle();
    expect(await stage.events()).toEqual(['leader.move', 'order.filled']);
    expect((await stage.copyFacts()).orders.map(({ status }) => status)).toEqual(['filled']);
    expect(stage.ended).toEqual([]);
  });

  it('know when an order was filled although its fill was booked before its row stood', async () => {
    const outcome = await filledWave();
    await bookBuy(clientOrderIdText(outcome.wave.plan.orders.clientOrderId, 0), 1_234);
    expect(outcome.wave.open.handed).toBe(false);
    await stage.books.takeWave(outcome);
    expect(outcome.wave.open.handed).toBe(true);
    await stage.books.idle();
    expect((await stage.copyFacts()).orders.map(({ mf }) => mf)).toEqual([1_234]);
  });

  it('book again what the database refused', async () => {
    stage.failNext('refused');
    await bookBuy(orderOf(stage.copy.no, 2), 1_000);
    expect(await position()).toBeUndefined();
    await bookBuy(orderOf(stage.copy.no, 2), 1_000);
    expect([await position(), stage.ended]).toEqual([sizeOf('1'), []]);
  });

  it('end the engine when a booking’s commit is not answered, and write nothing over it', async () => {
    stage.failNext('answer_lost');
    await bookBuy(orderOf(stage.copy.no, 2), 1_000);
    expect(stage.ended).toEqual(['the outcome of a commit is not known']);
    await bookBuy(orderOf(stage.copy.no, 3), 2_000);
    await expect(stage.books.run(stage.scope, async () => undefined)).rejects.toThrow('closed');
    expect(await position()).toBe(sizeOf('1'));
    expect(stage.ctx.booked.get(stage.copy.no, STAGE_COIN.coin).booked.book.quantity).toBe(0n);
  });
});
