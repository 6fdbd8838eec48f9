import { createHash } from 'node:crypto';
import { WAKEUP_CHANNELS, wakeupPayload } from '@lockstep/delivery';
import { type Clock, type EpochMs, type Ids, type Random, type TenantScope, toLots } from '@lockstep/kernel';
import type { Logger, Opener, Wakeups } from '@lockstep/platform';
import type { FeeScheduleRow, JournalRow, PositionState, RunningCopy, Storage, VenueAccountRow } from '@lockstep/storage';
import { highestJournaledNonce, loadPositionStates, newestFillTimes, runningCopies } from '@lockstep/storage';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { Bookkeeper } from './books/bookkeeper';
import { FillCollector } from './books/collect-fills';
import { WaveCompletion } from './books/complete-waves';
import { Places } from './bounded';
import { Breakers } from './breakers';
import { Commands } from './commands/commands';
import { type EngineContext, StopVersion, stageClock } from './context';
import { type CrashPlan, crashPoints } from './crash-points';
import type { EngineLimits } from './limits';
import { Nonces } from './nonces';
import { planMissing } from './recover/plan-missing';
import { type OpenJournal, readOpenJournals, reopenOrders, restoreIntents, settleReopened } from './recover/recover';
import { Reconciler } from './repair/reconcile';
import { Repairs } from './repair/repair';
import { UnknownResolver } from './repair/resolve-unknowns';
import { Sending } from './sending';
import { CopyLedger } from './state/copy-ledger';
import { addAccount, addCopy, restorePositions } from './state/load-book';
import { loadKeys } from './state/load-keys';
import { NetworkDirectory } from './state/network-directory';
import { type NetworkAddress, Networks, type VenueTuning } from './state/open-networks';
import { OpenOrders } from './state/open-orders';
import { Registry } from './state/registry';
import { EquityWriter } from './state/save-equity';
import { restoreMove } from './watch/inbox';
import { LeaderWatch } from './watch/leader-watch';
import { WaveLanes } from './wave/wave-lanes';
import { WaveLog } from './wave-log';

/** What a process hands to its engine. */
export interface EngineParts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly log: Logger;
  readonly storage: Storage;
  readonly wakeups: Wakeups;
  readonly opener: Opener;
  readonly limits: EngineLimits;
  readonly shard: number;
  readonly crash: CrashPlan | null;
  /** Networks of the configuration; those in storage are known besides. */
  readonly networks: readonly NetworkAddress[];
  readonly tuning: VenueTuning;
  readonly onWave: (record: Parameters<WaveLog['add']>[0]) => void;
  readonly broken: (why: string) => void;
}

/** A running engine. */
export interface Engine {
  readonly ctx: EngineContext;
  readonly instance: number;
  /** Numbers for health and tests. */
  standing(): { readonly copies: number; readonly watched: number; readonly openOrders: number; readonly waiting: number };
  /** Resolves when nothing is on its way: no wave, no booking, no owed fill. For tests and benches. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** An engine that fell silent this long may lose its instance number. */
const INSTANCE_SILENT_MS = 3_600_000;
/** Longest wait for the orders an earlier process left unknown before new ones are taken on. */
const RECOVERY_MAX_MS = 60_000;
const JOURNAL_ROWS_MAX = 100_000;
const MOVES_MAX = 100_000;

/** Everything of one scope, read in one transaction. */
interface ScopeRows {
  readonly scope: TenantScope;
  readonly accounts: readonly VenueAccountRow[];
  readonly copies: readonly RunningCopy[];
  readonly positions: readonly PositionState[];
  readonly schedules: readonly FeeScheduleRow[];
  readonly journals: readonly JournalRow[];
  readonly leaders: readonly { readonly id: string; readonly watchedNo: number }[];
  readonly fillTimes: ReadonlyMap<number, number>;
  readonly maxNonce: number;
}

/**
 * Starts an engine in the order that makes a crash harmless: take an instance number, load everything, open keys, settle what the journal
 * left open, plan the moves that were recorded and not planned, and only then watch for new ones.
 */
export async function bootEngine(parts: EngineParts): Promise<Engine> {
  const claimed = await parts.storage.platform((unit) => unit.engines.claimInstance(`engine shard ${parts.shard}`, INSTANCE_SILENT_MS));
  if (!claimed.ok) throw new Error('no engine instance number is free');
  const tenants = await parts.storage.platform((unit) => unit.tenants.open());
  const scopes = tenants.flatMap((tenant) => [scopeFromPlatformList(tenant.id, 'live'), scopeFromPlatformList(tenant.id, 'test')]);
  const rows = await readScopes(parts, scopes);
  const ctx = await makeContext(parts, claimed.value.no, scopes, Math.max(0, ...rows.map((row) => row.maxNonce)));
  const engine = assemble(parts, ctx);
  await engine.load(rows);
  await engine.recover(rows);
  await engine.start();
  return engine;
}

async function readScopes(parts: EngineParts, scopes: readonly TenantScope[]): Promise<ScopeRows[]> {
  const rows: ScopeRows[] = [];
  for (const scope of scopes) rows.push(await readScope(parts.storage, parts.shard, scope));
  return rows;
}

export async function readScope(storage: Storage, shard: number, scope: TenantScope): Promise<ScopeRows> {
  return storage.scoped(
    scope,
    async (unit) => ({
      scope,
      accounts: await unit.venueAccounts.loadable(),
      copies: await runningCopies(unit),
      positions: await loadPositionStates(unit),
      schedules: await unit.feeSchedules.versions(),
      journals: await unit.journal.unfinished(shard, JOURNAL_ROWS_MAX),
      leaders: (await unit.leaders.find({ status: 'active' })).map((leader) => ({ id: leader.id, watchedNo: Number(leader.watchedNo) })),
      fillTimes: await newestFillTimes(unit),
      maxNonce: await highestJournaledNonce(unit),
    }),
    { isolation: 'repeatable read', readOnly: true },
  );
}

async function makeContext(parts: EngineParts, instance: number, scopes: readonly TenantScope[], maxNonce: number): Promise<EngineContext> {
  const { clock, ids, random, log, storage, limits } = parts;
  const seed = await todaysSeed(parts);
  const known = [...scopes];
  const completion = new WaveCompletion(() => ctx);
  const ctx: EngineContext = {
    clock,
    stage: stageClock(clock),
    ids,
    random,
    log,
    storage,
    limits,
    instance,
    shard: parts.shard,
    registry: new Registry(),
    scopes: () => known,
    addScope: (scope) => known.push(scope),
    nonces: new Nonces(maxNonce),
    booked: new CopyLedger(),
    openOrders: new OpenOrders(limits.openOrdersMax, (wave) => completion.take(wave)),
    flushCompletion: () => completion.flush(),
    waves: new WaveLog(limits.wavesKept, parts.onWave),
    scopedUnits: new Places(limits.scopedUnitsMax, limits.openOrdersMax),
    journalUnits: new Places(limits.journalUnitsMax, limits.openOrdersMax),
    truthReads: new Places(limits.truthReadsMax, limits.openOrdersMax),
    sending: new Sending(() => clock.monotonic(), limits.deferMaxMs),
    pass: crashPoints(parts.crash),
    dailySeed: () => seed.today(),
    stops: new StopVersion(),
    wakeEvents: (scope) => {
      parts.wakeups.publish(WAKEUP_CHANNELS.events, wakeupPayload(scope)).catch((failure: unknown) => {
        log.debug('a wake-up was lost; readers poll', { error: failure });
      });
    },
    broken: parts.broken,
  };
  return ctx;
}

/** The seed of the day, read once a day; yesterday's serves until the new one is read. */
async function todaysSeed(parts: EngineParts): Promise<{ today(): Uint8Array }> {
  const dayOf = (at: EpochMs): string => new Date(at).toISOString().slice(0, 10);
  const read = async (day: string): Promise<Uint8Array> => {
    const made = Buffer.from(parts.random.bytes(32));
    const commitment = createHash('sha256').update(made).digest();
    const row = await parts.storage.platform((unit) => unit.engines.dailySeed(day, { commitment, seed: made }));
    return new Uint8Array(row.seed);
  };
  let day = dayOf(parts.clock.now());
  let seed = await read(day);
  return {
    today: () => {
      const now = dayOf(parts.clock.now());
      if (now !== day) {
        day = now;
        void read(now).then(
          (fresh) => {
            seed = fresh;
          },
          (failure: unknown) => parts.log.error('the seed of the day could not be read', { error: failure }),
        );
      }
      return seed;
    },
  };
}

interface Assembled extends Engine {
  load(rows: readonly ScopeRows[]): Promise<void>;
  recover(rows: readonly ScopeRows[]): Promise<void>;
  start(): Promise<void>;
}

function assemble(parts: EngineParts, ctx: EngineContext): Assembled {
  const books: Bookkeeper = new Bookkeeper(ctx, (accounts) => reconciler.lookAt(accounts));
  const collector = new FillCollector(ctx, books);
  const lanes: WaveLanes = new WaveLanes(ctx, books, () => collector.collect());
  const repairs = new Repairs(ctx, books, lanes);
  const resolver = new UnknownResolver(ctx, books);
  const watch: LeaderWatch = new LeaderWatch(
    ctx,
    (moves) => lanes.push(moves),
    () => undefined,
  );
  const breakers: Breakers = new Breakers(ctx, books, repairs);
  const networks = new Networks(ctx, parts.tuning, {
    onUserEvent: (network, event) => watch.receive(network, event),
    onMarks: (network, updates) => breakers.takeMarks(network, updates),
  });
  const reconciler: Reconciler = new Reconciler(ctx, books, collector, lanes);
  const directory = new NetworkDirectory(parts.storage, parts.networks, networks);
  const commands = new Commands(ctx, { books, repairs, watch, directory, opener: parts.opener, wakeups: parts.wakeups, reconciler });
  const equity = new EquityWriter(ctx);
  const timers: NodeJS.Timeout[] = [];
  return {
    ctx,
    instance: ctx.instance,
    standing: () => ({
      copies: ctx.registry.copies.size,
      watched: ctx.registry.watched.size,
      openOrders: ctx.openOrders.size,
      waiting: lanes.depth + watch.depth,
    }),
    load: async (rows) => {
      await loadAll(parts, ctx, directory, rows);
    },
    recover: async (rows) => {
      const journals = readOpenJournals(rows.flatMap((row) => row.journals)).sort((a, b) => Number(a.row.moveId - b.row.moveId));
      restoreIntents(ctx, journals);
      if (journals.length > 0) ctx.log.info('settling what an earlier process left open', { journalRows: journals.length });
      collector.start();
      const accounts = await reopenOrders(ctx, journals);
      await settleReopened(ctx, accounts, resolver, collector, ctx.clock.now() + RECOVERY_MAX_MS);
      await planUnplanned(parts, ctx, books, lanes, journals);
    },
    start: async () => {
      resolver.start();
      for (const watched of ctx.registry.watched.values()) {
        if (watch.watch(watched) === 'seat_refused') ctx.log.error('no seat is left to watch a leader', { watchedNo: watched.no });
      }
      await Promise.all([...ctx.registry.watched.values()].map((watched) => watch.synced(watched)));
      reconciler.start();
      await reconciler.all();
      repairs.start();
      breakers.start();
      await commands.start();
      timers.push(
        setInterval(() => {
          void heartbeat(parts, ctx);
          void equity.write();
        }, ctx.limits.heartbeatMs),
      );
    },
    idle: async () => {
      await watch.idle();
      await lanes.idle();
      await books.idle();
      while (ctx.openOrders.size > 0) {
        collector.collect();
        await new Promise((resolve) => setTimeout(resolve, 20));
        await books.idle();
      }
      await ctx.flushCompletion();
    },
    close: async () => {
      for (const timer of timers) clearInterval(timer);
      await commands.stop();
      repairs.stop();
      breakers.stop();
      reconciler.stop();
      await lanes.idle();
      resolver.stop();
      collector.stop();
      await books.idle();
      await ctx.flushCompletion();
      await equity.write();
      await networks.close();
      await parts.storage.platform((unit) => unit.engines.stopped(ctx.instance));
    },
  };
}

async function heartbeat(parts: EngineParts, ctx: EngineContext): Promise<void> {
  try {
    await parts.storage.platform((unit) => unit.engines.heartbeat(ctx.instance));
  } catch (failure) {
    ctx.log.error('the heartbeat could not be written', { error: failure });
  }
}

async function loadAll(parts: EngineParts, ctx: EngineContext, directory: NetworkDirectory, rows: readonly ScopeRows[]): Promise<void> {
  for (const scope of rows) {
    const added = [];
    for (const row of scope.accounts) {
      if (row.status !== 'active') continue;
      const network = await directory.find(row.venue, row.network);
      if (network === null) continue;
      const record = addAccount(ctx, row, scope.scope, network, scope.fillTimes.get(Number(row.no)) ?? row.createdAt);
      added.push({ record, row });
    }
    await loadKeys(ctx, parts.opener, added);
    for (const leader of scope.leaders) await directory.watched(ctx, leader.watchedNo);
    for (const copy of scope.copies) {
      if (copy.state === 'preparing') continue;
      const account = ctx.registry.accountsByNo.get(copy.venueAccountNo);
      const watched = await directory.watched(ctx, copy.watchedNo);
      if (account === undefined || watched === null) {
        ctx.log.error('a copy has no account or leader to run on', { copyNo: copy.no });
        continue;
      }
      addCopy(ctx, scope.scope, copy, watched, account, scope.schedules);
    }
    restorePositions(ctx, scope.positions);
    for (const copy of ctx.registry.copies.values()) {
      const net = ctx.booked.netPnl(copy.no);
      copy.watched.book.copies.netPnl[copy.row] = Number(net);
    }
  }
}

/** Plans moves that were recorded and not (or not for everyone) planned, oldest first per instrument. They are old: entries are stale, exits act. */
async function planUnplanned(
  parts: EngineParts,
  ctx: EngineContext,
  books: Bookkeeper,
  lanes: WaveLanes,
  journals: readonly OpenJournal[],
): Promise<void> {
  const open = await parts.storage.platform((unit) => unit.inbox.openMoves(MOVES_MAX));
  const journaled = new Set(journals.map((journal) => Number(journal.row.moveId)));
  const seen = new Set<string>();
  for (const row of open) {
    const watched = ctx.registry.watched.get(Number(row.watchedNo));
    if (watched === undefined) continue;
    const move = restoreMove(watched, row);
    if (move === null) {
      ctx.log.error('a recorded move cannot be read', { moveId: row.id.toString() });
      continue;
    }
    const sheet = watched.book.findSheet(row.coin);
    const key = `${watched.no}|${row.coin}`;
    const partial = journaled.has(Number(row.id));
    if (partial) await planMissing(ctx, books, move, journals);
    else {
      if (sheet !== undefined && !seen.has(key)) sheet.leaderLots = toLots(sheet.instrument, row.positionBefore);
      seen.add(key);
      lanes.push([move]);
      await lanes.idle();
    }
  }
}
