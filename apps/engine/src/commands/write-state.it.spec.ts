import { present, RATE_ONE, rate } from '@lockstep/kernel';
import { EPISODE, needsRepair, STATUS } from '@lockstep/replication';
import { defaultCopySettings, encodeCopySettings } from '@lockstep/roster';
import { type CommandRow, loadOwnPositions, loadPositionStates } from '@lockstep/storage';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventTeller } from '../books/tell-events';
import { Breakers } from '../breakers';
import type { Repairs } from '../repair/repair';
import { StopSwitches } from '../stop-switches';
import { type BooksStage, moneyOf, openBooksStage, priceOf, sizeOf } from '../testing/books-stage';
import { commandParts } from '../testing/command-parts';
import { STAGE_COIN } from '../testing/scripted-venue';
import { activateCopy } from './activate-copy';
import { pauseCopy, reEnableCopy, resumeCopy } from './change-copy';
import { applied, type CommandEnd, type CommandParts, type LaterEnd } from './command-end';
import { Commands } from './commands';
import { closeAllOf, StopWatch, stopCopy } from './stop-copy';

const repairs = { close: async () => undefined } as unknown as Repairs;

describe('a change of a copy’s state', () => {
  let stage: BooksStage;
  let parts: CommandParts;
  let command: CommandRow;

  beforeEach(async () => {
    stage = await openBooksStage();
    const { copy } = stage;
    const lanes = { alone: async (_watched: unknown, _coin: string, work: () => Promise<void>) => work() };
    parts = commandParts(stage, { lanes, repairs });
    command = { no: 1n, kind: 'copy.re_enable', targetId: copy.id, createdAt: stage.ctx.clock.now(), begunAt: null } as unknown as CommandRow;
  });
  afterEach(() => stage.close());

  const written = async () => (await stage.copyFacts()).copy?.state;
  const takesRisk = () => stage.copy.watched.book.takesRisk(stage.copy.row, stage.ctx.clock.now());
  const run: Readonly<Record<string, () => Promise<CommandEnd | LaterEnd>>> = {
    pause: () => pauseCopy(stage.ctx, parts, command),
    resume: () => resumeCopy(stage.ctx, parts, command),
    're-enable': () => reEnableCopy(stage.ctx, parts, command),
    stop: () => stopCopy(stage.ctx, parts, stage.scope, stage.copy.id, 'stop_close_now'),
  };
  /** Puts the copy into a state as a start finds it. */
  const begin = async (state: string, bits: number) => {
    await stage.storage.scoped(stage.scope, (unit) => unit.copies.update({ id: stage.copy.id }, { state: state as 'active' }));
    stage.copy.state = state;
    stage.copy.watched.book.setStatus(stage.copy.row, STATUS.active, state === 'active' || state === 'paused');
    stage.copy.watched.book.setStatus(stage.copy.row, bits, true);
  };

  it.each<[string, string, number, string, { readonly before: boolean; readonly after: boolean }]>([
    ['pause', 'active', 0, 'paused', { before: false, after: false }],
    ['stop', 'active', 0, 'stopping', { before: false, after: false }],
    ['resume', 'paused', STATUS.paused, 'active', { before: false, after: true }],
    ['re-enable', 'breaker_closed', STATUS.breaker | STATUS.paused, 'active', { before: false, after: true }],
  ])('(%s of a copy that is %s) whose write is refused is made again as it stands', async (what, from, bits, to, risk) => {
    await begin(from, bits);
    stage.failNext('refused');
    await expect(run[what]?.()).rejects.toThrow('refused');
    expect([await written(), stage.copy.state, takesRisk()]).toEqual([from, from, risk.before]);
    expect(await run[what]?.()).toEqual(applied());
    expect([await written(), stage.copy.state, takesRisk()]).toEqual([to, to, risk.after]);
    // A process that died before the command was recorded carries it out once more.
    expect(await run[what]?.()).toEqual(applied());
    expect(await stage.events()).toEqual(['copy.state_changed']);
  });

  it('that comes from a state another change left is not written', async () => {
    await stage.storage.scoped(stage.scope, (unit) => unit.copies.update({ id: stage.copy.id }, { state: 'stopping' }));
    await expect(run['pause']?.()).rejects.toThrow('no longer active');
    expect([await written(), await stage.events()]).toEqual(['stopping', []]);
  });

  it('to active finds the kill switch that stood before it', async () => {
    await begin('preparing', 0);
    stage.ctx.registry.dropCopy(stage.copy.no);
    stage.venue.states = [stage.state('0', 1)];
    await stage.setSwitch('kill_switch', true);
    const stops = new StopSwitches(stage.ctx, { subscribe: async () => async () => undefined, onReconnect: () => () => undefined });
    await stops.start();
    // It is not read again.
    stops.stop();
    expect(await activateCopy(stage.ctx, { ...parts, stops }, stage.scope, command)).toEqual(applied());
    const begun = present(stage.ctx.registry.copies.get(stage.copy.no), 'the copy');
    expect([begun.state, begun.watched.book.takesRisk(begun.row, stage.ctx.clock.now())]).toEqual(['active', false]);
  });

  it('to active with mirrored orders takes a place of those kept for orders, and is refused where another took the last one meanwhile', async () => {
    await begin('preparing', 0);
    stage.ctx.registry.dropCopy(stage.copy.no);
    stage.venue.states = [stage.state('0', 1)];
    const settings = encodeCopySettings({ ...defaultCopySettings(), policy: 'orders', mode: { kind: 'fixed_ratio', ratio: rate(RATE_ONE) } });
    const version = { copyId: stage.copy.id, version: 2, settings, actor: 'test', effectiveFrom: 0 };
    await stage.app.scoped(stage.scope, async (unit) => {
      await unit.copies.addSettings(version);
      await unit.copies.update({ id: stage.copy.id }, { settingsVersion: 2 });
    });
    Object.assign(stage.venue, { workingOrders: {} });
    // The place goes between the first look and the last: while schedules are read.
    const looks = [true, false];
    const seats = { sightOf: () => ({ source: 'stream', seat: true, orders: looks.shift() ?? true, lastSeenAt: null }) };
    Object.assign(stage.copy.watched.network.users, { seats });
    const follows: (readonly number[])[] = [];
    const orders = { follow: () => void follows.push([...stage.ctx.registry.copies.keys()]) };
    const activate = () => activateCopy(stage.ctx, { ...parts, orders }, stage.scope, command);
    expect(await activate()).toMatchObject({ status: 'refused', reason: 'seat_refused' });
    expect([await written(), stage.ctx.registry.copies.size, follows]).toEqual(['preparing', 0, []]);
    expect(await activate()).toEqual(applied());
    expect([await written(), follows]).toEqual(['active', [[stage.copy.no]]]);
  });

  /** The copy is prepared and adopts, and nobody sees its leader until `appear`, in what he holds. */
  const adopting = async () => {
    await begin('preparing', 0);
    stage.ctx.registry.dropCopy(stage.copy.no);
    stage.venue.states = [stage.state('0', 1)];
    const start = { kind: 'adopt', band: null } as const;
    const settings = encodeCopySettings({ ...defaultCopySettings(), start, mode: { kind: 'fixed_ratio', ratio: rate(RATE_ONE) } });
    await stage.app.scoped(stage.scope, async (unit) => {
      await unit.copies.addSettings({ copyId: stage.copy.id, version: 2, settings, actor: 'test', effectiveFrom: 0 });
      await unit.copies.update({ id: stage.copy.id }, { settingsVersion: 2 });
    });
    const sight = { seen: false };
    Object.assign(parts.watch, { sees: () => sight.seen });
    const appear = (): void => {
      const begun = present(stage.ctx.registry.copies.get(stage.copy.no), 'the copy');
      stage.sheet.leaderLots = 2 * 10 ** STAGE_COIN.szDecimals;
      begun.watched.book.beginAtNextOpen(begun.row);
      stage.setMark('100');
      sight.seen = true;
    };
    const targets = async () => (await stage.copyFacts()).positions.map(({ target }) => target);
    return { appear, targets };
  };

  it('to active takes on what its leader is in once he is seen, although the process died right behind it, and nothing once it is paused', async () => {
    const { appear, targets } = await adopting();
    const activate = () => activateCopy(stage.ctx, parts, stage.scope, command);
    expect([(await activate()).status, await written()]).toEqual(['later', 'active']);
    // As the next process finds it: it has not seen the leader either.
    expect((await activate()).status).toBe('later');
    appear();
    expect(await activate()).toMatchObject({ status: 'applied', result: { instruments: [{ coin: STAGE_COIN.coin, reason: null }] } });
    expect(await targets()).toEqual([sizeOf('2')]);
    expect(await pauseCopy(stage.ctx, parts, command)).toEqual(applied());
    expect(await activate()).toEqual(applied());
  });

  it('to active stays a pending command until its leader is seen, and nothing that comes after it waits for that', async () => {
    const { appear, targets } = await adopting();
    const append = (kind: 'copy.activate' | 'copy.settings', payload: unknown) =>
      stage.app.scoped(stage.scope, (unit) => unit.commands.append({ kind, targetId: stage.copy.id, payload, actor: 'test' }));
    const [activation, settings] = [await append('copy.activate', { needs: [] }), await append('copy.settings', { version: 2 })];
    const pending = async () => (await stage.storage.scoped(stage.scope, (unit) => unit.commands.pending(10, 0n))).map(({ no }) => no);
    expect(await pending()).toEqual([activation, settings]);
    const wakeups = { subscribe: async () => async () => undefined, onReconnect: () => () => undefined } as unknown as CommandParts['wakeups'];
    const commands = new Commands(stage.ctx, { ...parts, wakeups });
    await commands.open();
    await commands.start();
    await vi.waitFor(async () => expect(await pending()).toEqual([activation]), 5_000);
    expect(await written()).toBe('active');
    appear();
    await vi.waitFor(async () => expect(await pending()).toEqual([]), 5_000);
    expect(await targets()).toEqual([sizeOf('2')]);
    await commands.stop();
  });

  it('to active is begun anew after a refused write', async () => {
    await begin('preparing', 0);
    stage.ctx.registry.dropCopy(stage.copy.no);
    stage.venue.states = [stage.state('0', 1)];
    const activate = () => activateCopy(stage.ctx, parts, stage.scope, command);
    stage.failNext('committed', 'committed', 'refused');
    await expect(activate()).rejects.toThrow('refused');
    expect([await written(), stage.ctx.registry.copies.size]).toEqual(['preparing', 0]);
    expect(await activate()).toEqual(applied());
    expect([await written(), stage.ctx.registry.copies.get(stage.copy.no)?.state]).toEqual(['active', 'active']);
    expect((await stage.copyFacts()).ledger.get('copy:C:allocation')).toBe(-moneyOf('1000'));
  });

  it('to active that cannot be written leaves nothing to a stop that waits behind it', async () => {
    await begin('preparing', 0);
    const { ctx, copy, scope } = stage;
    ctx.registry.dropCopy(copy.no);
    stage.venue.states = [stage.state('0', 1)];
    stage.failNext('committed', 'committed', 'refused');
    const begun = activateCopy(ctx, parts, scope, command);
    await vi.waitFor(() => expect(ctx.registry.copies.has(copy.no)).toBe(true), { interval: 1 });
    const all = (before: Promise<void>) => closeAllOf(ctx, parts, scope, {}, before);
    // Each is made again as a command that failed is.
    await expect(Promise.all([expect(begun).rejects.toThrow('refused'), all(Promise.resolve())])).rejects.toThrow('not traded');
    expect([await written(), ctx.registry.copies.size]).toEqual(['preparing', 0]);
    expect(await activateCopy(ctx, parts, scope, command)).toEqual(applied());
    expect(await all(Promise.resolve())).toEqual(applied({ copies: 1 }));
    expect([await written(), ctx.registry.copies.get(copy.no)?.state]).toEqual(['stopping', 'stopping']);
  });

  it('to active takes what the account holds already for the follower’s own, and writes that with it', async () => {
    await begin('preparing', 0);
    const { ctx, account, sheet } = stage;
    ctx.registry.dropCopy(stage.copy.no);
    stage.venue.states = [stage.state('-6', 5)];
    expect(await activateCopy(ctx, parts, stage.scope, command)).toEqual(applied());
    const { row } = present(ctx.registry.copies.get(stage.copy.no), 'the copy');
    const lots = 10 ** STAGE_COIN.szDecimals;
    expect(sheet.rows.beside[row]).toBe(-6 * lots);
    expect((await stage.storage.scoped(stage.scope, loadOwnPositions)).map(({ coin, own }) => [coin, own])).toEqual([
      [STAGE_COIN.coin, sizeOf('-6')],
    ]);
    // The trade it comes from may be told once more; a later one is none of it.
    for (const [time, waits] of [
      [5, false],
      [6, true],
    ] as const) {
      ctx.ownTrades.add(account, stage.fill('sell', '6', '100', { time }), new Map());
      expect(ctx.ownTrades.has(account, STAGE_COIN)).toBe(waits);
    }
  });

  it('to active reads an account anew whose last copy closed and ended meanwhile: what that one held is not the follower’s own', async () => {
    await begin('preparing', 0);
    const { ctx, account, sheet, venue } = stage;
    ctx.registry.dropCopy(stage.copy.no);
    let readings = 0;
    Object.defineProperty(venue, 'states', {
      get: () => {
        readings += 1;
        // An order of the other copy fills behind the first reading.
        if (readings === 1) account.touched += 1;
        return [stage.state(readings === 1 ? '-6' : '0', readings)];
      },
    });
    expect(await activateCopy(ctx, parts, stage.scope, command)).toEqual(applied());
    const { row } = present(ctx.registry.copies.get(stage.copy.no), 'the copy');
    expect([sheet.rows.beside[row], account.own.get(STAGE_COIN.coin) ?? 0]).toEqual([0, 0]);
  });

  it.each(['activation', 're-enable'] as const)('to active waits for the leader’s next open, and that is written with it (%s)', async (what) => {
    if (what === 'activation') {
      await begin('preparing', 0);
      stage.ctx.registry.dropCopy(stage.copy.no);
    } else await begin('breaker_closed', STATUS.breaker);
    stage.venue.states = [stage.state('0', 1)];
    stage.sheet.leaderLots = 5_000;
    expect(await (what === 'activation' ? activateCopy(stage.ctx, parts, stage.scope, command) : run['re-enable']?.())).toEqual(applied());
    const positions = await stage.storage.scoped(stage.scope, (unit) => loadPositionStates(unit));
    expect(positions.map(({ coin, episodeBits }) => [coin, episodeBits])).toEqual([[STAGE_COIN.coin, EPISODE.awaitingOpen]]);
    const kept = stage.ctx.booked.newestIntent(stage.copy.no, STAGE_COIN.coin);
    expect(kept).toMatchObject({ episodeBits: EPISODE.awaitingOpen, targetMicro: 0 });
  });

  it.each([
    ['active', 0, {}],
    ['paused', STATUS.paused, {}],
    ['winding_down', STATUS.windingDown, {}],
    ['unwinding', STATUS.windingDown, {}],
    ['handing_over', STATUS.handingOver, {}],
    ['breaker_closed', STATUS.breaker | STATUS.closing, {}],
    ['active', STATUS.killSwitch | STATUS.staleTruth, {}],
    ['active', 0, { leader: true }],
    ['active', 0, { follower: true }],
  ] as const)('by a close-all (%s, bits %d) closes at once, and ends only when what is on its way is known', async (state, bits, whose) => {
    await stage.hold('2', '100');
    await begin(state, bits);
    const { copy, sheet, ctx } = stage;
    sheet.rows.target[copy.row] = 2 * 10 ** STAGE_COIN.szDecimals * 1_000_000;
    const order = stage.open(2, { buy: true, lots: 100 });
    const chosen = { ...('leader' in whose && { leaderId: copy.group.leaderId }), ...('follower' in whose && { followerId: copy.followerId }) };
    const end = closeAllOf(ctx, parts, stage.scope, chosen, Promise.resolve());
    // The columns come before anything is waited for.
    expect([sheet.rows.target[copy.row], takesRisk(), needsRepair(copy.watched.book, sheet)]).toEqual([0, false, true]);
    expect(await end).toEqual(applied({ copies: 1 }));
    const watch = new StopWatch(ctx, parts);
    watch.start();
    expect(await written()).toBe('stopping');
    // Flat by the columns, while an order is unknown.
    sheet.rows.position[copy.row] = 0;
    sheet.rows.pendingBuy[copy.row] = 0;
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await written()).toBe('stopping');
    ctx.openOrders.tellFilled(order.clientOrderId, 0);
    await vi.waitFor(async () => expect(await written()).toBe('stopped'), 10_000);
    watch.stop();
  });

  it('by a close-all leaves the copies of other leaders and followers alone', async () => {
    const none = applied({ copies: 0 });
    expect(await closeAllOf(stage.ctx, parts, stage.scope, { leaderId: 'ldr_other' }, Promise.resolve())).toEqual(none);
    expect(await closeAllOf(stage.ctx, parts, stage.scope, { followerId: 'flw_other' }, Promise.resolve())).toEqual(none);
    const elsewhere = scopeFromPlatformList(stage.scope.tenantId, 'live');
    expect(await closeAllOf(stage.ctx, parts, elsewhere, {}, Promise.resolve())).toEqual(none);
    expect([await written(), takesRisk()]).toEqual(['active', true]);
  });

  it('to stopped is looked for again after a refused write', async () => {
    await run['stop']?.();
    stage.failNext('refused');
    const watch = new StopWatch(stage.ctx, parts);
    watch.start();
    await vi.waitFor(async () => expect(await written()).toBe('stopped'), 10_000);
    watch.stop();
    expect(stage.ctx.registry.copies.size).toBe(0);
  });

  it('by a breaker acts at once and is written until it stands', async () => {
    await stage.hold('2', '100');
    const { copies } = stage.copy.watched.book;
    copies.breakerFromStart[stage.copy.row] = 100_000_000_000;
    copies.netPnl[stage.copy.row] = -Number(moneyOf('500'));
    stage.failNext('refused', 'refused');
    const breakers = new Breakers(stage.ctx, stage.books, repairs, new EventTeller(stage.ctx, stage.books));
    const update = { coin: STAGE_COIN.coin, markPrice: priceOf('100'), receivedAt: 1 };
    for (let look = 0; look < 3; look += 1) breakers.takeMarks(stage.copy.watched.network, [update]);
    expect(takesRisk()).toBe(false);
    await vi.waitFor(async () => expect(await written()).toBe('breaker_closed'), 10_000);
    breakers.stop();
    expect((await stage.events()).filter((type) => type !== 'fill.created' && type !== 'position.changed')).toEqual([
      'breaker.triggered',
      'copy.state_changed',
    ]);
  });
});
