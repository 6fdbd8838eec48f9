import { price } from '@lockstep/kernel';
import {
  applyOutcome,
  type CopyBook,
  EXIT_BAND,
  endWindowsBefore,
  type Move,
  type PlanOptions,
  planWave,
  reasonNumber,
  type WavePlan,
} from '@lockstep/replication';
import type { EngineContext } from '../context';
import { giveUpCrossed, noteLeaderFills, oweMirrors } from '../mirrors/leader-fills';
import { askFollowers } from '../proposals/ask-followers';
import type { Network } from '../state/networks';
import type { WatchedAccount } from '../state/registry';
import { putAccountNets } from '../state/shared-accounts';
import { gatePlan } from './gate-orders';
import { NO_WAY_OUT, type PlannedWave } from './planned-wave';
import type { RecordedMove } from './recorded-move';
import { wayOut } from './way-out';

/** The best price of a side on which nobody stands. */
const NOBODY = price(0n);

/** Why the orders of a superseded wave stay unsent. */
export const SUPERSEDED = reasonNumber('superseded');

/** What every plan of the engine takes besides the book. Its orders must be told to their ways out by `wayOut`, unless they never leave. */
export function planOptions(ctx: EngineContext, network: Network): PlanOptions {
  return {
    now: Math.floor(ctx.clock.now()),
    instance: ctx.instance,
    seed: ctx.dailySeed(),
    lastNonce: ctx.nonces.column(ctx.registry.signerCount),
    markMaxAgeMs: ctx.limits.markMaxAgeMs,
    bookMaxAgeMs: ctx.limits.bookMaxAgeMs,
    exitBand: EXIT_BAND,
    departures: network.venue.egress?.departures() ?? null,
    mayRest: entriesMayRest(network),
  };
}

/** Whether a venue takes entries that stand, and lets what became of one be found out. */
function entriesMayRest({ venue: { capabilities } }: Network): boolean {
  return capabilities.workingOrders && capabilities.clientOrderId && capabilities.nonceNoop;
}

/** Brings the network's newest prices into the book: marks, by which caps and leverage are judged, and best bids and asks, by which exits are bounded, and books, against which large waves are spread. */
export function refreshPrices(watched: WatchedAccount): void {
  const { book, network } = watched;
  for (const { instrument } of book.allSheets()) {
    const view = network.markets.get(instrument.coin);
    if (view !== undefined && view.markAt > 0) book.setMark(instrument.coin, view.mark, view.markAt);
    const quote = network.quotes.get(instrument.coin);
    if (quote !== undefined) book.setBook(instrument.coin, quote.bid ?? NOBODY, quote.ask ?? NOBODY, quote.receivedAt);
    const depth = book.hasSpreads ? network.quotes.depth(instrument.coin) : undefined;
    if (depth !== undefined) book.setDepth(instrument.coin, depth.bids, depth.asks, depth.receivedAt);
  }
}

/**
 * Plans the wave of a recorded move and has its orders approved. Targets, reservations and nonces are written into the book here, once:
 * a planned wave must be journaled, and its orders sent or released. Orders of a superseded one never leave: they are released here, before the move
 * behind it is planned, so that what that one needs is not taken for on its way.
 */
export function planMove(ctx: EngineContext, recorded: RecordedMove, superseded: boolean): PlannedWave {
  const { watched } = recorded;
  const move = inRealTime(ctx, recorded);
  const planStartedAt = ctx.stage();
  refreshPrices(watched);
  putAccountNets(ctx.registry, watched, move.coin);
  const options = planOptions(ctx, watched.network);
  const before = watched.book.findSheet(move.coin);
  const ended = before === undefined ? [] : endWindowsBefore(watched.book, before, options.now);
  const mirrored = noteLeaderFills(ctx, recorded);
  const forfeits = [...ended, ...giveUpCrossed(recorded, mirrored)];
  const plan = planWave(watched.book, move, {
    ...options,
    wave: recorded.wave,
    leaderEquity: recorded.leaderEquity,
    leaderVolatility: recorded.leaderVolatility,
  });
  oweMirrors(recorded, mirrored, plan);
  const plannedAt = ctx.stage();
  const sheet = watched.book.sheet(plan.orders.instrument);
  const asked = askFollowers(ctx, sheet, plan, { incrementPrice: Number(move.incrementPrice ?? 0n), newOrders: move.newOrders ?? 0 });
  ctx.pass('planned_before_gate');
  if (superseded) releaseAll(watched.book, plan);
  const approval = superseded ? { approved: null, refused: [] } : gatePlan(ctx, watched.book, plan);
  ctx.pass('planned_approved');
  return {
    journalNo: recorded.wave,
    cause: 'move',
    watched,
    sheet,
    plan,
    kind: move.kind,
    superseded,
    approval,
    judgedAt: ctx.stops.current,
    forfeits,
    asked,
    wayOut: superseded ? NO_WAY_OUT : wayOut(watched.network, plan),
    open: { journalNo: recorded.wave, isMove: true, scopes: [], open: 1, handed: false },
    marks: {
      leaderFillAt: move.firstFillAt,
      receivedAt: recorded.receivedAt,
      recordedAt: recorded.recordedAt,
      planStartedAt,
      plannedAt,
      gatedAt: ctx.stage(),
      journaledAt: 0,
      journalCommits: 0,
      journalBytes: 0,
    },
  };
}

/** The move with the moments at which it was made by our clock: a world of its own time tells them by its own. */
function inRealTime(ctx: EngineContext, { watched: { network }, move }: RecordedMove): Move {
  const behind = ctx.clocks.behind(network, ctx.clock.now());
  return behind === 0 ? move : { ...move, firstFillAt: move.firstFillAt + behind, lastFillAt: move.lastFillAt + behind };
}

function releaseAll(book: CopyBook, plan: WavePlan): void {
  for (let order = 0; order < plan.orders.count; order += 1) applyOutcome(book, plan, order, 'withheld', 0, 'lasting');
}
