import { RATE_ONE, rate } from '@lockstep/kernel';
import { MICRO, needsRepair, revalue } from '@lockstep/replication';
import { defaultCopySettings } from '@lockstep/roster';
import { standingOrders } from '@lockstep/storage';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FillCollector } from '../books/collect-fills';
import { takeOver } from '../commands/activate-account';
import { applied, type CommandParts } from '../commands/command-end';
import { closeLeader } from '../commands/stop-copy';
import type { WatchedAccount } from '../state/registry';
import { StandingStops } from '../stops/standing-stops';
import { StopKeeper } from '../stops/stop-keeper';
import { type BooksStage, openBooksStage, priceOf, sizeOf } from '../testing/books-stage';
import { ScriptedStops } from '../testing/scripted-stops';
import { STAGE_COIN } from '../testing/scripted-venue';
import { secondCopy } from '../testing/second-copy';
import { MirrorKeeper } from './mirror-keeper';
import { refreshMirrorOf } from './mirror-totals';

/** The leader's limit buys of one unit stand at these prices, and a copy holds as much as he does. */
const PRICES = ['90', '80'] as const;
const PLACED = ['buy 1 at 90', 'buy 1 at 80'];
const RETRY_MS = 300;
/** For less than an action takes to land at the latest. */
const SOON_MS = 3_000;

describe('mirrors of a copy', () => {
  let stage: BooksStage;
  let venue: ScriptedStops;
  let stops: StopKeeper;
  let mirrors: MirrorKeeper;

  beforeEach(async () => {
    stage = await openBooksStage();
    const paces = { unknownIntervalMs: 0, mirrorVerifyMs: 0, stopActionsPerSecond: 1_000_000, mirrorCancelRetryMs: RETRY_MS };
    Object.assign(stage.ctx, { limits: { ...stage.ctx.limits, ...paces }, standingStops: new StandingStops(PRICES.length) });
    const { ctx, books } = stage;
    venue = new ScriptedStops(stage.venue);
    setPolicy('orders');
    ctx.standingStops.onMirrored = (stop) => refreshMirrorOf(ctx, stop);
    stops = new StopKeeper(ctx, books, new FillCollector(ctx, books));
    mirrors = new MirrorKeeper(ctx, books, { alone: (_watched, _coin, work) => work() }, stops, () => undefined);
    list(...PRICES);
    await until(() => expect([...venue.standingNow].sort()).toEqual([...PLACED].sort()));
    await until(() => expect([...ctx.standingStops.mirrors()].map(({ state }) => state)).toEqual(['standing', 'standing']));
  });
  afterEach(async () => {
    await stops.stop();
    await stage.close();
  });

  const setPolicy = (policy: 'orders' | 'positions'): void => {
    const { copy } = stage;
    copy.settings = { ...defaultCopySettings(), policy, mode: { kind: 'fixed_ratio', ratio: rate(RATE_ONE) } };
    copy.watched.book.setSettings(copy.row, copy.settings, 1);
  };
  const list = (...prices: readonly string[]): void => {
    const terms = { coin: STAGE_COIN.coin, buy: true, reduceOnly: false, trigger: null, ofPosition: false, original: 10_000, remaining: 10_000 };
    const orders = prices.map((text) => ({ ...terms, orderId: `o${text}`, price: Number(priceOf(text)) }));
    stage.copy.watched.working.takeList('', orders, () => true, stage.ctx.clock.now());
  };
  const look = async (): Promise<void> => {
    const { copy, ctx } = stage;
    stage.setMark('100');
    copy.watched.book.setMark(STAGE_COIN.coin, priceOf('100'), ctx.clock.now());
    revalue(copy.watched.book, Math.floor(ctx.clock.now()), ctx.limits.markMaxAgeMs);
    mirrors.look();
    stops.look();
    await stops.stop();
  };
  const until = (holds: () => unknown) =>
    vi.waitFor(
      async () => {
        await look();
        await holds();
      },
      { timeout: 10_000, interval: 10 },
    );
  /** Nothing stands, here, at the venue or in the books. */
  const gone = () =>
    until(async () => {
      const rows = await stage.storage.scoped(stage.scope, standingOrders);
      expect([venue.standingNow, stage.ctx.standingStops.size, rows]).toEqual([[], 0, []]);
    });

  it('whose cancel the venue refuses are cancelled again, each time after twice as long', async () => {
    const at: number[] = [];
    venue.onArrival = async () => void at.push(performance.now());
    venue.ends.push('refused', 'refused');
    list();
    await gone();
    const [first = 0, second = 0, third = 0, ...more] = at;
    // Clocks of different origins may disagree by a little.
    expect([second - first >= RETRY_MS - 5, third - second >= 2 * RETRY_MS - 5, more]).toEqual([true, true, []]);
  });

  it('whose cancel was refused for an agent that is gone are cancelled by the next one at once', async () => {
    const { ctx, account } = stage;
    venue.ends.push('refused');
    list();
    await look();
    // As after many refusals.
    for (const stop of ctx.standingStops.all()) stop.cancelAt = ctx.clock.now() + 60_000;
    await takeOver(ctx, account, account.agentAddress, account.signer);
    await gone();
  });

  it.each(['lost', 'late'] as const)('whose cancel is %s are cancelled again once the venue says that they stand', async (end) => {
    const at: number[] = [];
    venue.onArrival = async () => void at.push(performance.now());
    venue.ends.push(end);
    list();
    await gone();
    const [first = 0, second = 0, ...more] = at;
    expect([second - first < SOON_MS, more]).toEqual([true, []]);
    venue.landLate();
    await look();
    expect(venue.standingNow).toEqual([]);
  });

  it('of which one action was lost are all settled once its nonce is void', async () => {
    const { standingStops } = stage.ctx;
    Object.assign(standingStops, { stopsMax: 9 });
    venue.ends.push('lost');
    const from = performance.now();
    list('70', '60');
    await until(() => expect([...standingStops.mirrors()].filter(({ state }) => state === 'sent')).toHaveLength(2));
    // As old as one may be that was on its way, and younger than what the venue shows late.
    for (const stop of standingStops.all()) stop.leftBy -= SOON_MS;
    await until(() => expect([...venue.standingNow].sort()).toEqual(['buy 1 at 60', 'buy 1 at 70']));
    expect(performance.now() - from).toBeLessThan(SOON_MS);
  });

  it('are cancelled where no more orders may stand', async () => {
    expect(stage.ctx.standingStops.isFull).toBe(true);
    list();
    await gone();
  });

  it.each<[string, () => Promise<unknown>]>([
    ['mirrors no more', async () => setPolicy('positions')],
    [
      'is closed with its leader',
      async () => {
        const { ctx, books, copy, scope } = stage;
        copy.watched.leaders.add(copy.group.leaderId);
        const watch = { unwatch: ({ working }: WatchedAccount) => working.lose() };
        const parts = { books, watch, repairs: { close: async () => undefined } } as unknown as CommandParts;
        expect(await closeLeader(ctx, parts, scope, copy.group.leaderId, Promise.resolve())).toEqual(applied({ copies: 1 }));
      },
    ],
  ])('of one that %s end although the leader’s orders are known no more, and what was filled ahead is closed', async (_what, ends) => {
    const { copy, ctx, sheet } = stage;
    venue.fillPart(0, sizeOf('0.5'), 10_000);
    await until(() => expect([sheet.rows.position[copy.row], sheet.rows.aheadBuy[copy.row]]).toEqual([5_000, 5_000 * MICRO]));
    await ends();
    copy.watched.working.lose();
    await gone();
    await until(() => expect(sheet.rows.aheadBuy[copy.row]).toBe(0));
    expect([sheet.rows.target[copy.row], needsRepair(copy.watched.book, sheet)]).toEqual([0, true]);
    expect(ctx.booked.newestIntent(copy.no, STAGE_COIN.coin)).toMatchObject({ targetMicro: 0, aheadBuy: 0 });
  });

  it.each([
    ['', false],
    [', and the leader out of sight since', true],
  ])('do not leave for an order that went while they were written down%s, and the others do', async (_since, isLost) => {
    Object.assign(stage.ctx.standingStops, { stopsMax: 9 });
    list(...PRICES, '70', '60');
    const { copy, ctx } = stage;
    stage.setMark('100');
    copy.watched.book.setMark(STAGE_COIN.coin, priceOf('100'), ctx.clock.now());
    revalue(copy.watched.book, Math.floor(ctx.clock.now()), ctx.limits.markMaxAgeMs);
    mirrors.look();
    list(...PRICES, '60');
    if (isLost) copy.watched.working.lose();
    await stops.stop();
    if (isLost) list(...PRICES, '60');
    expect(venue.asked.filter((words) => words.includes('at 70'))).toEqual([]);
    expect([...venue.standingNow].sort()).toEqual(['buy 1 at 60', ...PLACED].sort());
    await until(() => expect([...ctx.standingStops.mirrors()].map(({ mirror }) => mirror?.leaderOrderId).sort()).toEqual(['o60', 'o80', 'o90']));
  });

  it.each([
    ['copy.pause', 'copy'],
    ['leader.pause', 'leader'],
  ] as const)('that enter do not leave where a %s was committed before them that nothing told of yet', async (kind, target) => {
    Object.assign(stage.ctx.standingStops, { stopsMax: 9 });
    const { app, scope, copy } = stage;
    const targetId = target === 'copy' ? copy.id : copy.group.leaderId;
    await app.scoped(scope, (unit) => unit.commands.append({ kind, targetId, payload: {}, actor: 'test' }));
    list(...PRICES, '70');
    await look();
    expect(venue.asked.filter((words) => words.includes('at 70'))).toEqual([]);
  });

  it.each([
    ['as it comes', false],
    ['behind what runs in the lane', true],
  ])('of an order that went leave what all copies hold ahead of it to one look, whose turn is %s', async (_when, isLater) => {
    const { ctx, books, copy, sheet } = stage;
    const other = await secondCopy(stage, copy.watched);
    other.settings = copy.settings;
    other.watched.book.setSettings(other.row, other.settings, 1);
    const turns: (() => Promise<void>)[] = [];
    const alone = (_watched: WatchedAccount, _coin: string, work: () => Promise<void>): Promise<void> =>
      isLater ? new Promise((resolve, reject) => void turns.push(() => work().then(resolve, reject))) : work();
    const keeper = new MirrorKeeper(ctx, books, { alone }, stops, () => undefined);
    list();
    const rows = [copy.row, other.row];
    for (const row of rows) sheet.rows.aheadBuy[row] = 5_000 * MICRO;
    const handed = vi.spyOn(ctx.booked, 'hand');
    for (let again = 0; again < (isLater ? 3 : 1); again += 1) keeper.look();
    expect(turns).toHaveLength(isLater ? 1 : 0);
    await Promise.all(turns.map((turn) => turn()));
    expect(rows.map((row) => sheet.rows.aheadBuy[row])).toEqual([0, 0]);
    await vi.waitFor(() =>
      expect(handed.mock.calls.map(([no, coin, { aheadBuy }]) => [no, coin, aheadBuy])).toEqual(
        [copy, other].map(({ no }) => [no, STAGE_COIN.coin, 0]),
      ),
    );
  });

  it('leave nothing to remember once their copy is gone', async () => {
    expect(mirrors.remembered).toBeGreaterThan(0);
    stage.copy.watched.working.lose();
    await look();
    stage.ctx.registry.dropCopy(stage.copy.no);
    stage.ctx.registry.watched.delete(stage.copy.watched.no);
    // One look meets what is not there, the next forgets what none met.
    for (let again = 0; again < 2; again += 1) mirrors.look();
    expect(mirrors.remembered).toBe(0);
  });
});
