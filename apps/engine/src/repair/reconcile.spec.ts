import { err, money, ok, size, UNIT } from '@lockstep/kernel';
import { silentLogger, systemTimers } from '@lockstep/platform';
import { STATUS } from '@lockstep/replication';
import { entryOf, instrumentOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import { describe, expect, it, vi } from 'vitest';
import type { Bookkeeper } from '../books/bookkeeper';
import type { FillCollector } from '../books/collect-fills';
import { Places } from '../bounded';
import { type EngineContext, StopVersion } from '../context';
import { ENGINE_LIMITS } from '../limits';
import { Quotes } from '../quotes';
import type { Network } from '../state/networks';
import { OwnTrades } from '../state/own-trades';
import type { AccountRecord, CopyRecord } from '../state/registry';
import { TestClocks } from '../test-clocks';
import type { WaveLanes } from '../wave/wave-lanes';
import { Reconciler } from './reconcile';

const UNREACHABLE = err({ code: 'unreachable' as const, detail: 'not today' });
const EQUITY = money(500_000n * UNIT);
const ETH = instrumentOf('ETH', 0);
/** Counts in another collateral than allocations do. */
const US500 = { ...instrumentOf('km:US500', 0), dex: 'km', collateral: 'USDH' };
const OTHERS = new Map([ETH, US500].map((instrument) => [instrument.coin, instrument]));

/** A copy on an account the venue tells about as `venue` says. */
function reconciled() {
  const venue = { fills: true, states: true, sold: 0, value: EQUITY as bigint, whileRead: () => undefined as unknown };
  /** Lots at the venue beside those of the copy, by coin. */
  const others: Record<string, number> = {};
  const stage = new Stage();
  const row = stage.add(entryOf(1, settingsOf('1'), { status: STATUS.active | STATUS.staleTruth }));
  const held = () => size(BigInt((stage.sheet.rows.position[row] ?? 0) - venue.sold) * UNIT);
  const positionOf = (coin: string, quantity: bigint) => ({ coin, size: quantity, leverage: 50, cross: true });
  const state = (dex: string) => {
    const ofDex = Object.entries(others).filter(([coin]) => OTHERS.get(coin)?.dex === dex);
    const beside = ofDex.map(([coin, lots]) => positionOf(coin, BigInt(lots) * UNIT));
    return { dex, accountValue: venue.value, pooled: false, time: 900, positions: dex === '' ? [positionOf('BTC', held()), ...beside] : beside };
  };
  const truth = {
    account: async (_address: unknown, dex: string) => {
      venue.whileRead();
      return venue.states ? ok(state(dex)) : UNREACHABLE;
    },
  };
  const network = {
    venue: { truth },
    markets: {
      get: (coin: string) => {
        const instrument = OTHERS.get(coin);
        return instrument === undefined ? undefined : { instrument, markAt: 0 };
      },
      dexesOf: (collateral?: string) => (collateral === undefined ? ['', 'km'] : ['']),
      dollarClearinghouses: () => [{ dex: '', collateral: 'USDC' }],
      isDollar: () => true,
    },
    quotes: new Quotes(),
  };
  const kept = { balances: new Map(), collateralReadAt: -ENGINE_LIMITS.collateralEveryMs };
  const account = {
    index: 1,
    no: 1,
    network,
    signs: false,
    ...kept,
    touched: 0,
    truthReadAt: 0,
    truthStale: true,
    truthContradicted: 0,
    own: new Map(),
  } as unknown as AccountRecord;
  const copyOf = (no: number, at: number, { book }: Stage): CopyRecord =>
    ({ no, row: at, account, watched: { book, network } }) as unknown as CopyRecord;
  const copies = [copyOf(1, row, stage)];
  /** Another copy begins on the account, of a leader in ETH, and buys. */
  const join = (lots: number): void => {
    const other = new Stage(ETH);
    const at = other.add(entryOf(2, settingsOf('1')));
    other.sheet.rows.position[at] = lots;
    copies.push(copyOf(2, at, other));
    account.touched += 1;
  };
  const ctx = {
    clocks: new TestClocks(),
    clock: { now: () => 1_000, monotonic: () => 1_000_000 },
    log: silentLogger,
    limits: ENGINE_LIMITS,
    registry: {
      accountCount: 1,
      accounts: () => [account],
      copiesOf: () => [...copies],
      rowsOf: () => copies.map((one) => ({ book: one.watched.book, row: one.row })),
    },
    stops: new StopVersion(),
    sending: { busy: false },
    truthReads: new Places(1, 10),
    openOrders: { ofAccount: () => [] },
    standingStops: { ofAccount: () => [] },
    ownTrades: new OwnTrades(),
    booked: { get: () => ({ booked: { book: { quantity: 0n } } }) },
    storage: { scoped: async () => undefined },
    pass: () => undefined,
    timers: systemTimers,
  } as unknown as EngineContext;
  const books = { run: (_scope: unknown, work: () => Promise<void>) => work() } as unknown as Bookkeeper;
  const collector = { read: async () => venue.fills } as unknown as FillCollector;
  const now = (_watched: unknown, _coin: string, work: () => Promise<void>): Promise<void> => work();
  const lanes = { alone: now, aloneInAll: now } as unknown as WaveLanes;
  const reconciler = new Reconciler(ctx, books, collector, lanes);
  return { ctx, venue, others, join, stage, row, account, reconciler, takesRisk: () => stage.book.takesRisk(row, ctx.clock.now()) };
}

describe('what a comparison with the venue means for new risk', () => {
  it.each(['fills', 'states'] as const)(
    'an account whose %s cannot be read takes no new risk, though its exits are followed; a good reading ends that',
    async (what) => {
      const { venue, stage, reconciler, takesRisk } = reconciled();
      await reconciler.all();
      expect(takesRisk()).toBe(true);
      stage.follow('10');
      venue[what] = false;
      await reconciler.all();
      expect(takesRisk()).toBe(false);
      expect(stage.plan('20').orders.count).toBe(0);
      expect(stage.plan('5').orders.count).toBe(1);
      venue[what] = true;
      await reconciler.all();
      expect(takesRisk()).toBe(true);
    },
  );

  it('the equity read is the one limits are judged on', async () => {
    const { stage, row, reconciler } = reconciled();
    await reconciler.all();
    expect(stage.book.copies.realEquity[row]).toBe(Number(EQUITY));
  });

  it.each<[string, readonly [before: bigint, after: bigint], boolean]>([
    ['a copy of 1,000 has less to enter with: what is being written down is judged again before it leaves', [1_000n, 900n], true],
    ['it has even less', [900n, 800n], true],
    ['it has as much as before', [2_000n, 1_500n], false],
    ['it has more', [800n, 900n], false],
  ])('where an account is found to hold something else, and %s', async (_what, [before, after], again) => {
    const { venue, stage, row, ctx, reconciler } = reconciled();
    stage.book.copies.allocation[row] = Number(money(1_000n * UNIT));
    stage.book.copies.equity[row] = Number(money(1_000n * UNIT));
    venue.value = money(before * UNIT);
    await reconciler.all();
    const judged = ctx.stops.current;
    venue.value = money(after * UNIT);
    await reconciler.all();
    expect(ctx.stops.current !== judged).toBe(again);
  });

  it('what the follower holds where no copy trades is theirs before one does, whatever the collateral', async () => {
    const { others, account, reconciler } = reconciled();
    others['ETH'] = 3;
    others['km:US500'] = -5;
    await reconciler.all();
    expect([...account.own]).toEqual([
      ['ETH', 3],
      ['km:US500', -5],
    ]);
  });

  it('what a copy bought that began while the account was read is not the follower’s', async () => {
    const { venue, others, join, account, reconciler } = reconciled();
    venue.whileRead = () => {
      venue.whileRead = () => undefined;
      others['ETH'] = 3;
      join(3);
    };
    await reconciler.all();
    expect(account.own.get('ETH') ?? 0).toBe(0);
  });

  it('an account that could not be read is read again at the next turn, not after a whole rotation', async () => {
    vi.useFakeTimers();
    const { venue, reconciler, takesRisk } = reconciled();
    venue.states = false;
    await reconciler.all();
    venue.states = true;
    reconciler.start();
    await vi.advanceTimersByTimeAsync(1_000);
    reconciler.stop();
    vi.useRealTimers();
    expect(takesRisk()).toBe(true);
  });

  it('an account that was traded while it was read is not known by that reading where it holds something else', async () => {
    const { venue, stage, account, reconciler, takesRisk } = reconciled();
    await reconciler.all();
    stage.follow('10');
    reconciler.contradicted(account);
    venue.sold = 10;
    let reads = 0;
    venue.whileRead = () => {
      reads += 1;
      account.touched += reads === 1 ? 1 : 0;
    };
    await reconciler.all();
    expect([reads > 0, takesRisk()]).toEqual([true, false]);
  });

  it('an exit the venue has nothing for: the account takes no new risk until it is read anew, which is at once', async () => {
    const { account, reconciler, takesRisk } = reconciled();
    await reconciler.all();
    reconciler.contradicted(account);
    expect(takesRisk()).toBe(false);
    await vi.waitFor(() => expect(takesRisk()).toBe(true));
  });
});

/** Accounts of a network in a second: fewer than show that it cannot be read. */
const PACE = 20;
const ROUND_MS = 2_000;

/** Rotations over many accounts, in turns on so many networks; `asked` are those whose comparison began, in order. None can be read. */
function rotation(count: number, places = 1) {
  const networks = Array.from({ length: places }, (_, place) => ({ name: `network ${place}`, venue: {} }) as unknown as Network);
  const accounts = Array.from(
    { length: count },
    (_, index) => ({ index, no: index + 1, network: networks[index % places], truthStale: true }) as AccountRecord,
  );
  const asked: number[] = [];
  const registry = { accounts: () => accounts, copiesOf: () => [{} as CopyRecord] };
  // None is read again before its turn, so that the order of turns shows alone.
  const limits = { ...ENGINE_LIMITS, truthRetriesMax: 0, reconcileAccountsMax: PACE, reconcileIntervalMs: ROUND_MS };
  const clock = { now: () => 1_000, monotonic: () => 1_000 };
  const ctx = {
    clocks: new TestClocks(),
    registry,
    limits,
    clock,
    sending: { busy: false },
    stops: new StopVersion(),
    timers: systemTimers,
  } as unknown as EngineContext;
  const collector = {
    read: async (account: AccountRecord) => {
      asked.push(account.no);
      return false;
    },
  } as unknown as FillCollector;
  const reconciler = new Reconciler(ctx, {} as Bookkeeper, collector, {} as WaveLanes);
  const turn = async (size: number): Promise<void> => {
    const before = asked.length;
    await vi.waitFor(() => expect(asked.length - before).toBeGreaterThanOrEqual(size), 10_000);
  };
  return { accounts, asked, reconciler, turn };
}

describe('the rotation of comparisons', () => {
  it('takes the accounts of a leader that came back first, at its own pace', async () => {
    const { accounts, asked, reconciler, turn } = rotation(10_000);
    reconciler.next(accounts.slice(5_000, 5_000 + PACE + 10));
    reconciler.start();
    await turn(PACE);
    expect(asked).toEqual(Array.from({ length: PACE }, (_, index) => 5_001 + index));
    await turn(PACE);
    reconciler.stop();
    expect(asked.slice(PACE)).toEqual([
      ...Array.from({ length: 10 }, (_, index) => 5_001 + PACE + index),
      ...Array.from({ length: PACE - 10 }, (_, index) => 1 + index),
    ]);
  });

  it('does not let a few accounts wait for a whole round', async () => {
    const { accounts, asked, reconciler, turn } = rotation(12);
    reconciler.next(accounts.slice(2));
    reconciler.start();
    await turn(ENGINE_LIMITS.resyncAccountsMax);
    reconciler.stop();
    expect(asked).toEqual(accounts.slice(2).map(({ no }) => no));
  });

  it('goes round on each network for itself', async () => {
    const { accounts, asked, reconciler, turn } = rotation(60, 2);
    reconciler.start();
    await turn(accounts.length);
    reconciler.stop();
    const numbersOf = (place: number): number[] => asked.filter((no) => (no - 1) % 2 === place);
    const round = [0, 1].map((place) => accounts.map(({ no }) => no).filter((no) => (no - 1) % 2 === place));
    expect([0, 1].map((place) => numbersOf(place).slice(0, 30))).toEqual(round);
  });

  it('is not held up by a network that cannot be read: the rest of it waits for its next turn', async () => {
    const { asked, reconciler } = rotation(10_000, 2);
    await reconciler.all();
    const { truthReadsMax } = ENGINE_LIMITS;
    // Of each of the two networks so many as show it, and those whose reading had begun by then.
    expect(asked.length).toBeGreaterThanOrEqual(2 * truthReadsMax);
    expect(asked.length).toBeLessThanOrEqual(4 * truthReadsMax);
  });
});
