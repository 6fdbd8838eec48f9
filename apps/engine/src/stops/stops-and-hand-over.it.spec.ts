import { STATUS } from '@lockstep/replication';
import { defaultCopySettings } from '@lockstep/roster';
import { loadOwnPositions, standingOrders } from '@lockstep/storage';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FillCollector } from '../books/collect-fills';
import { applied, type CommandParts } from '../commands/command-end';
import { handOverCopy } from '../commands/hand-over';
import { StopWatch } from '../commands/stop-copy';
import { type BooksStage, moneyOf, openBooksStage, priceOf, sizeOf } from '../testing/books-stage';
import { ScriptedStops } from '../testing/scripted-stops';
import { STAGE_COIN } from '../testing/scripted-venue';
import { WaveLanes } from '../wave/wave-lanes';
import { StopKeeper } from './stop-keeper';

/** A copy of 1,000 that may lose 50 holds 2 bought at 100, with a stop at 75, and is handed over. */
describe('protective stops of a copy that is handed over', () => {
  let stage: BooksStage;
  let stops: ScriptedStops;
  let keeper: StopKeeper;
  let collector: FillCollector;
  let watch: StopWatch;
  let parts: CommandParts;

  beforeEach(async () => {
    stage = await openBooksStage();
    stops = new ScriptedStops(stage.venue);
    collector = new FillCollector(stage.ctx, stage.books);
    keeper = new StopKeeper(stage.ctx, stage.books, collector);
    parts = { books: stage.books, lanes: new WaveLanes(stage.ctx, stage.books, () => undefined) } as unknown as CommandParts;
    watch = new StopWatch(stage.ctx, parts);
    const { copy } = stage;
    copy.settings = { ...defaultCopySettings(), breaker: { ...defaultCopySettings().breaker, lossMoney: moneyOf('50') } };
    copy.watched.book.setSettings(copy.row, copy.settings, 1);
    await stage.hold('2', '100');
    mark();
  });
  afterEach(async () => {
    watch.stop();
    await keeper.stop();
    await stage.close();
  });

  const mark = (): void => {
    stage.setMark('100');
    stage.copy.watched.book.setMark(STAGE_COIN.coin, priceOf('100'), stage.ctx.clock.now());
  };
  const until = (holds: () => boolean | Promise<boolean>) =>
    vi.waitFor(
      async () => {
        mark();
        keeper.look();
        expect(await holds()).toBe(true);
      },
      { timeout: 15_000, interval: 20 },
    );
  const written = async () => (await stage.storage.scoped(stage.scope, standingOrders)).map(({ status }) => status);
  const placed = () => until(async () => (await written()).join() === 'standing' && stage.ctx.standingStops.size === 1);
  const handOver = async () => expect(await handOverCopy(stage.ctx, parts, stage.scope, stage.copy.id)).toEqual(applied());
  const state = async () => (await stage.copyFacts()).copy?.state;
  const own = async () => (await stage.storage.scoped(stage.scope, loadOwnPositions)).map(({ coin, own: held }) => [coin, held]);

  it('are gone before the position is the follower’s', async () => {
    await placed();
    await handOver();
    watch.start();
    // Nothing looks after the stop yet: the end waits for it.
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect([await state(), stops.standingNow]).toEqual(['handing_over', ['sell 2 at 75']]);
    await until(async () => (await state()) === 'stopped');
    expect([stops.asked, stops.standingNow, await written(), await own()]).toEqual([
      ['place sell 2 at 75', 'cancel sell 2 at 75'],
      [],
      [],
      [[STAGE_COIN.coin, sizeOf('2')]],
    ]);
  });

  it('that fill before their cancel leave the follower what they left, and break nothing', async () => {
    await placed();
    const broken = vi.fn();
    stage.ctx.standingStops.onTriggered = broken;
    await handOver();
    stops.trigger(priceOf('74'), sizeOf('0.5'));
    stops.ends.push('refused');
    watch.start();
    await until(async () => (await state()) === 'stopped');
    const { positions } = await stage.copyFacts();
    expect([await own(), positions.map(({ position, userClosed }) => [position, userClosed])]).toEqual([
      [[STAGE_COIN.coin, sizeOf('1.5')]],
      [[0n, false]],
    ]);
    expect([await written(), stops.standingNow]).toEqual([[], []]);
  });

  it('that were decided before it and not written down yet do not leave', async () => {
    keeper.lookAt(stage.copy);
    stage.copy.watched.book.setStatus(stage.copy.row, STATUS.handingOver, true);
    await keeper.stop();
    expect([stops.asked, stage.ctx.standingStops.size, await written()]).toEqual([[], 0, []]);
  });

  it('stay with what is closed though it was to be handed over', async () => {
    await placed();
    stage.copy.watched.book.setStatus(stage.copy.row, STATUS.handingOver | STATUS.closing, true);
    for (let look = 0; look < 5; look += 1) keeper.look();
    await keeper.stop();
    expect(stops.standingNow).toEqual(['sell 2 at 75']);
  });
});
