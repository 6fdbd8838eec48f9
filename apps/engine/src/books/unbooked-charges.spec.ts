import { type CopyId, fromLots, money, ok, rate } from '@lockstep/kernel';
import { entryOf, instrumentOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import type { VenueFunding } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { ENGINE_LIMITS } from '../limits';
import type { AccountRecord, CopyRecord } from '../state/registry';
import { TestClocks } from '../test-clocks';
import type { Bookkeeper } from './bookkeeper';
import type { FillCollector } from './collect-fills';
import { FundingCollector } from './collect-funding';

const HOUR = 3_600_000;
const BTC = instrumentOf('BTC');

const charge = (amount: bigint, lots: number, time = HOUR + 80): VenueFunding => ({
  coin: 'BTC',
  time,
  amount: money(amount),
  position: fromLots(BTC, lots),
  rate: rate(0n),
});

/**
 * The parts of the deployment a collector of one account needs: its venue told `charges`, its copies held so many lots each when they were made. `own`: what the
 * follower has beside them by now; `left`: what each copy left since.
 */
function collecting(charges: readonly VenueFunding[], held: readonly number[], own = 0, left: readonly number[] = []) {
  const world = { fills: false, database: true, now: 2 * HOUR };
  const stage = new Stage();
  const account = {
    no: 1,
    address: '0x1',
    own: new Map([['BTC', own]]),
    fundingReadTo: 0,
    fillsReadTo: 1,
    changedInsideAt: 0,
    scope: { tenantId: 'ten_a', environment: 'test' },
  };
  // By now they hold nothing any more: what was charged was charged.
  const copies = held.map((_, index) => {
    const row = stage.add(entryOf(index + 1, settingsOf('1')));
    return { no: index + 1, account, row, watched: { book: stage.book } } as unknown as CopyRecord;
  });
  const network = {
    venueName: 'sim',
    venue: { capabilities: { fundingHistory: true }, truth: { funding: async () => ok({ charges, complete: true }) } },
    markets: { get: () => ({ instrument: BTC }) },
  };
  Object.assign(account, { network });
  const posted = new Set<string>();
  const unit = {
    ledger: {
      postedSources: async (sources: readonly string[]) => new Set(sources.filter((source) => posted.has(source))),
      post: async (transactions: readonly { readonly source: string }[]) => {
        for (const { source } of transactions) posted.add(source);
      },
    },
    events: { append: async () => undefined },
    records: {
      heldByCopies: async (moments: readonly unknown[]) =>
        moments.flatMap((_, moment) =>
          held.map((lots, index) => ({
            moment,
            copyNo: index + 1,
            copyId: `cpy_${index}` as CopyId,
            quantity: fromLots(BTC, lots),
            left: fromLots(BTC, left[index] ?? 0),
          })),
        ),
      addFunding: async () => undefined,
      addToFinalEquity: async () => undefined,
      saveFundingReadTimes: async () => undefined,
    },
  };
  const turns: (() => void)[] = [];
  const straight = { run: <T>(work: () => Promise<T>) => work() };
  const ctx = {
    clocks: new TestClocks(),
    limits: { ...ENGINE_LIMITS, fundingSpreadMs: 1_000 },
    clock: { now: () => world.now },
    ids: { next: () => 'evt_a' },
    timers: { every: (_ms: number, turn: () => void) => turns.push(turn) },
    sending: { busy: false, quiet: async () => undefined },
    truthReads: straight,
    scopedUnits: straight,
    registry: {
      accounts: () => [account as unknown as AccountRecord],
      copiesOf: () => copies,
      copies: new Map(copies.map((copy) => [copy.no, copy])),
    },
    booked: { coins: () => [], addFunding: () => undefined },
    storage: {
      scoped: async <T>(_scope: unknown, work: (of: typeof unit) => Promise<T>) => {
        if (!world.database) throw new Error('the database is away');
        return work(unit);
      },
    },
    log: { warn: () => undefined, error: () => undefined },
  } as unknown as EngineContext;
  const books = { run: <T>(_scope: unknown, work: () => Promise<T>) => work() } as unknown as Bookkeeper;
  const collector = new FundingCollector(ctx, books, { read: async () => world.fills } as unknown as FillCollector);
  collector.start();
  const turn = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    turns[0]?.();
    await new Promise((resolve) => setImmediate(resolve));
    const { chargedUnbooked, netPnl } = stage.book.copies;
    return copies.map(({ row }) => [chargedUnbooked[row], netPnl[row]]);
  };
  const holdNow = (lots: readonly number[]) => {
    for (const [index, { row }] of copies.entries()) stage.book.sheet(BTC).rows.position[row] = lots[index] ?? 0;
  };
  return { turn, world, account, holdNow };
}

describe('funding between its reading and the books', () => {
  it.each<[string, readonly VenueFunding[], readonly number[], readonly number[]]>([
    ['counts against the copy that held what was charged', [charge(-100n, 5)], [5], [100]],
    ['adds up', [charge(-100n, 5), charge(-7n, 5, HOUR + 90)], [5], [107]],
    ['counts once it is booked where it was received', [charge(100n, 5)], [5], [0]],
    ['counts once where one answer tells it twice', [charge(-100n, 5), charge(-100n, 5)], [5], [100]],
    ['counts each copy by what it held', [charge(-80n, 8)], [6, 2], [60, 20]],
    ['counts what one pays the other', [charge(-40n, 4)], [6, -2], [60, 0]],
    ['leaves the follower’s own part to the follower', [charge(-80n, 8)], [6], [60]],
  ])('%s', async (_what, charges, held, expected) => {
    const { turn } = collecting(charges, held);
    expect(await turn()).toEqual(expected.map((paid) => [paid, 0]));
  });

  it.each<[string, own: number, left: readonly number[], readonly number[]]>([
    ['what the follower closed unseen is off the copies', 0, [0, 0], [50, 25]],
    ['nothing is off them where the follower stood on the other side', -3, [0, 0], [60, 30]],
    ['nor where they stand there no more because of what copies left since', 0, [2, 1], [60, 30]],
    ['what copies left since explains nothing', -3, [-2, -1], [50, 25]],
  ])('%s', async (_what, own, left, expected) => {
    const { turn } = collecting([charge(-75n, 15)], [12, 6], own, left);
    expect(await turn()).toEqual(expected.map((paid) => [paid, 0]));
  });

  it('counts once: in the books from then on', async () => {
    const { turn, world } = collecting([charge(-100n, 5)], [5]);
    expect(await turn()).toEqual([[100, 0]]);
    world.fills = true;
    expect(await turn()).toEqual([[0, -100]]);
  });

  it('is known where the venue tells it again', async () => {
    const { turn, world, account } = collecting([charge(-100n, 5)], [5]);
    world.fills = true;
    await turn();
    world.fills = false;
    world.now += HOUR;
    account.fillsReadTo = world.now;
    expect(await turn()).toEqual([[0, -100]]);
  });

  it('counts on while it is too young to be booked', async () => {
    const { turn, world } = collecting([charge(-7n, 5), charge(-100n, 5, 2 * HOUR - 1)], [5]);
    world.fills = true;
    expect(await turn()).toEqual([[100, -7]]);
  });

  it.each<[string, readonly VenueFunding[], readonly number[], readonly number[]]>([
    ['all of it', [charge(-100n, 5)], [5], [100]],
    ['all of it each, where two stand side by side', [charge(-80n, 8)], [6, 2], [80, 80]],
    ['what it holds paid, where another one received', [charge(-40n, 4)], [6, -2], [60, 40]],
    ['what it holds paid, where the account received', [charge(40n, 4)], [6, -2], [0, 20]],
    ['nothing where the account received by what it holds', [charge(100n, 5)], [5], [0]],
  ])('counts for the most a copy may have paid while the database does not tell whose it was: %s', async (_what, charges, held, most) => {
    const { turn, world, holdNow } = collecting(charges, held);
    holdNow(held);
    world.database = false;
    expect(await turn()).toEqual(most.map((paid) => [paid, 0]));
  });

  it('is read again by a later turn where the database did not tell whose it was', async () => {
    const { turn, world } = collecting([charge(-80n, 8)], [6, 2]);
    world.database = false;
    await turn();
    world.database = true;
    expect(await turn()).toEqual([
      [60, 0],
      [20, 0],
    ]);
  });
});
