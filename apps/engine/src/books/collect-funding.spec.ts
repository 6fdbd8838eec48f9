import { must, ok } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { ENGINE_LIMITS } from '../limits';
import type { AccountRecord } from '../state/registry';
import { TestClocks } from '../test-clocks';
import type { Bookkeeper } from './bookkeeper';
import type { FillCollector } from './collect-fills';
import { FundingCollector } from './collect-funding';

const HOUR = 3_600_000;

/** Accounts of one tenant that are owed a reading; the venue answers about each when it is told to. */
function collecting(numbers: readonly number[]) {
  const asked = new Map<string, (read: boolean) => void>();
  const venue = { charges: [] as readonly { readonly time: number; readonly coin: string; readonly amount: bigint }[] };
  const booked: number[][] = [];
  const scope = { tenantId: 'ten_a', environment: 'test' };
  const funding = (address: string) =>
    new Promise((resolve) =>
      asked.set(address, (read) =>
        resolve(read ? ok({ charges: venue.charges, complete: true }) : { ok: false, error: { code: 'unreachable', detail: '' } }),
      ),
    );
  const network = { venue: { capabilities: { fundingHistory: true }, truth: { funding } }, markets: { get: () => undefined } };
  const accounts = numbers.map(
    (no) => ({ no, address: `0x${no}`, scope, network, fundingReadTo: 0, fillsReadTo: 1, changedInsideAt: 0 }) as unknown as AccountRecord,
  );
  const turns: (() => void)[] = [];
  const clock = { now: 2 * HOUR };
  const unit = {
    ledger: { postedSources: async () => new Set() },
    records: {
      heldByCopies: async () => [],
      addFunding: async () => undefined,
      addToFinalEquity: async () => undefined,
      saveFundingReadTimes: async (readings: readonly { readonly venueAccountNo: number }[]) => {
        booked.push(readings.map(({ venueAccountNo }) => venueAccountNo));
      },
    },
  };
  const straight = { run: <T>(work: () => Promise<T>) => work() };
  const ctx = {
    clocks: new TestClocks(),
    limits: { ...ENGINE_LIMITS, fundingSpreadMs: 1_000 },
    clock: { now: () => clock.now },
    timers: { every: (_ms: number, turn: () => void) => turns.push(turn) },
    sending: { busy: false, quiet: async () => undefined },
    truthReads: straight,
    scopedUnits: straight,
    registry: { accounts: () => accounts, copiesOf: () => [] },
    storage: { scoped: async <T>(_scope: unknown, work: (of: typeof unit) => Promise<T>) => work(unit) },
    log: { warn: () => undefined, error: () => undefined },
  } as unknown as EngineContext;
  const fills = { read: async () => true } as unknown as FillCollector;
  let lane: Promise<unknown> = Promise.resolve();
  let free = (): void => undefined;
  const books = {
    run: <T>(_scope: unknown, work: () => Promise<T>) => {
      const run = lane.then(work);
      lane = run.catch(() => undefined);
      return run;
    },
  } as unknown as Bookkeeper;
  return {
    collector: new FundingCollector(ctx, books, fills),
    booked,
    accounts,
    venue,
    clock,
    asked,
    /** Keeps the books busy until they are freed. */
    occupy: () => {
      lane = new Promise<void>((resolve) => {
        free = resolve;
      });
    },
    free: () => free(),
    turn: () => turns[0]?.(),
    answer: async (no: number, read = true) => {
      const settle = asked.get(`0x${no}`);
      must(settle !== undefined, 'the account was asked about');
      settle(read);
      await rest();
    },
  };
}

/** Everything that waits for nothing but promises is done. */
const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('funding that is read', () => {
  it('is booked at once, whatever the venue still owes about other accounts', async () => {
    const { collector, answer, booked, accounts } = collecting([1, 2, 3]);
    collector.start();
    await rest();
    await answer(2);
    expect(booked).toEqual([[2]]);
    expect(accounts.map(({ fundingReadTo }) => fundingReadTo)).toEqual([0, HOUR, 0]);
    await answer(1);
    await answer(3);
    expect(booked).toEqual([[2], [1], [3]]);
  });

  it('is booked together with what was read while the books were busy', async () => {
    const { collector, answer, booked, occupy, free } = collecting([1, 2, 3]);
    occupy();
    collector.start();
    await rest();
    for (const no of [3, 1, 2]) await answer(no);
    expect(booked).toEqual([]);
    free();
    await rest();
    expect(booked).toEqual([[3, 1, 2]]);
  });

  it('is asked for again in the next turn where no answer came', async () => {
    const { collector, answer, booked, turn } = collecting([1, 2]);
    collector.start();
    await rest();
    await answer(1, false);
    await answer(2);
    expect(booked).toEqual([[2]]);
    turn();
    await rest();
    await answer(1);
    expect(booked).toEqual([[2], [1]]);
  });

  it('is asked for again soon where a charge was too young to be booked, until it is not', async () => {
    const { collector, answer, asked, accounts, venue, clock, turn } = collecting([1]);
    const again = async (): Promise<boolean> => {
      asked.clear();
      turn();
      await rest();
      return asked.size > 0;
    };
    clock.now = 2 * HOUR + ENGINE_LIMITS.fundingGraceMs;
    venue.charges = [{ time: 2 * HOUR + 200, coin: 'BTC', amount: -1n }];
    collector.start();
    await rest();
    await answer(1);
    expect(await again()).toBe(true);
    await answer(1);
    clock.now += 200;
    expect(await again()).toBe(true);
    await answer(1);
    expect([await again(), accounts.map(({ fundingReadTo }) => fundingReadTo)]).toEqual([false, [2 * HOUR]]);
  });
});
