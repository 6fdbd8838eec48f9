import type { TenantScope } from '@lockstep/kernel';
import { silentLogger, systemTimers } from '@lockstep/platform';
import { EPISODE, MICRO, STATUS } from '@lockstep/replication';
import { at, entryOf, NOW, priceOf, rateOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import { type CopySettings, encodeCopySettings } from '@lockstep/roster';
import type { CommandRow, PositionState, ScopedUnit } from '@lockstep/storage';
import { describe, expect, it } from 'vitest';
import { Places } from '../bounded';
import { type EngineContext, StopVersion } from '../context';
import { ENGINE_LIMITS } from '../limits';
import { OpenProposals } from '../proposals/open-proposals';
import { Sending } from '../sending';
import { CopyLedger } from '../state/copy-ledger';
import { LimitChain } from '../state/limit-chain';
import { OpenOrders } from '../state/open-orders';
import { type CopyRecord, Registry } from '../state/registry';
import { Rights } from '../state/rights';
import { EquityWriter } from '../state/save-equity';
import { type StandingStop, StandingStops } from '../stops/standing-stops';
import { TenantDays } from '../tenant-days';
import { TestClocks } from '../test-clocks';
import { changeAllocation, changeSettings, reEnableCopy } from './change-copy';
import type { CommandParts } from './command-end';
import { StopWishes } from './stop-wishes';

const SCOPE = { tenantId: 'ten_a', environment: 'test' } as unknown as TenantScope;
const ID = 'cpy_a';
const KIND = 'copy.re_enable';

/** A flat copy that lost half and was closed by its loss limit; `saved` are the details of its equity as written, in order. */
function broken(part: Partial<CopySettings> = {}) {
  const stage = new Stage();
  const settings = settingsOf('1', part);
  const row = stage.add(entryOf(1, settings, { status: STATUS.breaker | STATUS.closing | STATUS.windingDown }));
  const { copies } = stage.book;
  const start = copies.equity[row] ?? 0;
  copies.netPnl[row] = -start / 2;
  copies.equity[row] = start / 2;
  const registry = new Registry();
  const group = { scope: SCOPE, leaderId: 'ldr_a' };
  const held = { ok: true, value: { positions: [{ coin: 'BTC', entryPrice: priceOf('100') }] } };
  const watched = {
    book: stage.book,
    network: {
      venue: { truth: { account: async () => held } },
      markets: { get: () => undefined, dollarClearinghouses: () => [] },
      quotes: { get: () => undefined },
    },
    leader: { equityBefore: () => null },
    volatility: { value: null },
  };
  const copy = {
    no: 1,
    id: ID,
    row,
    state: 'breaker_closed',
    ownSettings: settings,
    settings,
    account: { scope: SCOPE },
    group,
    watched,
  } as unknown as CopyRecord;
  registry.copies.set(1, copy);
  registry.copiesById.set(ID, copy);
  /** When wishes to enable it again were begun, as it is written. */
  const begun: number[] = [];
  /** The command's row, as the next process reads it. */
  const command = { no: 1n, kind: KIND, targetId: ID, createdAt: NOW, begunAt: null as number | null };
  const written: PositionState[] = [];
  const database = { answers: async (): Promise<void> => undefined };
  // Each version as it is stored; the second turns the direction and shortens the window.
  const turned = settingsOf('1', { direction: 'inverse', catchUpMs: 4_000 });
  const saved: { readonly navFactor: number; readonly navEquity: number }[] = [];
  const unit = {
    now: NOW,
    records: {
      writeCopyState: async () => true,
      runningCopy: async () => null,
      savePositionStates: async (states: readonly PositionState[]) => {
        await database.answers();
        written.push(...states);
      },
      saveEquity: async (states: readonly { readonly detail: { readonly navFactor: number; readonly navEquity: number } }[]) => {
        saved.push(...states.map(({ detail }) => detail));
      },
    },
    events: { append: async () => undefined },
    commands: {
      noteBegun: async (no: bigint) => {
        expect(no).toBe(command.no);
        command.begunAt = NOW;
        begun.push(NOW);
      },
      begunSince: async (kind: string, targetId: string, since: number) => kind === KIND && targetId === ID && begun.some((time) => time >= since),
    },
    copies: {
      settings: async (_id: string, version: number) => ({ settings: encodeCopySettings(version === 1 ? settings : turned) }),
      update: async () => undefined,
    },
  } as unknown as ScopedUnit;
  const [stops, rights] = [new StopVersion(), new Rights()];
  const ctx = {
    clocks: new TestClocks(),
    days: new TenantDays(new TestClocks()),
    registry,
    rights,
    wishes: new StopWishes(
      registry,
      () => stops.changed(),
      rights,
      () => NOW,
    ),
    clock: { now: () => NOW },
    ids: { next: () => 'evt_a' },
    limits: ENGINE_LIMITS,
    log: silentLogger,
    stops,
    chain: new LimitChain(),
    sending: new Sending(systemTimers, () => 0, 60_000),
    scopedUnits: new Places(1, 10),
    standingStops: new StandingStops(10),
    openOrders: new OpenOrders(10, () => undefined),
    booked: new CopyLedger(),
    proposals: new OpenProposals(),
    truthReads: { run: async <T>(read: () => Promise<T>) => read() },
    storage: { scoped: async <T>(_scope: TenantScope, work: (unit: ScopedUnit) => Promise<T>) => work(unit) },
  } as unknown as EngineContext;
  const alone: string[] = [];
  const lanes = {
    alone: async (_watched: unknown, coin: string, work: () => Promise<void>) => {
      alone.push(coin);
      await work();
    },
  };
  const orders = { follow: () => undefined };
  const sight = { seen: true };
  const watch = { sees: () => sight.seen };
  const parts = { books: { run: async <T>(_scope: TenantScope, work: () => Promise<T>) => work() }, lanes, orders, watch } as unknown as CommandParts;
  const enable = () => reEnableCopy(ctx, parts, { ...command } as unknown as CommandRow);
  const turn = () => changeSettings(ctx, parts, SCOPE, { targetId: ID, payload: { version: 2 } } as unknown as CommandRow);
  const lower = () => changeAllocation(ctx, parts, SCOPE, { targetId: ID, payload: { allocation: '5' }, createdAt: NOW } as unknown as CommandRow);
  /** The copy ends in the next unit of work, and another begins in its row. */
  const endMeanwhile = (): void => {
    const scoped = ctx.storage.scoped.bind(ctx.storage);
    Object.assign(ctx.storage, {
      scoped: async (scope: TenantScope, work: (unit: ScopedUnit) => Promise<unknown>) => {
        const done = await scoped(scope, work as never);
        if (registry.copies.size === 0) return done;
        registry.dropCopy(copy.no);
        expect(stage.add(entryOf(2, settings))).toBe(row);
        return done;
      },
    });
  };
  return {
    ctx,
    parts,
    sight,
    held,
    stage,
    copy,
    turn,
    turned,
    lower,
    endMeanwhile,
    copies,
    row,
    start,
    saved,
    written,
    database,
    alone,
    enable,
    command,
  };
}

describe('a change of a copy’s settings', () => {
  it.each([
    ['newer than what it goes by acts', 1, -1, 2],
    ['that it goes by already acts', 2, -1, 2],
    ['older than what it goes by is passed over', 3, 1, 3],
  ])('%s', async (_what, version, direction, stands) => {
    const { copy, copies, row, turn } = broken();
    copy.settingsVersion = version;
    expect(await turn()).toMatchObject({ status: 'applied' });
    expect([copies.direction[row], copy.settingsVersion]).toEqual([direction, stands]);
  });
});

describe('a wish of a copy that ends while it is carried out', () => {
  it('turns nothing of the copy whose row is the same by then', async () => {
    const { copies, row, turn, endMeanwhile } = broken();
    endMeanwhile();
    expect(await turn()).toMatchObject({ status: 'applied' });
    expect([copies.copyNo[row], copies.direction[row]]).toEqual([2, 1]);
  });

  it('moves no money of the copy whose row is the same by then', async () => {
    const { copies, row, lower, endMeanwhile } = broken();
    const allocation = copies.allocation[row];
    endMeanwhile();
    expect(await lower()).toMatchObject({ status: 'applied' });
    expect([copies.copyNo[row], copies.allocation[row]]).toEqual([2, allocation]);
  });
});

describe('a copy that is enabled again after a loss limit', () => {
  it('enters again, also where it was winding down', async () => {
    const { copies, row, enable } = broken();
    expect(await enable()).toMatchObject({ status: 'applied' });
    expect(copies.status[row]).toBe(STATUS.active);
  });

  it.each<[string, CopySettings['start'], string, readonly [number, number]]>([
    ['at the leader’s next open', { kind: 'next_open' }, '100', [0, EPISODE.awaitingOpen]],
    ['with what the leader is in', { kind: 'adopt', band: null }, '130', [10, 0]],
    ['with it inside a band of the leader’s entry', { kind: 'adopt', band: rateOf('0.02') }, '102', [10, 0]],
    ['at the next open where the market left the band', { kind: 'adopt', band: rateOf('0.02') }, '103', [0, EPISODE.awaitingOpen]],
  ])('begins as its start says: %s', async (_how, start, mark, expected) => {
    const { stage, row, enable } = broken({ start });
    stage.follow('10');
    stage.sheet.markAt = NOW - 1;
    stage.book.setMark('BTC', priceOf(mark), NOW);
    expect(await enable()).toMatchObject({ status: 'applied' });
    expect([at(stage.sheet.rows.target, row) / MICRO, stage.sheet.rows.episode[row]]).toEqual(expected);
  });

  it('takes on what it begins with although the process died right behind its new state, and nothing twice', async () => {
    const { stage, row, copy, enable, command } = broken({ start: { kind: 'adopt', band: null } });
    stage.follow('10');
    command.begunAt = NOW;
    copy.state = 'active';
    stage.book.setStatus(row, STATUS.breaker | STATUS.closing | STATUS.windingDown, false);
    stage.book.setStatus(row, STATUS.active, true);
    stage.book.beginAtNextOpen(row);
    for (let again = 0; again < 2; again += 1) expect(await enable()).toMatchObject({ status: 'applied' });
    expect(at(stage.sheet.rows.target, row) / MICRO).toBe(10);
  });

  it('takes on what the leader is in once he is seen, where the process died right behind its new state and nobody saw him as the next one began', async () => {
    const { stage, row, copy, sight, enable, command } = broken({ start: { kind: 'adopt', band: null } });
    stage.follow('10');
    stage.book.beginAtNextOpen(row);
    command.begunAt = NOW;
    copy.state = 'active';
    stage.book.setStatus(row, STATUS.breaker | STATUS.closing | STATUS.windingDown, false);
    stage.book.setStatus(row, STATUS.active, true);
    const { leaderLots } = stage.sheet;
    stage.sheet.leaderLots = 0;
    sight.seen = false;
    const end = await enable();
    expect(end.status).toBe('later');
    const rest = async () => (end.status === 'later' ? end.rest?.() : undefined);
    expect(await rest()).toMatchObject({ status: 'later' });
    expect(at(stage.sheet.rows.target, row)).toBe(0);
    stage.sheet.leaderLots = leaderLots;
    sight.seen = true;
    expect(await rest()).toMatchObject({ status: 'applied', result: { instruments: [{ coin: 'BTC', reason: null }] } });
    expect(at(stage.sheet.rows.target, row) / MICRO).toBe(10);
  });

  it('takes on what the leader is in inside its band once it is known where he entered', async () => {
    const { stage, row, held, enable } = broken({ start: { kind: 'adopt', band: rateOf('0.02') } });
    stage.follow('10');
    held.ok = false;
    const end = await enable();
    expect([end.status, at(stage.sheet.rows.target, row)]).toEqual(['later', 0]);
    held.ok = true;
    expect(await (end.status === 'later' ? end.rest?.() : undefined)).toMatchObject({ status: 'applied' });
    expect(at(stage.sheet.rows.target, row) / MICRO).toBe(10);
  });

  it('that is paused before the leader is seen takes nothing on', async () => {
    const { stage, row, copy, sight, enable } = broken({ start: { kind: 'adopt', band: null } });
    stage.follow('10');
    sight.seen = false;
    const end = await enable();
    copy.state = 'paused';
    sight.seen = true;
    expect(await (end.status === 'later' ? end.rest?.() : undefined)).toMatchObject({ status: 'applied' });
    expect(at(stage.sheet.rows.target, row)).toBe(0);
  });

  it('waits until the end of a stop that was filled is known: found after the new beginning, it would break the copy once more', async () => {
    const { ctx, copy, saved, enable } = broken();
    const stop = { clientOrderId: '0x1', account: copy.account, copyNo: copy.no, mirror: null, bookedLots: 5 } as unknown as StandingStop;
    ctx.standingStops.add(stop);
    expect(await enable()).toMatchObject({ status: 'later' });
    expect([copy.state, saved]).toEqual(['breaker_closed', []]);
    ctx.standingStops.remove(stop);
    expect(await enable()).toMatchObject({ status: 'applied' });
  });

  it.each(['breaker_closed', 'paused', 'stopping'])('stays %s where it became that behind its new beginning and the process died', async (state) => {
    const { stage, row, copy, copies, sight, saved, enable } = broken({ start: { kind: 'adopt', band: null } });
    stage.follow('10');
    sight.seen = false;
    expect(await enable()).toMatchObject({ status: 'later' });
    const [bits, references] = [copies.status[row], saved.length];
    copy.state = state;
    sight.seen = true;
    expect(await enable()).toEqual({ status: 'applied', result: null });
    expect([copy.state, copies.status[row], saved.length, at(stage.sheet.rows.target, row)]).toEqual([state, bits, references, 0]);
  });

  it('takes on nothing more by a second wish that waited behind the first', async () => {
    const { stage, row, enable, command } = broken({ start: { kind: 'adopt', band: rateOf('0.02') } });
    stage.follow('10');
    const mark = (text: string): void => {
      stage.sheet.markAt = NOW - 1;
      stage.book.setMark('BTC', priceOf(text), NOW);
    };
    mark('103');
    expect(await enable()).toMatchObject({ status: 'applied' });
    mark('102');
    Object.assign(command, { no: 2n, begunAt: null });
    expect(await enable()).toEqual({ status: 'applied', result: null });
    expect([at(stage.sheet.rows.target, row), stage.sheet.rows.episode[row]]).toEqual([0, EPISODE.awaitingOpen]);
  });

  it.each([
    ['stays closed by a wish that was given before the first one enabled it', 0, 'refused', 'breaker_closed'],
    ['is enabled by one that was given since', 1, 'applied', 'active'],
  ])('and meets a limit again %s', async (_what, later, status, state) => {
    const { stage, row, copy, copies, saved, enable, command } = broken();
    expect(await enable()).toMatchObject({ status: 'applied' });
    copy.state = 'breaker_closed';
    stage.book.setStatus(row, STATUS.active, false);
    stage.book.setStatus(row, STATUS.breaker | STATUS.closing, true);
    Object.assign(command, { no: 2n, begunAt: null, createdAt: NOW + later });
    expect(await enable()).toMatchObject({ status });
    expect([copy.state, (copies.status[row] ?? 0) & STATUS.active, saved.length]).toEqual([state, later, later + 1]);
  });

  it('has its new references written with its new state', async () => {
    const { start, saved, enable } = broken();
    await enable();
    expect(saved).toMatchObject([{ navFactor: 1_000_000_000_000, navEquity: start / 2 }]);
  });
});

/** A running copy whose leader opened before a change that the follower made while it was flat was here. */
function openedBefore() {
  const stood = broken();
  const { stage, row, copy } = stood;
  stage.book.setStatus(row, STATUS.breaker | STATUS.closing | STATUS.windingDown, false);
  stage.book.setStatus(row, STATUS.active, true);
  copy.state = 'active';
  copy.settingsVersion = 1;
  stage.follow('10');
  expect(stage.sheet.rows.position[row]).toBe(10);
  return stood;
}

describe('a direction that changes', () => {
  it('closes what was opened before the change was here, and waits for the next open', async () => {
    const { stage, row, turn, alone, written } = openedBefore();
    expect(await turn()).toMatchObject({ status: 'applied' });
    expect([stage.sheet.rows.target[row], stage.sheet.rows.episode[row]]).toEqual([0, EPISODE.awaitingOpen]);
    // Behind the wave that runs: its row, found by a restart, would else bring the target back.
    expect([alone, written.map(({ targetMicro, episodeBits }) => [targetMicro, episodeBits])]).toEqual([['BTC'], [[0n, EPISODE.awaitingOpen]]]);
    stage.follow('20');
    expect(stage.sheet.rows.position[row]).toBe(0);
    stage.follow('0');
    stage.follow('10');
    expect(stage.sheet.rows.position[row]).toBe(-10);
  });

  it('closes it everywhere also where the first of it cannot be written', async () => {
    const { ctx, stage, row, copy, turn } = broken();
    stage.book.setStatus(row, STATUS.breaker | STATUS.closing | STATUS.windingDown, false);
    copy.state = 'active';
    const sheets = ['BTC', 'ETH'].map((coin) => stage.book.sheet({ ...stage.sheet.instrument, coin }));
    for (const sheet of sheets) {
      sheet.leaderLots = 10;
      sheet.rows.target[row] = 10 * MICRO;
    }
    const scoped = ctx.storage.scoped.bind(ctx.storage);
    let units = 0;
    Object.assign(ctx.storage, {
      scoped: async (scope: TenantScope, work: (unit: ScopedUnit) => Promise<unknown>) => {
        units += 1;
        if (units === 2) throw new Error('the database refused the unit');
        return scoped(scope, work as never);
      },
    });
    await expect(turn()).rejects.toThrow('refused');
    expect(await turn()).toMatchObject({ status: 'applied' });
    expect(sheets.map(({ rows }) => [rows.target[row], rows.episode[row]])).toEqual(sheets.map(() => [0, EPISODE.awaitingOpen]));
  });

  it.each([
    ['by itself', 2],
    ['and a later one', 3],
  ])('closes it also where a process that begins has read that version %s already', async (_what, version) => {
    const { stage, row, copy, turn, turned } = openedBefore();
    [copy.settings, copy.ownSettings, copy.settingsVersion] = [turned, turned, version];
    stage.book.setSettings(row, turned, version);
    expect(await turn()).toMatchObject({ status: 'applied' });
    expect([stage.sheet.rows.target[row], stage.sheet.rows.episode[row]]).toEqual([0, EPISODE.awaitingOpen]);
  });

  it('closes it where the command had to be made again because the database was away', async () => {
    const { stage, row, turn, written, database } = openedBefore();
    database.answers = () => Promise.reject(new Error('away'));
    await expect(turn()).rejects.toThrow('away');
    database.answers = async () => undefined;
    expect(await turn()).toMatchObject({ status: 'applied' });
    expect([stage.sheet.rows.target[row], written.map(({ targetMicro }) => targetMicro)]).toEqual([0, [0n]]);
  });
});

describe('a catch-up window that is made shorter', () => {
  it('is written down for what is owed already: a restart finds no longer one', async () => {
    const { stage, row, copy, copies, turn, written, alone } = openedBefore();
    copies.catchUpMs[row] = 30_000;
    stage.sheet.rows.owedUntil[row] = NOW + 30_000;
    // Flat on its own side, so that nothing is closed.
    stage.sheet.rows.target[row] = 0;
    expect(await turn()).toMatchObject({ status: 'applied' });
    expect([alone, written.map(({ copyNo, owedUntilMs }) => [copyNo, owedUntilMs])]).toEqual([['BTC'], [[copy.no, NOW + 4_000]]]);
  });
});

describe('writing equity', () => {
  it('writes references that moved while the equity stood', async () => {
    const { ctx, parts, copies, row, saved } = broken();
    const writer = new EquityWriter(ctx, parts.books);
    await writer.write();
    await writer.write();
    expect(saved).toHaveLength(1);
    copies.navEquity[row] = 1;
    await writer.write();
    expect(saved).toMatchObject([{}, { navEquity: 1 }]);
  });

  it('lets a wave on its way go first, and is not left out for it', async () => {
    const { ctx, parts, saved } = broken();
    let finish: () => void = () => undefined;
    const wave = ctx.sending.during(() => new Promise<void>((resolve) => (finish = resolve)));
    const written = new EquityWriter(ctx, parts.books).write();
    expect(saved).toHaveLength(0);
    finish();
    await Promise.all([wave, written]);
    expect(saved).toHaveLength(1);
  });
});

describe('a leader that opens while a copy is being enabled again', () => {
  it('is followed from its next open, not into the position it opened meanwhile', async () => {
    const { ctx, stage, copy, row, enable } = broken();
    const scoped = ctx.storage.scoped.bind(ctx.storage);
    // The copy is closed still: the open is refused.
    Object.assign(ctx.storage, {
      scoped: async (scope: TenantScope, work: (unit: ScopedUnit) => Promise<unknown>) => {
        if (stage.sheet.leaderLots === 0) stage.follow('10');
        return scoped(scope, work as never);
      },
    });
    expect(await enable()).toMatchObject({ status: 'applied' });
    expect([copy.state, stage.sheet.rows.episode[row]]).toEqual(['active', EPISODE.awaitingOpen]);
    stage.follow('20');
    expect(stage.sheet.rows.position[row]).toBe(0);
    stage.follow('0');
    stage.fill(stage.plan('10', {}, { firstFillAt: NOW }));
    expect(stage.sheet.rows.position[row]).toBe(10);
  });
});
