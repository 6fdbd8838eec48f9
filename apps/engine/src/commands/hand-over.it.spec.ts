import { applyFill, beginClosing, needsRepair, STATUS } from '@lockstep/replication';
import { type CommandRow, heldByCopies, loadOwnPositions, runningCopy } from '@lockstep/storage';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FillCollector } from '../books/collect-fills';
import { Reconciler } from '../repair/reconcile';
import type { Repairs } from '../repair/repair';
import { NO_INTENT } from '../state/intent';
import { copyStateOf, statusBits } from '../state/load-scope';
import { type BooksStage, moneyOf, openBooksStage, priceOf, sizeOf } from '../testing/books-stage';
import { STAGE_COIN } from '../testing/scripted-venue';
import { WaveLanes } from '../wave/wave-lanes';
import { applied, type CommandParts } from './command-end';
import { HandOvers, handOverCopy } from './hand-over';
import { stopBy } from './stop-by';
import { StopWatch } from './stop-copy';
import { keepIntent } from './take-on-positions';

const CLOSED: string[] = [];
const repairs = {
  close: async (_watched: unknown, cause: string) => void CLOSED.push(cause),
  repair: async (_watched: unknown, _sheet: unknown, cause: string) => void CLOSED.push(cause),
} as unknown as Repairs;

/** A copy that holds 2 bought at 100, with a mark of 110. */
describe('a copy that is handed over', () => {
  let stage: BooksStage;
  let parts: CommandParts;
  let lanes: WaveLanes;
  let watch: StopWatch;

  beforeEach(async () => {
    CLOSED.length = 0;
    stage = await openBooksStage();
    const { ctx, books } = stage;
    lanes = new WaveLanes(ctx, books, () => undefined);
    parts = { books, repairs, lanes } as unknown as CommandParts;
    watch = new StopWatch(ctx, parts);
    await stage.hold('2', '100');
    stage.setMark('110');
  });
  afterEach(async () => {
    watch.stop();
    await stage.close();
  });

  const command = (payload: unknown) => ({ targetId: stage.copy.id, payload }) as unknown as CommandRow;
  const handOver = () => stopBy(stage.ctx, parts, stage.scope, command({ mode: 'hand_over' }));
  const state = async () => (await stage.copyFacts()).copy?.state;
  const ended = () => vi.waitFor(async () => expect(await state()).toBe('stopped'), 10_000);
  const own = async () =>
    (await stage.storage.scoped(stage.scope, (unit) => loadOwnPositions(unit))).map(({ coin, own: quantity }) => [coin, quantity]);
  const proof = async () => {
    const read = await stage.storage.scoped(stage.scope, async (unit) => {
      const head = await unit.events.head();
      return head === null ? [] : unit.events.after({ epoch: head.epoch, seq: 0n }, 10_000);
    });
    const found = read.filter(({ type }) => type === 'copy.flat').map(({ data }) => (typeof data === 'string' ? JSON.parse(data) : data));
    expect(found).toHaveLength(1);
    return found[0];
  };

  it('ends with its positions as the follower’s own, its books closed at the mark, and a proof that lists them', async () => {
    expect(await handOver()).toEqual(applied());
    expect(await state()).toBe('handing_over');
    watch.start();
    await ended();
    const facts = await stage.copyFacts();
    expect(facts.positions.map(({ position, target, realisedPnl }) => [position, target, realisedPnl])).toEqual([[0n, 0n, moneyOf('20')]]);
    expect(facts.ledger.get('copy:C:realised_pnl')).toBe(-moneyOf('20'));
    expect(facts.ledger.get('copy:C:allocation') ?? 0n).toBe(0n);
    expect([...facts.ledger.values()].reduce((sum, value) => sum + value, 0n)).toBe(0n);
    expect(await own()).toEqual([[STAGE_COIN.coin, sizeOf('2')]]);
    expect(await proof()).toMatchObject({
      flat: false,
      dust_pending: [],
      handed_over: [{ coin: STAGE_COIN.coin, size: '2', price: '110', notional: '220' }],
    });
    expect([CLOSED, stage.ctx.registry.copies.size, facts.copy?.stateReason]).toEqual([[], 0, 'handed_over']);
  });

  /** The venue filled a sell of the copy; its money is booked by `book`. */
  const sell = (text: string, at: string) => {
    const lots = sizeLots(text);
    const order = stage.open(2, { buy: false, lots });
    const answer = () => {
      applyFill(stage.copy.watched.book, stage.sheet, stage.copy.row, { buy: false, lots, price: Number(priceOf(at)), fee: 0 }, 'exit');
      stage.ctx.openOrders.tellFilled(order.clientOrderId, lots);
    };
    const book = () =>
      stage.books.takeFills({ account: stage.account, fills: [stage.fill('sell', text, at, { clientOrderId: order.clientOrderId, time: 2 })] });
    return { answer, book };
  };

  it('that holds nothing ends flat', async () => {
    const sold = sell('2', '110');
    sold.answer();
    await sold.book();
    await handOver();
    watch.start();
    await ended();
    expect(await proof()).toMatchObject({ flat: true, handed_over: [] });
    expect(await own()).toEqual([]);
  });

  it.each(['stands', 'was taken back by a wave that is not written'])(
    'wants nothing any more where what was owed to it never filled and %s',
    async (how) => {
      const sold = sell('2', '110');
      sold.answer();
      await sold.book();
      stage.sheet.rows.target[stage.copy.row] = 3_000_000;
      await keepIntent(stage.ctx, stage.books, stage.copy, stage.sheet, NO_INTENT);
      const target = async () => (await stage.copyFacts()).positions[0]?.target;
      expect(await target()).not.toBe(0n);
      if (how !== 'stands') stage.sheet.rows.target[stage.copy.row] = 0;
      await handOver();
      watch.start();
      await ended();
      expect([await target(), await own()]).toEqual([0n, []]);
    },
  );

  it('waits for orders that are not accounted for, and hands over what they left', async () => {
    const sold = sell('0.5', '108');
    await handOver();
    watch.start();
    const waits = async () => {
      await new Promise((resolve) => setTimeout(resolve, 600));
      expect(await state()).toBe('handing_over');
    };
    await waits();
    sold.answer();
    await waits();
    await sold.book();
    stage.setMark('110');
    await ended();
    expect((await proof()).handed_over).toMatchObject([{ size: '1.5' }]);
    expect((await stage.copyFacts()).positions[0]?.realisedPnl).toBe(moneyOf('19'));
  });

  it('is not taken for a deviation: a comparison before its end changes nothing, and one after it leaves the position alone', async () => {
    const { ctx, books } = stage;
    const reconciler = new Reconciler(ctx, books, new FillCollector(ctx, books), lanes);
    stage.venue.states = [stage.state('2', 2_000)];
    await handOver();
    await reconciler.compare(stage.account);
    expect((await stage.copyFacts()).positions[0]?.position).toBe(sizeOf('2'));
    watch.start();
    await ended();
    await reconciler.compare(stage.account);
    expect([(await stage.copyFacts()).positions[0]?.position, await own()]).toEqual([0n, [[STAGE_COIN.coin, sizeOf('2')]]]);
  });

  it.each(['refused', 'answer_lost'] as const)('whose end is %s is neither lost nor handed over twice', async (how) => {
    await handOver();
    stage.failNext(how);
    watch.start();
    if (how === 'refused') await ended();
    else {
      await vi.waitFor(async () => expect(await state()).toBe('stopped'), 10_000);
      // The engine ends itself then; until it does, another look finds the copy stopped already and writes nothing.
      await new Promise((resolve) => setTimeout(resolve, 600));
    }
    expect(await own()).toEqual([[STAGE_COIN.coin, sizeOf('2')]]);
    expect((await stage.copyFacts()).ledger.get('copy:C:realised_pnl')).toBe(-moneyOf('20'));
    await proof();
  });

  it('is found by a restart as one for which nothing is traded', async () => {
    await handOver();
    const found = await stage.storage.scoped(stage.scope, (unit) => runningCopy(unit, stage.copy.id));
    expect(found === null ? null : [copyStateOf(found.state), statusBits(found)]).toEqual(['handing_over', STATUS.handingOver]);
  });

  it('is charged funding for the time before the hand-over alone', async () => {
    await handOver();
    watch.start();
    await ended();
    const heldAt = (atMs: number) =>
      stage.storage.scoped(stage.scope, (unit) => heldByCopies(unit, [{ venueAccountNo: stage.account.no, coin: STAGE_COIN.coin, atMs }]));
    expect(await heldAt(Date.now() + 60_000)).toEqual([]);
    expect((await heldAt(1)).map(({ left }) => left)).toEqual([sizeOf('2')]);
  });

  it('may still be closed until it ended', async () => {
    await handOver();
    expect(await stopBy(stage.ctx, parts, stage.scope, command({ mode: 'close_now' }))).toEqual(applied());
    expect([await state(), CLOSED, stage.sheet.rows.target[stage.copy.row]]).toEqual(['stopping', ['close'], 0]);
    expect((stage.copy.watched.book.copies.status[stage.copy.row] ?? 0) & STATUS.handingOver).toBe(0);
  });

  it.each([STATUS.breaker, STATUS.closing])('is refused while it is being closed', async (bit) => {
    stage.copy.watched.book.setStatus(stage.copy.row, bit, true);
    expect(await handOverCopy(stage.ctx, parts, stage.scope, stage.copy.id)).toMatchObject({ status: 'refused', reason: 'wrong_state' });
  });

  it('whose loss limit is met in the moment of the command is closed first', async () => {
    await handOver();
    beginClosing(stage.copy.watched.book, stage.copy.row);
    stage.setMark('110');
    expect(new HandOvers(stage.ctx, parts).ready(stage.copy)).toBe(false);
    expect(needsRepair(stage.copy.watched.book, stage.sheet)).toBe(true);
  });

  it('that the database refused while a loss limit was met is not kept from closing by the next try', async () => {
    stage.failNext('refused');
    await expect(handOver()).rejects.toThrow('refused');
    beginClosing(stage.copy.watched.book, stage.copy.row);
    expect(await handOver()).toMatchObject({ status: 'refused', detail: 'closing' });
    expect((stage.copy.watched.book.copies.status[stage.copy.row] ?? 0) & STATUS.handingOver).toBe(0);
  });

  it('waits for a mark', async () => {
    stage.forgetMark();
    stage.sheet.mark = 0;
    await handOver();
    expect(new HandOvers(stage.ctx, parts).ready(stage.copy)).toBe(false);
    stage.setMark('111');
    expect(new HandOvers(stage.ctx, parts).ready(stage.copy)).toBe(true);
  });
});

const sizeLots = (text: string): number => Number(text) * 10 ** STAGE_COIN.szDecimals;
