import { err, money, ok } from '@lockstep/kernel';
import { describe, expect, it, vi } from 'vitest';
import type { AccountState, VenueFill, WatchEvent } from '../../port';
import { sampleFill } from '../../port/testing/sample-fill';
import { hyperliquidConfig } from '../config';
import { ReadQueue } from './read-queue';
import type { SessionTruth } from './session-reads';
import { UserSession } from './user-session';

const ADDRESS = '0x00000000000000000000000000000000000000aa';
/** Tells the wait for the states of a snapshot from every other pause. */
const NO_OTHER_PAUSE_MS = 86_400_000;
const config = hyperliquidConfig({
  url: 'http://127.0.0.1:1',
  wsUrl: 'ws://127.0.0.1:1',
  network: 'mainnet',
  heldFramesMax: 2,
  fillMemoryMax: 2_000,
  snapshotWaitMs: NO_OTHER_PAUSE_MS,
});

/** A state that is no longer taken for one from before fills it does not show. */
const LONG_AFTER = 1_000_000;
const fill = (time: number, tradeId = String(time)): VenueFill => sampleFill({ time, tradeId });

interface Answers {
  readonly fills?: readonly VenueFill[];
  /** How often each dex's state cannot be read. */
  readonly failingStates?: Readonly<Record<string, number>>;
  readonly gate?: Promise<void>;
  /** The wait for states ends before they come. */
  readonly isLate?: boolean;
  /** The moment of the states read; 1 unless given. */
  readonly stateTime?: number;
  readonly dexes?: readonly string[];
  /** No weight is free. */
  readonly isSpent?: boolean;
  /** Weight that may be spent without waiting for it. */
  readonly atOnce?: number;
  /** What the account holds whenever its state is read for checking. */
  readonly holds?: AccountState;
}

/** A session whose truth answers as told; `words` is what it said, in short. */
function begin(answers: Answers = {}) {
  const events: WatchEvent[] = [];
  const asked: string[] = [];
  const failures = new Map(Object.entries(answers.failingStates ?? {}));
  const refuse = () => err({ code: 'unreachable' as const, detail: 'not asked here' });
  const truth: SessionTruth = {
    accountWeight: () => 2,
    positionsWeight: () => 2,
    positions: async () => (answers.holds === undefined ? refuse() : ok(answers.holds)),
    mode: async () => refuse(),
    knowsMode: () => true,
    account: async (address, dex) => {
      await answers.gate;
      asked.push(`account ${dex}`);
      const left = failures.get(dex) ?? 0;
      failures.set(dex, left - 1);
      if (left > 0) return refuse();
      return ok({ address, dex, accountValue: money(1n), pooled: false, withdrawable: money(1n), positions: [], time: answers.stateTime ?? 1 });
    },
    fills: async (_address, since) => {
      asked.push(`fills since ${since}`);
      return ok(answers.fills ?? []);
    },
  };
  let atOnce = answers.atOnce ?? Number.POSITIVE_INFINITY;
  const atOnceBudget = {
    take: (weight: number) => {
      atOnce -= weight;
      return atOnce >= 0;
    },
    whenFree: async () => undefined,
    spend: () => undefined,
  };
  const session = new UserSession(ADDRESS, {
    config,
    truth,
    reads: new ReadQueue({ take: () => answers.isSpent !== true, whenFree: async () => undefined, spend: () => undefined }, () => 0, atOnceBudget),
    losses: { of: () => 0, all: 0 },
    log: () => undefined,
    dexes: () => answers.dexes ?? [''],
    tell: (event) => events.push(event),
    pause: (ms) => new Promise((resolve) => (ms === config.snapshotWaitMs && !answers.isLate ? undefined : setImmediate(resolve))),
    now: () => 99,
    monotonic: () => 99,
  });
  session.seat();
  const words = () =>
    events.map((event) => {
      if (event.kind === 'synced')
        return `synced ${event.fills.map(({ time }) => time).join()} with ${event.states.map(({ dex }) => dex || 'main').join()}`;
      return event.kind === 'fills' ? `fills ${event.fills.map(({ time }) => time).join()}` : event.kind;
    });
  return { session, words, asked };
}

describe('a watched user', () => {
  it('is synced by the snapshot, then told each fill once', async () => {
    const { session, words } = begin();
    await session.snapshot([fill(2), fill(1)], 10);
    session.live([fill(2), fill(3)], 11);
    session.live([fill(3)], 12);
    expect(words()).toEqual(['synced 1,2 with main', 'fills 3']);
  });

  it('holds live fills back while the state is read and tells them with it: the state shows them already', async () => {
    let open: () => void = () => undefined;
    const { session, words } = begin({ gate: new Promise((resolve) => (open = resolve)) });
    const synced = session.snapshot([fill(1)], 10);
    session.live([fill(2)], 11);
    expect(words()).toEqual([]);
    open();
    await synced;
    session.live([fill(2), fill(3)], 12);
    expect(words()).toEqual(['synced 1,2 with main', 'fills 3']);
  });

  it('waits for states only so long: live fills are told without them, and the states as they come', async () => {
    let open: () => void = () => undefined;
    const { session, words } = begin({ gate: new Promise((resolve) => (open = resolve)), isLate: true, stateTime: LONG_AFTER });
    await session.snapshot([fill(1)], 10);
    session.live([fill(2)], 11);
    expect(words()).toEqual(['synced 1 with ', 'fills 2']);
    open();
    await vi.waitFor(() => expect(words().at(-1)).toBe('synced  with main'));
  });

  it('asks for nothing in between where the snapshot holds all fills there are', async () => {
    const { session, asked } = begin();
    await session.snapshot([fill(5)], 10, true);
    session.disconnected();
    await session.snapshot([fill(9)], 20, true);
    expect(asked.filter((question) => question.startsWith('fills'))).toEqual([]);
  });

  it('asks for what lies between the last fill and a snapshot that does not reach back to it', async () => {
    const { session, words, asked } = begin({ fills: [fill(5), fill(6)] });
    await session.snapshot([fill(5)], 10);
    session.disconnected();
    await session.snapshot([fill(9)], 20);
    session.live([fill(6), fill(9), fill(10)], 21);
    expect(asked).toContain('fills since 5');
    expect(words()).toEqual(['synced 5 with main', 'synced 5,6,9 with main', 'fills 10']);
  });

  it('does not ask when the snapshot overlaps', async () => {
    const { session, asked } = begin();
    await session.snapshot([fill(5)], 10);
    session.disconnected();
    await session.snapshot([fill(5), fill(9)], 20);
    expect(asked.filter((question) => question.startsWith('fills'))).toEqual([]);
  });

  it('is synced without the state of a dex that failed so often, and told that state once it could be read', async () => {
    const { session, words, asked } = begin({ dexes: ['', 'xyz'], failingStates: { xyz: config.syncAttemptsMax + 2 } });
    await session.snapshot([fill(1)], 10);
    expect(asked.filter((question) => question === 'account xyz').length).toBeLessThanOrEqual(config.syncAttemptsMax + 1);
    expect(words()).toEqual(['synced 1 with main']);
    await vi.waitFor(() => expect(words()).toEqual(['synced 1 with main', 'synced  with xyz']));
  });

  it('is synced without states where so many were read at once that others wait too long, and told them in turn', async () => {
    const { session, words } = begin({ dexes: ['', 'xyz'], atOnce: 2 });
    await session.snapshot([fill(1)], 10);
    expect(words()).toEqual(['synced 1 with main']);
    await vi.waitFor(() => expect(words()).toEqual(['synced 1 with main', 'synced  with xyz']));
  });

  it('a dex that is read behind is given up when the connection is lost: the next snapshot reads it', async () => {
    const { session, words } = begin({ dexes: ['', 'xyz'], failingStates: { xyz: config.syncAttemptsMax + 1 } });
    await session.snapshot([fill(1)], 10);
    session.disconnected();
    await session.snapshot([fill(1)], 20);
    await vi.waitFor(() => expect(words()).toEqual(['synced 1 with main', 'synced 1 with main,xyz']));
  });

  it('a dex that is added later is told by itself', async () => {
    const dexes = [''];
    const { session, words } = begin({ dexes });
    await session.snapshot([fill(1)], 10);
    dexes.push('xyz');
    session.readBehind(['xyz']);
    await vi.waitFor(() => expect(words()).toEqual(['synced 1 with main', 'synced  with xyz']));
  });

  it.each<[string, Partial<Answers>]>([
    ['while the weight of detection is spent', { isSpent: true }],
    ['once it is followed no more', { dexes: [''] }],
  ])('a dex is not read behind %s', async (_when, given) => {
    const { session, asked } = begin({ dexes: ['', 'xyz'], failingStates: { xyz: Number.POSITIVE_INFINITY }, ...given });
    await session.snapshot([fill(1)], 10);
    const before = asked.length;
    session.readBehind(['xyz']);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(asked.slice(before)).toEqual([]);
  });

  it('tells nothing of a snapshot that a newer disconnect overtook', async () => {
    let open: () => void = () => undefined;
    const { session, words } = begin({ gate: new Promise((resolve) => (open = resolve)) });
    const synced = session.snapshot([fill(1)], 10);
    session.disconnected();
    open();
    await synced;
    expect(words()).toEqual([]);
  });

  it('two fills of one trade id at different times are two fills', async () => {
    const { session, words } = begin();
    await session.snapshot([], 10);
    session.live([fill(2, '7'), fill(3, '7')], 11);
    expect(words()).toEqual(['synced  with main', 'fills 2,3']);
  });

  it('the memory is bounded and forgets the oldest first', async () => {
    const { session, words } = begin();
    await session.snapshot([], 10);
    session.live(
      Array.from({ length: 2_001 }, (_, index) => fill(index)),
      11,
    );
    session.live([fill(0)], 12);
    session.live([fill(2_000)], 13);
    expect(words().slice(2)).toEqual(['fills 0']);
  });

  it('whose frame was lost is found by the next state the stream tells, and told once', async () => {
    const lost = fill(5);
    const holds = stateWith(lost);
    const { session, words } = begin({ fills: [lost], holds });
    await session.snapshot([], 1);
    session.noticed(holds);
    session.noticed(holds);
    await vi.waitFor(() => expect(words()).toEqual(['synced  with main', 'fills 5', 'state']));
    expect(session.live([lost], 6)).toBe(0);
  });

  it('whose state follows from the told fills is not read again', async () => {
    const told = fill(5);
    const { session, words, asked } = begin({ holds: stateWith(told) });
    await session.snapshot([], 1);
    const before = asked.length;
    session.live([told], 5);
    session.noticed(stateWith(told));
    await new Promise((resolve) => setImmediate(resolve));
    expect([asked.length - before, words()]).toEqual([0, ['synced  with main', 'fills 5']]);
  });
});

/** The account's state once a fill from flat was worked in. */
const stateWith = ({ coin, size, price, time }: VenueFill): AccountState => ({
  address: ADDRESS,
  dex: '',
  accountValue: money(1n),
  pooled: false,
  withdrawable: money(1n),
  positions: [{ coin, size, entryPrice: price, leverage: 1, cross: true, marginUsed: money(1n), unrealisedPnl: money(0n) }],
  time,
});
