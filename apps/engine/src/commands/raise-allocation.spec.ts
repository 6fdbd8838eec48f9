import { type Money, ok, type TenantScope } from '@lockstep/kernel';
import { silentLogger } from '@lockstep/platform';
import { STATUS, usableEquity } from '@lockstep/replication';
import { dollars, entryOf, NOW, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import type { CommandRow, ScopedUnit } from '@lockstep/storage';
import { describe, expect, it } from 'vitest';
import { type EngineContext, StopVersion } from '../context';
import { ENGINE_LIMITS } from '../limits';
import { OpenOrders } from '../state/open-orders';
import { type AccountRecord, type CopyRecord, Registry, type WatchedAccount } from '../state/registry';
import { StandingStops } from '../stops/standing-stops';
import { TestClocks } from '../test-clocks';
import { changeAllocation } from './change-copy';
import type { CommandParts } from './command-end';

const SCOPE = { tenantId: 'ten_a', environment: 'test' } as unknown as TenantScope;

/** Copies of so much each on an account that holds `there` now, and held `read` when it was compared last. */
function raised(allocations: readonly number[], read: number, there: number) {
  const registry = new Registry();
  const venue = { value: dollars(there) };
  const truth = { account: async () => ok({ dex: '', accountValue: venue.value, pooled: false, positions: [] }) };
  const network = {
    venue: { truth },
    markets: {
      get: () => undefined,
      dexesOf: () => [''],
      dollarClearinghouses: () => [{ dex: '', collateral: 'USDC' }],
      isDollar: () => true,
    },
    quotes: { get: () => undefined },
  };
  const balances = new Map([['', { accountValue: dollars(read), pooled: false, inUse: false }]]);
  const account = { index: 1, no: 1, scope: SCOPE, network, balances, collateralReadAt: NOW, own: new Map() } as unknown as AccountRecord;
  const copies = allocations.map((allocation, index) => {
    const stage = new Stage();
    const entry = { allocation: dollars(allocation), realEquity: dollars(allocation), status: STATUS.active };
    const row = stage.add(entryOf(index + 1, settingsOf('1'), entry));
    const watched = { no: index + 1, book: stage.book, network } as unknown as WatchedAccount;
    const copy = {
      no: index + 1,
      id: `cpy_${index + 1}`,
      row,
      state: 'active',
      startedAt: 0,
      leaving: 0n,
      coming: 0n,
      account,
      group: { scope: SCOPE },
      watched,
    };
    registry.addCopy(copy as unknown as CopyRecord);
    return copy as unknown as CopyRecord;
  });
  const unit = {
    now: NOW,
    copies: { update: async () => undefined },
    records: { runningCopy: async () => null },
  } as unknown as ScopedUnit;
  const ctx = {
    clocks: new TestClocks(),
    registry,
    clock: { now: () => NOW },
    limits: ENGINE_LIMITS,
    log: silentLogger,
    stops: new StopVersion(),
    standingStops: new StandingStops(10),
    openOrders: new OpenOrders(10, () => undefined),
    truthReads: { run: async <T>(work: () => Promise<T>) => work() },
    storage: { scoped: async <T>(_scope: TenantScope, work: (unit: ScopedUnit) => Promise<T>) => work(unit) },
  } as unknown as EngineContext;
  const parts = { books: { run: async <T>(_scope: TenantScope, work: () => Promise<T>) => work() } } as unknown as CommandParts;
  const raise = (index: number, allocation: Money) => {
    const command = { no: 1n, targetId: copies[index]?.id, payload: { allocation: allocation.toString() }, createdAt: NOW };
    return changeAllocation(ctx, parts, SCOPE, command as unknown as CommandRow);
  };
  const usable = () => copies.map(({ watched, row }) => usableEquity(watched.book.copies, row));
  return { raise, usable, copies };
}

describe('an allocation that is raised', () => {
  it.each<[string, readonly number[], number, number, readonly number[]]>([
    ['on an account its follower has just paid into', [500], 500, 1_000, [1_000]],
    ['beside another copy, as far as both are there', [500, 500], 1_300, 1_500, [1_000, 500]],
  ])('counts at once for what is sized next, %s', async (_what, allocations, read, there, expected) => {
    const { raise, usable } = raised(allocations, read, there);
    expect(await raise(0, dollars(1_000))).toMatchObject({ status: 'applied' });
    expect(usable()).toEqual(expected.map((amount) => Number(dollars(amount))));
  });

  it('is there once: of two copies that are raised at the same time the account holds the money of one', async () => {
    const { raise, copies } = raised([500, 500], 1_500, 1_500);
    const ends = await Promise.all([raise(0, dollars(1_000)), raise(1, dollars(1_000))]);
    expect(ends.map(({ status }) => status).sort()).toEqual(['applied', 'refused']);
    // What was refused holds no place.
    expect(copies.map(({ coming }) => coming)).toEqual([0n, 0n]);
  });
});
