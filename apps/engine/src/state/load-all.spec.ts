import { type TenantId, type TenantScope } from '@lockstep/kernel';
import { silentLogger } from '@lockstep/platform';
import { FollowerRows } from '@lockstep/replication';
import { settingsOf } from '@lockstep/replication/testing/book-builder';
import { encodeCopySettings } from '@lockstep/roster';
import type { RunningCopy, VenueAccountRow, WatchedAccountRow } from '@lockstep/storage';
import { describe, expect, it } from 'vitest';
import { type EngineContext, StopVersion } from '../context';
import type { EngineParts } from '../engine-parts';
import { TestClocks } from '../test-clocks';
import { CopyLedger } from './copy-ledger';
import { LimitChain } from './limit-chain';
import { loadAll } from './load-all';
import { addAccount, newWatched } from './load-book';
import type { NetworkDirectory } from './network-directory';
import { type Network, NetworkUnread } from './networks';
import type { ScopeRows } from './read-scopes';
import { Registry } from './registry';
import { Rights } from './rights';

const SCOPE = { tenantId: 'ten_a' as TenantId, environment: 'test' } as unknown as TenantScope;

/** A brand with two copies, each of a closed leader of its own: their watched accounts are read for the copies alone. */
function closedLeaders() {
  const registry = new Registry();
  const network = { venue: { capabilities: { builderFee: false } }, markets: { get: () => undefined, isDollar: () => true } } as unknown as Network;
  const ctx = {
    clocks: new TestClocks(),
    registry,
    log: silentLogger,
    clock: { now: () => 1_000 },
    days: { next: () => 9_000 },
    chain: new LimitChain(),
    rights: new Rights(),
    stops: new StopVersion(),
    feeTerms: { take: () => undefined },
    booked: new CopyLedger(),
    proposals: { load: () => undefined },
  } as unknown as EngineContext;
  const account = { no: 1n, id: 'vac_a', address: '0xf', accountType: 'master', agentStatus: 'active' } as unknown as VenueAccountRow;
  addAccount(ctx, account, SCOPE, network, { fillsReadTo: 0, fundingReadTo: 0, changedInsideAt: 0 });
  const copies = [1, 2].map((no) => ({
    no,
    id: `cpy_${no}`,
    leaderId: `ldr_${no}`,
    leaderStatus: 'closed',
    watchedNo: no,
    followerId: 'flw_a',
    followerStatus: 'active',
    venueAccountNo: 1,
    allocation: 100n,
    state: 'active',
    settingsVersion: 1,
    settings: encodeCopySettings(settingsOf('1')),
    createdAt: 1,
    startedAt: 1,
    equity: null,
  })) as unknown as readonly RunningCopy[];
  const rows = {
    scope: SCOPE,
    accounts: [],
    limits: [],
    entitlements: [],
    terms: [],
    leaders: [],
    positions: [],
    own: [],
    schedules: [],
    proposals: [],
    copies,
  };
  /** Copies that stood in a book while an account was read, each time one was. */
  const inBooks: number[] = [];
  const directory = {
    watched: async (_ctx: EngineContext, no: number) => {
      inBooks.push(registry.copies.size);
      const row = { no: BigInt(no), address: '0xa', topMoveSeq: 0n } as unknown as WatchedAccountRow;
      return newWatched(row, network, { begun: true, historyFrom: 0 }, new FollowerRows());
    },
  } as unknown as NetworkDirectory;
  const load = (directoryOf = directory, leaders: ScopeRows['leaders'] = []) =>
    loadAll({} as EngineParts, ctx, directoryOf, [{ ...rows, leaders } as unknown as ScopeRows]);
  return { load, directory, registry, inBooks };
}

describe('loading', () => {
  it('puts no copy into a book before everything is read that its positions need: marks judge whatever is in a book', async () => {
    const { load, registry, inBooks } = closedLeaders();
    await load();
    expect(registry.copies.size).toBe(2);
    expect(inBooks).toEqual([0, 0]);
  });

  it('is held up by no leader on a network that was never read: he has no copies yet, and his command goes on trying', async () => {
    const { load, directory, registry } = closedLeaders();
    const found: number[] = [];
    const watched: NetworkDirectory['watched'] = async (ctx, no) => {
      if (no === 9) throw new NetworkUnread('nowhere');
      found.push(no);
      return directory.watched(ctx, no);
    };
    await load({ watched } as unknown as NetworkDirectory, [
      { id: 'ldr_9', watchedNo: 9 },
      { id: 'ldr_8', watchedNo: 8 },
    ]);
    expect([found, registry.copies.size]).toEqual([[8, 1, 2], 2]);
  });

  it.each<[string, Error, number]>([
    ['its copies run there', new NetworkUnread('nowhere'), 1],
    ['it is the database that does not answer', new Error('the database is away'), 9],
  ])('ends where %s: a leader left out would be watched by nobody', async (_what, failure, no) => {
    const { load } = closedLeaders();
    const watched = async () => Promise.reject(failure);
    await expect(load({ watched } as unknown as NetworkDirectory, [{ id: 'ldr_9', watchedNo: no }])).rejects.toBe(failure);
  });
});
