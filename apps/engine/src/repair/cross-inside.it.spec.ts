import { MICRO, MIRROR_EXIT_LEG, packClientOrderId } from '@lockstep/replication';
import { crossesOf } from '@lockstep/storage';
import { sampleFill } from '@lockstep/venues/port/testing/sample-fill';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FillCollector } from '../books/collect-fills';
import type { CopyRecord } from '../state/registry';
import type { StandingStop } from '../stops/standing-stops';
import { type BooksStage, moneyOf, openBooksStage, orderOf, priceOf, sizeOf } from '../testing/books-stage';
import { STAGE_COIN } from '../testing/scripted-venue';
import { holdOf, secondCopy, writtenOf } from '../testing/second-copy';
import { WaveLanes } from '../wave/wave-lanes';
import { InsideCrossing } from './cross-inside';
import { Reconciler } from './reconcile';

const LOTS = 10 ** STAGE_COIN.szDecimals;
const PATIENCE_MS = 300_000;

/** One copy bought 2 at 100, another of the same account sold 1.5 at 110; what they hold is booked. */
describe('two copies of one account', () => {
  let stage: BooksStage;
  let short: CopyRecord;
  let lanes: WaveLanes;
  let inside: InsideCrossing;

  beforeEach(async () => {
    stage = await openBooksStage();
    const { ctx, books } = stage;
    lanes = new WaveLanes(ctx, books, () => undefined);
    // On a slow machine a price stays young and a cross is waited for: neither is what these tests are about.
    const limits = { ...ctx.limits, crossWaitMaxMs: PATIENCE_MS, bookMaxAgeMs: PATIENCE_MS, markMaxAgeMs: PATIENCE_MS };
    inside = new InsideCrossing({ ...ctx, limits }, books, lanes, new FillCollector(ctx, books));
    short = await secondCopy(stage);
    await stage.hold('2', '100');
    await holdOf(stage, short, 'sell', '1.5', '110');
    wants(stage.copy, 2);
    wants(short, -1.5);
    stage.setMark('104');
    ctx.registry.accounts()[0]?.network.quotes.take({ coin: STAGE_COIN.coin, bid: priceOf('103'), ask: priceOf('105'), receivedAt: ctx.clock.now() });
  });
  afterEach(() => stage.close());

  const rowsOf = (copy: CopyRecord) => copy.watched.book.sheet(STAGE_COIN).rows;
  const wants = (copy: CopyRecord, target: number): void => {
    rowsOf(copy).target[copy.row] = target * LOTS * MICRO;
  };
  const cross = () => inside.cross(stage.copy.watched, stage.sheet);
  const lotsOf = (copy: CopyRecord) => rowsOf(copy).position[copy.row];
  const facts = async () => [await writtenOf(stage, stage.copy.id), await writtenOf(stage, short.id)];
  const crosses = () => stage.storage.scoped(stage.scope, (unit) => crossesOf(unit, stage.account.no, 10));
  const before = [
    { position: sizeOf('2'), realised: 0n, ledger: 0n },
    { position: sizeOf('-1.5'), realised: 0n, ledger: 0n },
  ];
  const after = [
    { position: sizeOf('1'), realised: moneyOf('4'), ledger: moneyOf('4') },
    { position: sizeOf('-0.5'), realised: moneyOf('6'), ledger: moneyOf('6') },
  ];

  it('cross what both want at the middle, the same in columns, positions and ledger, once', async () => {
    wants(stage.copy, 1);
    wants(short, 0);
    await cross();
    await cross();
    expect([lotsOf(stage.copy), lotsOf(short)]).toEqual([1 * LOTS, -0.5 * LOTS]);
    expect(await facts()).toEqual(after);
    expect(await crosses()).toMatchObject([{ size: sizeOf('1'), price: priceOf('104'), bid: priceOf('103'), ask: priceOf('105') }]);
    const { copies } = stage.copy.watched.book;
    expect([copies.netPnl[stage.copy.row], short.watched.book.copies.netPnl[short.row]]).toEqual([Number(moneyOf('4')), Number(moneyOf('6'))]);
    expect((await stage.events()).filter((type) => type === 'copy.crossed')).toHaveLength(1);
  });

  it('keep what they have where a cross cannot be written, and cross at the next look', async () => {
    wants(stage.copy, 1);
    wants(short, 0);
    stage.failNext('refused');
    await cross();
    expect([lotsOf(stage.copy), lotsOf(short), await crosses(), stage.ended]).toEqual([2 * LOTS, -1.5 * LOTS, [], []]);
    expect(await facts()).toEqual(before);
    await cross();
    expect(await facts()).toEqual(after);
  });

  it('cross nothing of one whose breaker is not written: a process that died then would know of no exit, and go on with the copy', async () => {
    wants(stage.copy, 0);
    wants(short, 0);
    const tries = vi.spyOn(lanes, 'aloneInAll');
    /** Whatever the database takes. */
    const crossed = async (times: number) => {
      await cross();
      await vi.waitFor(() => expect(tries).toHaveBeenCalledTimes(times), 10_000);
      await Promise.all(tries.mock.results.map(({ value }) => value));
      return (await crosses()).length;
    };
    stage.ctx.unwrittenBreakers.add(stage.copy);
    expect(await crossed(1)).toBe(0);
    stage.ctx.unwrittenBreakers.delete(stage.copy);
    expect(await crossed(2)).toBe(1);
  });

  it('a commit whose answer is lost ends the engine: what stands is read by the next one, nothing is done twice', async () => {
    wants(stage.copy, 1);
    wants(short, 0);
    stage.failNext('answer_lost');
    await cross();
    await cross();
    expect([stage.ended.length, (await crosses()).length, lotsOf(stage.copy)]).toEqual([1, 1, 2 * LOTS]);
    expect(await facts()).toEqual(after);
  });

  it('do not wait for a wave of the other leader: the venue is asked instead', async () => {
    wants(stage.copy, 1);
    wants(short, 0);
    let end: () => void = () => undefined;
    const wave = lanes.alone(short.watched, STAGE_COIN.coin, () => new Promise<void>((resolve) => (end = resolve)));
    await Promise.resolve();
    await cross();
    expect(await crosses()).toEqual([]);
    end();
    await wave;
    await lanes.idle();
    await cross();
    expect(await crosses()).toHaveLength(1);
  });

  it('book what filled before they cross, read from the venue where it is not', async () => {
    const bought = sampleFill({
      coin: STAGE_COIN.coin,
      size: sizeOf('1'),
      price: priceOf('102'),
      tradeId: '77',
      clientOrderId: orderOf(stage.copy.no, 2),
    });
    stage.open(2, { buy: true, lots: LOTS, filledLots: LOTS });
    rowsOf(stage.copy).position[stage.copy.row] = 3 * LOTS;
    wants(stage.copy, 2);
    wants(short, 0);
    // Its fill is not to be had yet: the venue is asked for what both want.
    await cross();
    expect(await crosses()).toEqual([]);
    stage.venue.fills = [bought];
    await cross();
    // One of three at an average of 100 2/3, less the fee of the fill.
    expect([await crosses(), await facts()]).toMatchObject([[{ price: priceOf('104') }], [{ realised: moneyOf('3.33333334') }, after[1]]]);
  });

  it('do not cross while an order of either has no outcome', async () => {
    stage.open(2, { buy: true, lots: LOTS });
    wants(stage.copy, 1);
    wants(short, 0);
    await cross();
    expect(await crosses()).toEqual([]);
  });

  const stop = {
    instrument: STAGE_COIN,
    buy: false,
    size: sizeOf('2'),
    price: priceOf('80'),
    trigger: priceOf('90'),
    mirror: null,
    state: 'standing',
    end: null,
    filledLots: null,
    bookedLots: 0,
    toldLots: 0,
  };
  const atVenue = (kind: 'open' | 'closed', filled: string): void => {
    const remaining = sizeOf(String(2 - Number(filled)));
    const about = { orderId: '9', original: sizeOf('2'), remaining };
    stage.venue.standing = kind === 'open' ? { kind, ...about } : { kind, ...about, status: 'filled', statusTime: 1 };
  };
  const stand = (part: Partial<StandingStop> = {}): StandingStop => {
    const copyNo = stage.copy.no;
    const standing = { ...stop, clientOrderId: orderOf(copyNo, 9), account: stage.account, copyNo, askAt: 1_000, ...part } as StandingStop;
    stage.ctx.standingStops.add(standing);
    return standing;
  };

  /** Does something once the venue was asked about a standing order. */
  const behindQuestion = (happens: () => void): void => {
    const { truth } = stage.venue;
    const { orderStatus } = truth;
    Object.assign(truth, {
      orderStatus: (...question: Parameters<typeof orderStatus>) => {
        happens();
        return orderStatus(...question);
      },
    });
  };

  describe('beside a protective stop of the one that closes', () => {
    beforeEach(() => {
      wants(stage.copy, 0);
      wants(short, 0);
    });

    it('cross while it stands', async () => {
      stand();
      atVenue('open', '0');
      await cross();
      expect([lotsOf(stage.copy), lotsOf(short)]).toEqual([0.5 * LOTS, 0]);
    });

    it('do not while the venue says it was filled and nobody told: what it closed would be closed twice', async () => {
      const standing = stand();
      atVenue('closed', '2');
      await cross();
      expect([lotsOf(stage.copy), lotsOf(short), await crosses()]).toEqual([2 * LOTS, -1.5 * LOTS, []]);
      // What became of it is asked at once.
      expect(standing.askAt).toBe(0);
    });

    it('do not where the mark comes to its trigger behind the question', async () => {
      stand();
      atVenue('open', '0');
      behindQuestion(() => stage.setMark('89'));
      await cross();
      expect(await crosses()).toEqual([]);
    });

    it('do not where it ended with fills that are not booked', async () => {
      const standing = stand({ end: { status: 'filled', why: 'triggered' }, filledLots: 2 * LOTS });
      await cross();
      expect(await crosses()).toEqual([]);
      standing.bookedLots = 2 * LOTS;
      await cross();
      expect(await crosses()).toHaveLength(1);
    });

    it('ask about none in another instrument', async () => {
      stand({ instrument: { ...STAGE_COIN, coin: 'BTC' } });
      atVenue('closed', '2');
      await cross();
      expect(await crosses()).toHaveLength(1);
    });
  });

  // A copy that mirrors has its account for itself; of one that does so no more a mirror may stand until it is cancelled, and another copy joins meanwhile.
  describe('beside mirrors from before they shared the account', () => {
    const takesOff = { leaderOrderId: 'a', basis: 2 * LOTS, reduceOnly: true, trigger: null, owed: 0 };
    const mirrorOf = (copyNo: number) => packClientOrderId({ instance: 1, wave: 9, copyNo, leg: MIRROR_EXIT_LEG, attempt: 0 });
    /** The first copy's, of an order that closes what its leader holds. */
    const mirror = (part: Partial<StandingStop> = {}): StandingStop =>
      stand({ clientOrderId: mirrorOf(stage.copy.no), price: priceOf('110'), trigger: null, mirror: takesOff, ...part });
    const ofShort = (): StandingStop => mirror({ clientOrderId: mirrorOf(short.no), copyNo: short.no, buy: true, price: priceOf('95') });
    const told = (size: string) =>
      stage.books.takeFills({
        account: stage.account,
        fills: [
          sampleFill({
            coin: STAGE_COIN.coin,
            side: 'sell',
            size: sizeOf(size),
            price: priceOf('110'),
            tradeId: '99',
            clientOrderId: mirrorOf(stage.copy.no),
          }),
        ],
      });

    beforeEach(() => {
      wants(stage.copy, 0);
      wants(short, 0);
    });

    it('cross while they stand', async () => {
      mirror();
      ofShort();
      atVenue('open', '0');
      await cross();
      expect([lotsOf(stage.copy), lotsOf(short)]).toEqual([0.5 * LOTS, 0]);
    });

    it('do not while the venue says one was filled and nobody told: its copy would come to hold the other side', async () => {
      const standing = mirror();
      atVenue('closed', '2');
      await cross();
      expect(standing.askAt).toBe(0);
      await told('2');
      expect([lotsOf(stage.copy), lotsOf(short), await crosses()]).toEqual([0, -1.5 * LOTS, []]);
    });

    it('do not while one of the other copy may have filled', async () => {
      ofShort();
      atVenue('open', '1');
      await cross();
      expect(await crosses()).toEqual([]);
    });

    it('cross what one left, once its fill is booked', async () => {
      mirror();
      atVenue('open', '1');
      await cross();
      expect(await crosses()).toEqual([]);
      await told('1');
      await cross();
      expect([lotsOf(stage.copy), lotsOf(short)]).toEqual([0, -0.5 * LOTS]);
    });

    it('do not where the market comes to one behind the question', async () => {
      mirror();
      atVenue('open', '0');
      behindQuestion(() => stage.setMark('111'));
      await cross();
      expect(await crosses()).toEqual([]);
    });

    it('do not where one ended with fills that are not booked, and do where it ended without any', async () => {
      const standing = mirror({ end: { status: 'filled', why: 'filled' }, filledLots: 2 * LOTS });
      await cross();
      expect(await crosses()).toEqual([]);
      standing.filledLots = 0;
      await cross();
      expect(await crosses()).toHaveLength(1);
    });
  });

  it('enter nothing behind a leader of whom it is told that he leaves', async () => {
    await holdOf(stage, short, 'buy', '4.5', '110', 2);
    const { watched, row } = stage.copy;
    wants(stage.copy, 3);
    wants(short, 2);
    const { owedPrice, owedUntil } = rowsOf(stage.copy);
    owedPrice[row] = Number(priceOf('105'));
    owedUntil[row] = stage.ctx.clock.now() + 60_000;
    watched.leaving.set(STAGE_COIN.coin, 1);
    await cross();
    expect([lotsOf(stage.copy), await crosses()]).toEqual([2 * LOTS, []]);
    watched.leaving.delete(STAGE_COIN.coin);
    short.watched.leaving.set(STAGE_COIN.coin, 1);
    await cross();
    // What the other closes is no reason to wait.
    expect([lotsOf(stage.copy), lotsOf(short)]).toEqual([3 * LOTS, 2 * LOTS]);
  });

  it('enter nothing once a pause was answered of which no wake-up told', async () => {
    await holdOf(stage, short, 'buy', '4.5', '110', 2);
    const { watched, row, id: targetId } = stage.copy;
    wants(stage.copy, 3);
    wants(short, 2);
    const { owedPrice, owedUntil } = rowsOf(stage.copy);
    owedPrice[row] = Number(priceOf('105'));
    owedUntil[row] = stage.ctx.clock.now() + 60_000;
    await stage.app.scoped(stage.scope, (unit) => unit.commands.append({ kind: 'copy.pause', targetId, payload: {}, actor: 'test' }));
    await cross();
    expect([lotsOf(stage.copy), await crosses()]).toEqual([2 * LOTS, []]);
    // Without it they cross.
    const { ctx } = stage;
    ctx.wishes.noteRead(stage.scope, 1_000n);
    ctx.wishes.confirmed(stage.scope, ctx.wishes.announcements);
    expect(watched.book.copies.status[row]).toBe(short.watched.book.copies.status[short.row]);
    await cross();
    expect([lotsOf(stage.copy), lotsOf(short)]).toEqual([3 * LOTS, 2 * LOTS]);
  });

  it('are both reduced by one close of the follower, pro rata and each with its own profit', async () => {
    const { ctx, books } = stage;
    const reconciler = new Reconciler(ctx, books, new FillCollector(ctx, books), lanes);
    await holdOf(stage, short, 'buy', '4.5', '110', 2);
    // Now both are long: 2 bought at 100, and 3 at 110.
    expect([lotsOf(stage.copy), lotsOf(short)]).toEqual([2 * LOTS, 3 * LOTS]);
    stage.venue.states = [stage.state('1', 2_000)];
    await reconciler.compare(stage.account);
    expect(await facts()).toEqual([
      { position: sizeOf('0.4'), realised: moneyOf('6.4'), ledger: moneyOf('6.4') },
      { position: sizeOf('0.6'), realised: moneyOf('-14.4'), ledger: moneyOf('-14.4') },
    ]);
    expect([lotsOf(stage.copy), lotsOf(short), stage.account.own.get(STAGE_COIN.coin) ?? 0]).toEqual([0.4 * LOTS, 0.6 * LOTS, 0]);
  });

  it('are not taken for each other’s counterpart: a net that both explain changes nothing', async () => {
    const { ctx, books } = stage;
    const reconciler = new Reconciler(ctx, books, new FillCollector(ctx, books), lanes);
    stage.venue.states = [stage.state('0.5', 2_000)];
    await reconciler.compare(stage.account);
    expect(await facts()).toEqual(before);
    // One more bought by the follower is beside them, not of the short.
    stage.venue.states = [stage.state('2.5', 3_000)];
    await reconciler.compare(stage.account);
    expect(await facts()).toEqual([before[0], { position: 0n, realised: moneyOf('9'), ledger: moneyOf('9') }]);
    expect(stage.account.own.get(STAGE_COIN.coin)).toBe(0.5 * LOTS);
  });
});
