import { beginClosing, EPISODE, MICRO, needsRepair } from '@lockstep/replication';
import { heldByCopies, loadOwnPositions, loadPositionStates } from '@lockstep/storage';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OwnTradeCounter } from '../repair/count-own-trades';
import { Differences } from '../repair/differences';
import { ForeignCloses } from '../repair/foreign-closes';
import { Reconciler } from '../repair/reconcile';
import { restorePositions } from '../state/load-book';
import { type BooksStage, moneyOf, openBooksStage, sizeOf } from '../testing/books-stage';
import { STAGE_COIN } from '../testing/scripted-venue';
import { WaveLanes } from '../wave/wave-lanes';
import { FillCollector } from './collect-fills';

/** A copy that holds 2 bought at 100, booked; the follower closes against it. */
describe('what a follower closes against a copy', () => {
  let stage: BooksStage;
  let reconciler: Reconciler;
  let counter: OwnTradeCounter;

  beforeEach(async () => {
    stage = await openBooksStage();
    const { ctx, books } = stage;
    const collector = new FillCollector(ctx, books);
    const lanes = new WaveLanes(ctx, books, () => undefined);
    reconciler = new Reconciler(ctx, books, collector, lanes);
    counter = new OwnTradeCounter(ctx, lanes, new Differences(ctx, books, new ForeignCloses(ctx, books, lanes)));
    await stage.hold('2', '100');
  });
  afterEach(() => stage.close());

  /** The follower sold at the venue; the venue tells fills and state of that moment. */
  const sold = (parts: readonly (readonly [size: string, price: string])[], left: string): void => {
    stage.venue.fills = parts.map(([size, at], index) => stage.fill('sell', size, at, { time: 1_000 + index }));
    stage.venue.states = [stage.state(left, 2_000)];
  };
  const realised = async () => {
    const facts = await stage.copyFacts();
    const { rows } = stage.sheet;
    return {
      ledger: -(facts.ledger.get('copy:C:realised_pnl') ?? 0n),
      written: facts.positions[0]?.realisedPnl,
      position: facts.positions[0]?.position,
      columns: rows.realised[stage.copy.row],
      equity: stage.copy.watched.book.copies.netPnl[stage.copy.row],
      lots: rows.position[stage.copy.row],
    };
  };
  const all = (gain: string, left: string, lots: number) => {
    const amount = moneyOf(gain);
    return { ledger: amount, written: amount, position: sizeOf(left), columns: Number(amount), equity: Number(amount), lots };
  };

  it.each<[string, readonly (readonly [string, string])[], string, string, string]>([
    ['at the price of the trade', [['2', '90']], '0', '100', '-20'],
    [
      'at the average of several trades',
      [
        ['0.5', '90'],
        ['1.5', '94'],
      ],
      '0',
      '100',
      '-14',
    ],
    ['in part', [['1', '130']], '1', '100', '30'],
    ['at the mark where no trade is at hand', [], '0', '105', '10'],
  ])('is booked %s, the same in columns, positions and ledger', async (_what, trades, left, mark, gain) => {
    stage.setMark(mark);
    sold(trades, left);
    await reconciler.compare(stage.account);
    expect(await realised()).toEqual(all(gain, left, Number(left) * 10 ** STAGE_COIN.szDecimals));
    expect((await stage.copyFacts()).positions[0]?.userClosed).toBe(true);
  });

  it('is closed as of its trades where funding is shared, however late it is counted, also where they left a position of the follower’s own', async () => {
    const { ctx, account, scope } = stage;
    sold(
      [
        ['0.5', '90'],
        ['2.5', '94'],
      ],
      '-1',
    );
    await reconciler.compare(account);
    const moments = [1_000, 1_001, 1_002].map((atMs) => ({ venueAccountNo: account.no, coin: STAGE_COIN.coin, atMs }));
    const held = await ctx.storage.scoped(scope, (unit) => heldByCopies(unit, moments));
    expect(held.map(({ moment, quantity }) => [moment, quantity])).toEqual([
      [0, sizeOf('2')],
      [1, sizeOf('1.5')],
    ]);
  });

  describe('of an instrument that the venue delists is its settlement', () => {
    const delist = () => expect(stage.copy.watched.book.relist({ ...STAGE_COIN, delisted: true })).toBe(true);
    const ends = async () => {
      const read = await stage.storage.scoped(stage.scope, async (unit) => {
        const head = await unit.events.head();
        return head === null ? [] : unit.events.after({ epoch: head.epoch, seq: 0n }, 10_000);
      });
      return read.filter(({ type }) => type === 'position.changed').flatMap(({ data }) => /"ended_by":"(\w+)"/.exec(data)?.[1] ?? []);
    };
    const kept = async () => (await stage.copyFacts()).positions[0]?.userClosed;
    const settled = (): void => {
      stage.setMark('100');
      sold([['2', '90']], '0');
    };

    it('known by then, it is told as that and keeps nobody out', async () => {
      delist();
      settled();
      await reconciler.compare(stage.account);
      expect(await realised()).toEqual(all('-20', '0', 0));
      expect([await kept(), await ends()]).toEqual([false, ['delisting']]);
    });

    it('learnt only afterwards, it is told anew, once', async () => {
      settled();
      await reconciler.compare(stage.account);
      expect([await kept(), await ends()]).toEqual([true, ['user']]);
      delist();
      // The fills are read anew before.
      stage.failNext('committed', 'refused');
      await expect(reconciler.compare(stage.account)).rejects.toThrow('refused');
      expect([await kept(), (stage.sheet.rows.episode[stage.copy.row] ?? 0) & EPISODE.userClosed]).toEqual([true, EPISODE.userClosed]);
      for (let again = 0; again < 2; again += 1) await reconciler.compare(stage.account);
      expect([await kept(), await ends(), await realised()]).toEqual([false, ['user', 'delisting'], all('-20', '0', 0)]);
      expect((stage.sheet.rows.episode[stage.copy.row] ?? 0) & EPISODE.userClosed).toBe(0);
    });

    it('what a follower closed long before is the follower’s', async () => {
      settled();
      await reconciler.compare(stage.account);
      const later = Date.now() + 3 * stage.ctx.limits.marketsEveryMs;
      const now = vi.spyOn(stage.ctx.clock, 'now').mockReturnValue(later);
      delist();
      await reconciler.compare(stage.account);
      now.mockRestore();
      expect([await kept(), await ends()]).toEqual([true, ['user']]);
    });
  });

  it('is known although another dex cannot be read; there nothing counts as closed, and no new risk is taken until it is read', async () => {
    const other = stage.copy.watched.book.sheet({ ...STAGE_COIN, coin: 'xyz:NVDA', dex: 'xyz' });
    other.rows.position[stage.copy.row] = 5;
    stage.setMark('100');
    sold([['2', '90']], '0');
    expect(await reconciler.compare(stage.account)).toBe(true);
    expect(await realised()).toMatchObject({ ledger: moneyOf('-20'), lots: 0 });
    expect([other.rows.position[stage.copy.row], stage.account.truthStale]).toEqual([5, true]);
    stage.venue.states = [stage.state('0', 3_000), { ...stage.state('0', 3_000), dex: 'xyz' }];
    await reconciler.compare(stage.account);
    expect(stage.account.truthStale).toBe(false);
  });

  /** A process that starts knows what is written. */
  const startAnew = async (): Promise<void> => {
    const { ctx, copy, scope, sheet } = stage;
    sheet.rows.beside[copy.row] = 0;
    const [states, owns] = await stage.storage.scoped(scope, async (unit) => [await loadPositionStates(unit), await loadOwnPositions(unit)] as const);
    restorePositions(ctx, states, owns);
  };

  it.each<[string, 'buy' | 'sell', string, number, number]>([
    ['beyond it', 'sell', '5', 0, -30_000],
    ['beside it, which closes nothing', 'buy', '3', 20_000, 30_000],
  ])('leaves what is the follower’s own %s, written with it as soon as the trade is counted', async (_what, side, size, lots, own) => {
    const { books, account, sheet, copy } = stage;
    stage.setMark('100');
    sold([], '2');
    await reconciler.compare(account);
    await books.takeFills({ account, fills: [stage.fill(side, size, '90', { time: 3_000 })] });
    await counter.count(account);
    // The process dies before any comparison wrote what the account holds.
    await startAnew();
    expect([sheet.rows.position[copy.row], sheet.rows.beside[copy.row]]).toEqual([lots, own]);
  });

  it.each([
    ['partly against it', '-1.5', '0.5'],
    ['as large as the copy, so that the venue lists nothing', '-2', '0'],
  ])('is not what the follower held beside it before a restart: %s', async (_what, own, net) => {
    const { copy, sheet } = stage;
    sheet.rows.beside[copy.row] = Number(own) * 10 ** STAGE_COIN.szDecimals;
    stage.venue.states = net === '0' ? [{ ...stage.state('1', 2_000), positions: [] }] : [stage.state(net, 2_000)];
    await reconciler.compare(stage.account);
    await startAnew();
    expect(sheet.rows.beside[copy.row]).toBe(Number(own) * 10 ** STAGE_COIN.szDecimals);
    await reconciler.compare(stage.account);
    expect(await realised()).toEqual(all('0', '2', 20_000));
    expect((await stage.copyFacts()).positions[0]?.userClosed).toBe(false);
  });

  it('waits for a price when none is known, not even a mark', async () => {
    stage.forgetMark();
    sold([], '0');
    await reconciler.compare(stage.account);
    expect(await realised()).toEqual(all('0', '2', 20_000));
    stage.setMark('95');
    await reconciler.compare(stage.account);
    expect(await realised()).toEqual(all('-10', '0', 0));
  });

  it('that could not be written gives a copy no target again that is stopped meanwhile', async () => {
    const { ctx, books, account, copy, scope, sheet } = stage;
    sheet.rows.target[copy.row] = 20_000 * MICRO;
    stage.setMark('90');
    const closes = new ForeignCloses(ctx, books, { alone: async (_watched, _coin, work) => work() });
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const busy = books.run(scope, () => held);
    const counted = new Differences(ctx, books, closes).take(account, STAGE_COIN, () => ({ netLots: 0, foreignTrades: null, unresolved: false }));
    expect(sheet.rows.position[copy.row]).toBe(0);
    beginClosing(copy.watched.book, copy.row);
    stage.failNext('refused');
    release();
    await busy;
    await expect(counted).rejects.toThrow('refused');
    expect([sheet.rows.position[copy.row], sheet.rows.target[copy.row], needsRepair(copy.watched.book, sheet)]).toEqual([20_000, 0, true]);
  });

  it('that could not be written is found again and booked once', async () => {
    sold([['2', '90']], '0');
    stage.failNext('committed', 'refused');
    await expect(reconciler.compare(stage.account)).rejects.toThrow('refused');
    expect(await realised()).toEqual(all('0', '2', 20_000));
    expect(stage.sheet.rows.episode[stage.copy.row]).toBe(0);
    await reconciler.compare(stage.account);
    expect(await realised()).toEqual(all('-20', '0', 0));
  });
});
