import { ok } from '@lockstep/kernel';
import { revalue } from '@lockstep/replication';
import { defaultCopySettings } from '@lockstep/roster';
import { standingOrders } from '@lockstep/storage';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FillCollector } from '../books/collect-fills';
import { Reconciler } from '../repair/reconcile';
import { type BooksStage, moneyOf, openBooksStage, priceOf, sizeOf } from '../testing/books-stage';
import { ScriptedStops } from '../testing/scripted-stops';
import { STAGE_COIN } from '../testing/scripted-venue';
import { WaveLanes } from '../wave/wave-lanes';
import { StandingStops } from './standing-stops';
import { StopKeeper } from './stop-keeper';

/** A copy of 1,000 that may lose 50 holds 2 bought at 100: its limit is met at 75. */
describe('the protective stop of a copy', () => {
  let stage: BooksStage;
  let stops: ScriptedStops;
  let keeper: StopKeeper;
  let collector: FillCollector;
  let broken: number[];

  beforeEach(async () => {
    stage = await openBooksStage();
    stops = new ScriptedStops(stage.venue);
    collector = new FillCollector(stage.ctx, stage.books);
    keeper = new StopKeeper(stage.ctx, stage.books, collector);
    broken = [];
    stage.ctx.standingStops.onTriggered = breaks;
    const { copy } = stage;
    const breaker = { ...defaultCopySettings().breaker, lossMoney: moneyOf('50') };
    copy.settings = { ...defaultCopySettings(), breaker };
    copy.watched.book.setSettings(copy.row, copy.settings, 1);
    await stage.hold('2', '100');
    mark('100');
  });
  afterEach(async () => {
    await keeper.stop();
    await stage.close();
  });

  const breaks = ({ no }: { readonly no: number }): void => {
    broken.push(no);
    stage.copy.state = 'breaker_closed';
  };
  const mark = (text: string): void => {
    const { book } = stage.copy.watched;
    stage.setMark(text);
    book.setMark(STAGE_COIN.coin, priceOf(text), stage.ctx.clock.now());
    revalue(book, Math.floor(stage.ctx.clock.now()), stage.ctx.limits.markMaxAgeMs);
  };
  const written = async () => (await stage.storage.scoped(stage.scope, standingOrders)).map(({ status }) => status);
  const orders = async () => (await stage.copyFacts()).orders.filter(({ leg }) => leg === 16).map(({ status }) => status);
  /** Looks until a condition holds, as the timer does. */
  const until = (holds: () => boolean | Promise<boolean>) =>
    vi.waitFor(
      async () => {
        mark(String(stage.sheet.mark / 1e8));
        keeper.look();
        expect(await holds()).toBe(true);
      },
      { timeout: 15_000, interval: 20 },
    );
  const settled = async (): Promise<boolean> => {
    const rows = await written();
    return rows.length === 1 && rows[0] === 'standing' && stage.ctx.standingStops.size === 1;
  };
  /** What left long ago is not on its way any more. */
  const age = (): void => {
    for (const stop of stage.ctx.standingStops.all()) {
      stop.leftBy -= 60_000;
      stop.askAt = 0;
    }
  };
  const placed = () => until(settled);

  it('is written down before it leaves, and told when it stands', async () => {
    let before: readonly string[] = [];
    stops.onArrival = async () => {
      before = await written();
    };
    await placed();
    expect(before).toEqual(['sent']);
    expect(stops.asked).toEqual(['place sell 2 at 75']);
    expect(await orders()).toEqual(['resting']);
    expect((await stage.events()).filter((type) => type.startsWith('order.'))).toEqual(['order.resting']);
  });

  it('does not leave when it could not be written down, and leaves later', async () => {
    stage.failNext('refused');
    keeper.lookAt(stage.copy);
    await keeper.stop();
    expect([stops.asked, stage.ctx.standingStops.size]).toEqual([[], 0]);
    await placed();
    expect(stops.asked).toEqual(['place sell 2 at 75']);
  });

  it('is asked for at once where it could not be written down that it stands', async () => {
    stops.onArrival = async () => stage.failNext('refused');
    keeper.lookAt(stage.copy);
    await keeper.stop();
    expect(await written()).toEqual(['sent']);
    await placed();
    expect(stops.asked).toEqual(['place sell 2 at 75']);
  });

  it('that landed without an answer is found, not placed twice', async () => {
    stops.ends.push('landed_unanswered');
    await placed();
    expect(stops.asked).toEqual(['place sell 2 at 75']);
    expect(stops.standingNow).toEqual(['sell 2 at 75']);
  });

  it('that was lost is placed again only once its nonce is spent', async () => {
    stops.ends.push('lost');
    keeper.lookAt(stage.copy);
    await until(() => stops.asked.length === 1);
    for (let look = 0; look < 5; look += 1) keeper.look();
    expect(stops.asked).toHaveLength(1);
    age();
    await until(() => stops.asked.length === 2);
    await placed();
    expect(stops.standingNow).toEqual(['sell 2 at 75']);
    expect((await orders()).sort()).toEqual(['rejected', 'resting']);
  });

  it('that the venue refuses is left for a while', async () => {
    stops.ends.push('refused');
    await until(async () => (await orders()).join() === 'rejected');
    for (let look = 0; look < 5; look += 1) keeper.look();
    await keeper.stop();
    expect(stops.asked).toHaveLength(1);
    expect(await written()).toEqual([]);
  });

  it.each(['answered', 'landed_unanswered', 'lost'] as const)(
    'follows the position in one change that was %s, and never stands twice',
    async (end) => {
      await placed();
      stops.ends.push(end);
      await stage.books.takeFills({
        account: stage.account,
        fills: [stage.fill('sell', '1', '100', { time: 2, clientOrderId: stage.open(9, { buy: false, lots: 0, filledLots: 10_000 }).clientOrderId })],
      });
      expect(stage.sheet.rows.position[stage.copy.row]).toBe(10_000);
      await vi.waitFor(() => {
        keeper.look();
        expect(stops.asked.length).toBeGreaterThan(1);
      }, 10_000);
      age();
      await until(async () => (await settled()) && stops.standingNow.join() === 'sell 1 at 50');
      expect(stops.asked[1]).toBe('change to sell 1 at 50');
      expect(stops.standingNow).toHaveLength(1);
    },
  );

  it('ends with the position', async () => {
    await placed();
    stage.sheet.rows.position[stage.copy.row] = 0;
    await until(async () => (await written()).length === 0);
    expect([stops.asked.at(-1), stops.standingNow, await orders()]).toEqual(['cancel sell 2 at 75', [], ['cancelled']]);
    expect(stage.ctx.standingStops.holdsBack(stage.copy)).toBe(false);
  });

  it('that the venue dropped with a position is placed anew at once for the next one on its side', async () => {
    await placed();
    for (const order of stops.orders.values()) order.status = 'reduceOnlyCanceled';
    const exit = stage.open(9, { buy: false, lots: 0, filledLots: 20_000 }).clientOrderId;
    const entry = stage.open(10, { buy: true, lots: 0, filledLots: 20_000 }).clientOrderId;
    await stage.books.takeFills({
      account: stage.account,
      fills: [
        stage.fill('sell', '2', '100', { time: 2, clientOrderId: exit, startPosition: sizeOf('2') }),
        stage.fill('buy', '2', '100', { time: 3, clientOrderId: entry, startPosition: sizeOf('0') }),
      ],
    });
    expect(stage.sheet.rows.position[stage.copy.row]).toBe(20_000);
    await until(() => stops.standingNow.length === 1);
    await placed();
    expect(stops.asked).toEqual(['place sell 2 at 75', 'place sell 2 at 75']);
    expect((await orders()).sort()).toEqual(['cancelled', 'resting']);
  });

  it('ends when the setting goes off, and a cancel without an answer is asked for', async () => {
    await placed();
    stops.ends.push('landed_unanswered');
    stage.copy.settings = { ...stage.copy.settings, breaker: { ...stage.copy.settings.breaker, protectiveStop: false } };
    await until(async () => (await written()).length === 0);
    expect([stops.standingNow, await orders()]).toEqual([[], ['cancelled']]);
  });

  it('is not placed beside a position of the follower’s own on that side: it could close theirs', async () => {
    stage.sheet.rows.beside[stage.copy.row] = 5_000;
    for (let look = 0; look < 5; look += 1) keeper.look();
    await keeper.stop();
    expect(stops.asked).toEqual([]);
    stage.sheet.rows.beside[stage.copy.row] = -5_000;
    await placed();
    expect(stops.asked).toEqual(['place sell 1.5 at 75']);
  });

  it('is booked as the copy’s own when it is filled, and breaks the copy before it is let go of', async () => {
    await placed();
    stops.trigger(priceOf('74'));
    mark('74');
    await until(async () => (await written()).length === 0);
    const facts = await stage.copyFacts();
    expect(broken).toEqual([stage.copy.no]);
    expect(facts.positions.map(({ position, realisedPnl, userClosed }) => [position, realisedPnl, userClosed])).toEqual([
      [0n, moneyOf('-52'), false],
    ]);
    expect(await orders()).toEqual(['filled']);
    expect(stage.sheet.rows.position[stage.copy.row]).toBe(0);
  });

  it('is not taken for the follower’s own trade by a comparison that reads the net before its fill is told', async () => {
    await placed();
    const fill = stops.trigger(priceOf('74'));
    stage.venue.fills = [];
    stage.venue.states = [stage.state('0', 6_000)];
    const reconciler = new Reconciler(stage.ctx, stage.books, collector, new WaveLanes(stage.ctx, stage.books, () => undefined));
    await reconciler.compare(stage.account);
    expect(stage.sheet.rows.position[stage.copy.row]).toBe(20_000);
    stage.venue.fills = [fill];
    await until(async () => (await written()).length === 0);
    await reconciler.compare(stage.account);
    const facts = await stage.copyFacts();
    expect(facts.positions.map(({ position, userClosed }) => [position, userClosed])).toEqual([[0n, false]]);
    expect(facts.ledger.get('copy:C:realised_pnl')).toBe(-moneyOf('-52'));
  });

  it('a follower’s own close beside a stop that stands is the follower’s', async () => {
    await placed();
    stage.venue.fills = [stage.fill('sell', '1', '100', { time: 3_000 })];
    stage.venue.states = [stage.state('1', 6_000)];
    const reconciler = new Reconciler(stage.ctx, stage.books, collector, new WaveLanes(stage.ctx, stage.books, () => undefined));
    await reconciler.compare(stage.account);
    expect((await stage.copyFacts()).positions.map(({ position, userClosed }) => [position, userClosed])).toEqual([[sizeOf('1'), true]]);
    expect(broken).toEqual([]);
  });

  it('is let go of where the venue knows nothing of it any more, and placed anew', async () => {
    await placed();
    stops.orders.clear();
    Object.assign(stage.venue.truth, { openOrders: async () => ok([]) });
    for (const stop of stage.ctx.standingStops.all()) stop.askAt = 0;
    await until(() => stops.asked.length === 2);
    await placed();
    expect(stops.standingNow).toEqual(['sell 2 at 75']);
  });

  describe('after a restart', () => {
    const restart = async (): Promise<void> => {
      await keeper.stop();
      const fresh = new StandingStops(10);
      fresh.onTriggered = breaks;
      Object.assign(stage.ctx, { standingStops: fresh });
      keeper = new StopKeeper(stage.ctx, stage.books, collector);
      await keeper.restore(stage.scope, await stage.storage.scoped(stage.scope, standingOrders));
    };

    it('is found again and not placed twice', async () => {
      await placed();
      await restart();
      await until(() => [...stage.ctx.standingStops.all()].every(({ askAt }) => askAt > 0));
      await placed();
      expect(stops.asked).toEqual(['place sell 2 at 75']);
    });

    it('is cancelled where its copy is gone', async () => {
      await placed();
      await restart();
      stage.ctx.registry.dropCopy(stage.copy.no);
      await until(async () => (await written()).length === 0);
      expect(stops.standingNow).toEqual([]);
    });

    it('breaks the copy when it was booked and the process died before that was written', async () => {
      await placed();
      stage.ctx.standingStops.onTriggered = () => undefined;
      stops.trigger(priceOf('74'));
      await collector.read(stage.account);
      await restart();
      keeper.breakFilled();
      expect(broken).toEqual([stage.copy.no]);
      await until(async () => (await written()).length === 0);
      expect(await orders()).toEqual(['filled']);
    });
  });
});
