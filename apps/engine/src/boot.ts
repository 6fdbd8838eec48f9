import { type Timer } from '@lockstep/kernel';
import { pause } from '@lockstep/platform';
import type { FeeScheduleRow } from '@lockstep/storage';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { ApprovalWatch } from './accounts/approval-watch';
import { shareClearing } from './accounts/clearing-shares';
import { VolatilityKeeper } from './accounts/leader-volatility';
import { LeveragePreparer } from './accounts/prepare-leverage';
import { barSheet } from './accounts/venue-bars';
import { Bookkeeper } from './books/bookkeeper';
import { FillCollector } from './books/collect-fills';
import { FundingCollector } from './books/collect-funding';
import { EventTeller } from './books/tell-events';
import { Breakers } from './breakers';
import { Commands } from './commands/commands';
import type { EngineContext } from './context';
import { EgressReport } from './egress-report';
import type { EngineParts } from './engine-parts';
import { ExposureAlerts } from './exposure-alerts';
import { FeeTimes } from './fee-times';
import { storageInTerm, venueWhileLeading } from './lead';
import { makeContext } from './make-context';
import { MirrorKeeper } from './mirrors/mirror-keeper';
import { refreshMirrorOf } from './mirrors/mirror-totals';
import { WorkingOrders } from './mirrors/working-orders';
import { detectionsOf } from './observe-detection';
import { ProposalKeeper } from './proposals/proposal-keeper';
import { recover } from './recover/recover';
import { Reconciler } from './repair/reconcile';
import { Repairs } from './repair/repair';
import { UnknownResolver } from './repair/resolve-unknowns';
import { loadAll } from './state/load-all';
import type { OnAppeared } from './state/meet-instrument';
import { moveTimes } from './state/move-times';
import { NetworkDirectory } from './state/network-directory';
import { openAdapter } from './state/open-adapter';
import { Networks, type OpenVenue } from './state/open-networks';
import { putMarkups } from './state/put-markup';
import { readScopes, type ScopeRows } from './state/read-scopes';
import { EquityWriter } from './state/save-equity';
import { learnOwn } from './state/shared-accounts';
import { StateLimits } from './state-limits';
import { StopSwitches } from './stop-switches';
import { StopKeeper } from './stops/stop-keeper';
import { warmUp } from './warm-up';
import { LeaderWatch } from './watch/leader-watch';
import { QuoteFollower } from './watch/quote-follower';
import { SeatFollower } from './watch/seat-follower';
import { WaveLanes } from './wave/wave-lanes';

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

/**
 * Starts an engine in the order that makes a crash harmless: take an instance number and with it the term, load everything, open keys, settle what the journal
 * left open, plan the moves that were recorded and not planned, and only then watch for new ones.
 */
export async function bootEngine(given: EngineParts): Promise<Engine> {
  const claimed = await given.storage.platform(async (unit) => {
    const made = await unit.engines.claimInstance('engine', INSTANCE_SILENT_MS);
    // One that lost the lock before it came here would end the term of the one that has it.
    if (!given.lead.holds()) throw new Error('the lock was lost before the engine began');
    return made;
  });
  if (!claimed.ok) throw new Error('no engine instance number is free');
  // Nothing an earlier engine writes can stand from here on, so what is read now is all there is of it.
  const parts = { ...given, storage: storageInTerm(given.storage, claimed.value.term, given.lead) };
  const tenants = await parts.storage.platform((unit) => unit.tenants.open());
  const scopes = tenants.flatMap((tenant) => [scopeFromPlatformList(tenant.id, 'live'), scopeFromPlatformList(tenant.id, 'test')]);
  const rows = await readScopes(parts.storage, parts.shard, scopes);
  const ctx = await makeContext(parts, claimed.value.no, scopes, Math.max(0, ...rows.map((row) => row.maxNonce)));
  // Before copies are loaded: a day that ended while no engine ran is followed by one of the tenant's own zone.
  ctx.days.take(tenants);
  ctx.clocks.take(await parts.storage.platform((unit) => unit.markets.owned()));
  const engine = assemble(parts, ctx);
  await engine.load(rows);
  await engine.recover(rows);
  await engine.start();
  return engine;
}

interface Assembled extends Engine {
  load(rows: readonly ScopeRows[]): Promise<void>;
  recover(rows: readonly ScopeRows[]): Promise<void>;
  start(): Promise<void>;
}

function assemble(parts: EngineParts, ctx: EngineContext): Assembled {
  const books: Bookkeeper = new Bookkeeper(ctx, (accounts) => reconciler.ownFills(accounts));
  const collector = new FillCollector(ctx, books);
  const funding = new FundingCollector(ctx, books, collector);
  const lanes: WaveLanes = new WaveLanes(
    ctx,
    books,
    () => collector.collect(),
    (watched, sheet) => appeared(watched, sheet),
  );
  const appeared: OnAppeared = (watched, sheet) => {
    if (watched.book.rowCount === 0) return;
    barSheet(ctx, watched, sheet);
    for (const copy of ctx.registry.copies.values()) {
      if (copy.watched !== watched) continue;
      learnOwn(copy);
      shareClearing(ctx.registry, copy, sheet);
    }
    leverage.appeared(watched, sheet);
  };
  const leverage = new LeveragePreparer(ctx);
  const approvals = new ApprovalWatch(ctx, books);
  const repairs = new Repairs(ctx, books, lanes, collector);
  const resolver = new UnknownResolver(ctx, books);
  const seats = new SeatFollower(ctx);
  const volatility = new VolatilityKeeper(ctx);
  const watch: LeaderWatch = new LeaderWatch(
    ctx,
    (moves) => {
      for (const detection of detectionsOf(moves)) parts.onDetected?.(detection);
      seats.note(moves);
      lanes.push(moves);
    },
    (watched) => reconciler.next(ctx.registry.accountsCopying(watched)),
    appeared,
    {
      takeList: (watched, dex, orders) => working.takeList(watched, dex, orders),
      takeFills: (watched, fills) => working.takeFills(watched, fills),
      lose: (watched, dex) => working.lose(watched, dex),
    },
  );
  const exposure = new ExposureAlerts(ctx, books);
  const teller = new EventTeller(ctx, books);
  const breakers: Breakers = new Breakers(ctx, books, repairs, teller, new StateLimits(ctx, books, repairs, lanes, teller), exposure);
  const keeper = new StopKeeper(ctx, books, collector);
  const mirrors = new MirrorKeeper(ctx, books, lanes, keeper, appeared);
  const working: WorkingOrders = new WorkingOrders(ctx, (watched) => mirrors.look(watched));
  ctx.standingStops.onMirrored = (stop) => refreshMirrorOf(ctx, stop);
  ctx.standingStops.onTriggered = (copy) => breakers.stopTriggered(copy);
  const openVenue = parts.openVenue ?? ((address) => openAdapter(ctx, parts.tuning, address));
  const opening: OpenVenue = (address) => {
    const opened = openVenue(address);
    return { venue: venueWhileLeading(opened.venue, parts.lead), close: () => opened.close() };
  };
  const networks = new Networks(ctx, opening, {
    onUserEvent: (network, event) => watch.receive(network, event),
    onMarks: (network, updates) => breakers.takeMarks(network, updates),
  });
  const reconciler: Reconciler = new Reconciler(ctx, books, collector, lanes);
  ctx.doubts.onPosition = (account) => reconciler.contradicted(account);
  const directory = new NetworkDirectory(parts.storage, parts.networks, networks);
  const fees = new FeeTimes<FeeScheduleRow>(
    ctx.clock,
    ctx.timers,
    (scope, versions) => putMarkups(ctx, scope, versions),
    (scope, business) => ctx.clocks.realTime(scope, business),
  );
  const stops = new StopSwitches(ctx, parts.wakeups, (change) => {
    moveTimes(ctx, change);
    fees.retime(change.scope);
  });
  const commands = new Commands(
    ctx,
    {
      books,
      collector,
      repairs,
      lanes,
      watch,
      orders: working,
      directory,
      opener: parts.opener,
      wakeups: parts.wakeups,
      fees,
      approvals,
      stops,
    },
    parts.onCommand,
  );
  const proposals = new ProposalKeeper(ctx, books, lanes);
  const equity = new EquityWriter(ctx, books);
  const egress = new EgressReport(ctx, directory);
  const quotes = new QuoteFollower(ctx);
  const timers: Timer[] = [];
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
      const loading = loadAll(parts, ctx, directory, rows);
      // While the database works.
      if (parts.rehearses !== false) warmUp();
      await loading;
      for (const row of rows) fees.note(row.scope, row.schedules);
      for (const row of rows) await keeper.restore(row.scope, row.standing);
      for (const row of rows) exposure.load(row.scope, row.passedLimits);
      breakers.judgeLoaded();
      equity.start();
      await stops.start();
      await commands.open();
    },
    recover: async (rows) => {
      // First, for what is planned in here must not enter for a copy whose protective stop was filled.
      keeper.breakFilled();
      await recover(
        ctx,
        { books, collector, resolver, lanes, repairs, breakers },
        rows.flatMap((row) => row.journals),
      );
    },
    start: async () => {
      resolver.start();
      // Before leaders are told: what they add then may be sized by it.
      volatility.start();
      // Copies of closed leaders only exit, which needs no seat.
      await watch.watchAll(seats.hottestFirst());
      quotes.start();
      seats.start();
      reconciler.start();
      await reconciler.all();
      // After the comparison, which tells the follower's own positions; it catches up on its own, trading does not wait for it.
      funding.start();
      repairs.start();
      proposals.start();
      breakers.start();
      keeper.start();
      working.start();
      mirrors.start();
      fees.start();
      leverage.start();
      approvals.start();
      await commands.start();
      timers.push(
        ctx.timers.every(ctx.limits.heartbeatMs, () => {
          void heartbeat(parts, ctx);
          void seats.write();
        }),
        ctx.timers.every(ctx.limits.egressReportMs, () => void egress.write()),
      );
    },
    idle: async () => {
      await watch.idle();
      await lanes.idle();
      await books.idle();
      while (ctx.openOrders.size > 0) {
        collector.collect();
        await pause(ctx.timers, 20);
        await books.idle();
      }
      await ctx.flushCompletion();
    },
    close: async () => {
      for (const timer of timers) timer.cancel();
      equity.stop();
      await commands.stop();
      fees.stop();
      stops.stop();
      watch.stop();
      quotes.stop();
      seats.stop();
      volatility.stop();
      repairs.stop();
      proposals.stop();
      breakers.stop();
      teller.stop();
      reconciler.stop();
      await funding.stop();
      await leverage.stop();
      await approvals.stop();
      working.stop();
      mirrors.stop();
      await keeper.stop();
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
