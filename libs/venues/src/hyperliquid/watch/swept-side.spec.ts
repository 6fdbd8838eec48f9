import { err, money, ok, price, size } from '@lockstep/kernel';
import { describe, expect, it, vi } from 'vitest';
import type { AccountState, VenueFill, WatchEvent } from '../../port';
import { sampleFill } from '../../port/testing/sample-fill';
import { hyperliquidConfig } from '../config';
import type { SweptTrade } from '../wire/trades';
import { STATE_LAG_MAX_MS } from './merged-fills';
import { READ_RANK, ReadQueue } from './read-queue';
import type { SessionTruth } from './session-reads';
import { UserSession } from './user-session';

const ADDRESS = '0x00000000000000000000000000000000000000aa';
/** Tells the wait for the states of a snapshot from every other pause. */
const NO_OTHER_PAUSE_MS = 86_400_000;
const config = hyperliquidConfig({
  url: 'http://127.0.0.1:1',
  wsUrl: 'ws://127.0.0.1:1',
  network: 'mainnet',
  fillMemoryMax: 2_000,
  snapshotWaitMs: NO_OTHER_PAUSE_MS,
});

const stateOf = (lots: number, time: number): AccountState => ({
  address: ADDRESS,
  dex: '',
  accountValue: money(1n),
  pooled: false,
  withdrawable: money(1n),
  positions:
    lots === 0
      ? []
      : [
          {
            coin: 'BTC',
            size: size(BigInt(lots)),
            entryPrice: price(1n),
            leverage: 1,
            cross: true,
            marginUsed: money(1n),
            unrealisedPnl: money(0n),
          },
        ],
  time,
});

const trade = (time: number, lots: number): SweptTrade => ({
  coin: 'BTC',
  side: lots > 0 ? 'buy' : 'sell',
  price: price(1n),
  size: size(BigInt(Math.abs(lots))),
  time,
  tradeId: String(time),
  crossed: true,
});

const fillOf = ({ coin, side, price: paid, size: traded, time, tradeId }: SweptTrade, startLots: number): VenueFill =>
  sampleFill({ coin, side, price: paid, size: traded, time, tradeId, startPosition: size(BigInt(startLots)) });

/** An address without a seat that holds `lots` when it is first read; the venue answers as `answers` says at the moment. */
async function swept(lots: number, dexes: readonly string[] = ['']) {
  const events: WatchEvent[] = [];
  const asked: string[] = [];
  const losses = { count: 0, of: () => losses.count, all: 0 };
  /** Failing readings that are left; null: none fails. */
  const answers = { state: stateOf(lots, 1), fills: [] as readonly VenueFill[], failingStates: 0, failingFills: 0, gate: Promise.resolve() };
  const refuse = () => err({ code: 'unreachable' as const, detail: 'not now' });
  const position = async (_address: string, dex: string) => {
    asked.push('state');
    await answers.gate;
    if (answers.failingStates > 0) {
      answers.failingStates -= 1;
      return refuse();
    }
    return ok(dex === '' ? answers.state : { ...answers.state, dex, positions: [] });
  };
  const truth: SessionTruth = {
    accountWeight: () => 2,
    positionsWeight: () => 2,
    account: position,
    positions: position,
    mode: async () => ok(null),
    knowsMode: () => true,
    fills: async (_address, since) => {
      asked.push(`fills since ${since}`);
      if (answers.failingFills === 0) return ok(answers.fills.filter(({ time }) => time >= since));
      answers.failingFills -= 1;
      return refuse();
    },
  };
  const session = new UserSession(ADDRESS, {
    config,
    truth,
    reads: new ReadQueue({ take: () => true, whenFree: async () => undefined, spend: () => undefined }, () => 0),
    losses: {
      of: () => losses.count,
      get all() {
        return losses.count;
      },
    },
    log: () => undefined,
    dexes: () => dexes,
    tell: (event) => events.push(event),
    pause: (ms) => new Promise((resolve) => (ms === config.snapshotWaitMs ? undefined : setImmediate(resolve))),
    now: () => 99,
    monotonic: () => 99,
  });
  await session.begin(READ_RANK.begin);
  events.length = 0;
  asked.length = 0;
  /** What was told, in short: fills by their times and where they led, states by where they stand. */
  const words = () =>
    events.flatMap((event) => {
      if (event.kind === 'fills') return event.fills.map(({ time, startPosition }) => `fill ${time} from ${startPosition}`);
      return event.kind === 'synced' ? [`stands at ${event.states[0]?.positions[0]?.size ?? 0n}`] : [];
    });
  const lose = () => {
    losses.count += 1;
  };
  return { session, answers, asked, words, lose };
}

describe('an address without a seat', () => {
  it('is checked again when that was asked for during a check: its state may have been read before', async () => {
    const { session, answers, asked } = await swept(0);
    let open: () => void = () => undefined;
    answers.gate = new Promise((resolve) => (open = resolve));
    const first = session.check([''], READ_RANK.round);
    const second = session.check([''], READ_RANK.check);
    open();
    await Promise.all([first, second]);
    expect(asked).toEqual(['state', 'state']);
  });

  it('whose close can be confirmed by nothing for a while is told it once the venue answers', async () => {
    const { session, answers, words, lose } = await swept(5);
    const close = trade(7, -5);
    Object.assign(answers, {
      state: stateOf(0, 8),
      fills: [fillOf(close, 5)],
      failingFills: config.confirmAttemptsMax + 1,
      failingStates: 3,
    });
    lose();
    session.swept([close], 7);
    await vi.waitFor(() => expect(words()).toEqual(['fill 7 from 5']));
  });

  it('keeps a fill that the state, served from behind, does not show yet', async () => {
    const { session, answers, asked, words } = await swept(0);
    const open = trade(70, 5);
    Object.assign(answers, { state: stateOf(0, 90), fills: [fillOf(open, 0)] });
    session.swept([open], 70);
    await vi.waitFor(() => expect(asked.filter((word) => word === 'state').length).toBeGreaterThan(2));
    answers.state = stateOf(5, 110);
    const before = asked.length;
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(before));
    await session.check([''], READ_RANK.check);
    expect(words()).toEqual(['fill 70 from 0']);
  });

  it.each<[string, number, number]>([
    ['shows it too long for being late', 0, 70 + STATE_LAG_MAX_MS],
    ['shows what was never told', 3, 90],
  ])('stands where the state stands that %s', async (_what, lots, time) => {
    const { session, answers, words } = await swept(0);
    const open = trade(70, 5);
    Object.assign(answers, { state: stateOf(lots, time), fills: [fillOf(open, 0)] });
    session.swept([open], 70);
    await vi.waitFor(() => expect(words()).toEqual(['fill 70 from 0', `stands at ${lots}`]));
  });

  it('is told nothing again that it was told more fills ago than are remembered, however long it is idle in another dex', async () => {
    const { session, answers, asked, words, lose } = await swept(0, ['', 'xyz']);
    const trades = Array.from({ length: config.fillMemoryMax + 100 }, (_, index) => trade(10_000 + index, index % 2 === 0 ? 1 : -1));
    const fills = trades.map((one, index) => fillOf(one, index % 2));
    answers.state = stateOf(0, 15_000);
    session.swept(trades, 15_000);
    await session.check([''], READ_RANK.check);
    const told = words().length;
    const next = trade(20_000, 1);
    Object.assign(answers, { state: stateOf(1, 20_001), fills: [...fills, fillOf(next, 0)] });
    lose();
    session.swept([next], 20_000);
    await vi.waitFor(() => expect(words().length).toBeGreaterThan(told));
    await session.check([''], READ_RANK.check);
    expect(words().slice(told)).toEqual(['fill 20000 from 0']);
    // Not from the first state on, where the other dex stands still.
    expect(asked.filter((word) => word === 'fills since 0')).toEqual([]);
  });
});

describe('an address that got a seat', () => {
  it('is told once what its state showed already, by the public trade that comes before the stream', async () => {
    const { session, answers, words } = await swept(0);
    const open = trade(70, 5);
    answers.state = stateOf(5, 90);
    session.seat();
    await session.snapshot([], 90);
    expect(session.swept([open], 91)).toBe(1);
    expect(session.live([fillOf(open, 0)], 92)).toBe(0);
    expect(words()).toEqual(['stands at 0', 'fill 70 from 0']);
  });

  it('is told by its fills what its state showed already, where it loses the seat before the stream told it', async () => {
    const { session, answers, words } = await swept(0);
    const open = trade(70, 5);
    answers.state = stateOf(5, 90);
    session.seat();
    await session.snapshot([], 90);
    // The venue's list tells it a moment later.
    answers.fills = [fillOf(open, 0)];
    session.unseat();
    await vi.waitFor(() => expect(words()).toEqual(['stands at 0', 'fill 70 from 0']));
  });

  it('stands where its state stands once neither stream nor fills tell why', async () => {
    const { session, answers, words } = await swept(0);
    answers.state = stateOf(5, 90);
    session.seat();
    await session.snapshot([], 90);
    await vi.waitFor(() => expect(words()).toEqual(['stands at 0', 'stands at 5']));
  });
});
