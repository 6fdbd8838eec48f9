import { EXIT_BAND, type PlanOptions, planWave, reasonNumber } from '@lockstep/replication';
import type { EngineContext } from '../context';
import type { WatchedAccount } from '../state/registry';
import { gatePlan } from './gate-orders';
import type { PlannedWave } from './planned-wave';
import type { RecordedMove } from './recorded-move';

/** Why the orders of a superseded wave stay unsent. */
export const SUPERSEDED = reasonNumber('superseded');

/** What every plan of the engine takes besides the book. */
export function planOptions(ctx: EngineContext): PlanOptions {
  return {
    now: Math.floor(ctx.clock.now()),
    instance: ctx.instance,
    seed: ctx.dailySeed(),
    lastNonce: ctx.nonces.column(ctx.registry.accountCount),
    markMaxAgeMs: ctx.limits.markMaxAgeMs,
    exitBand: EXIT_BAND,
    sendRatePerSecond: 0,
  };
}

/** Brings the newest marks of the network into the book: what caps, exits and leverage are judged by. */
export function refreshMarks(watched: WatchedAccount): void {
  for (const sheet of watched.book.allSheets()) {
    const view = watched.network.markets.get(sheet.instrument.coin);
    if (view !== undefined && view.markAt > 0) watched.book.setMark(sheet.instrument.coin, view.mark, view.markAt);
  }
}

/**
 * Plans the wave of a recorded move and has its orders approved. Targets, reservations and nonces are written into the book here, once:
 * a planned wave must be journaled, and its orders sent or released.
 */
export function planMove(ctx: EngineContext, recorded: RecordedMove, superseded: boolean): PlannedWave {
  const { watched, move } = recorded;
  const planStartedAt = ctx.stage();
  refreshMarks(watched);
  const plan = planWave(watched.book, move, { ...planOptions(ctx), wave: recorded.wave, leaderEquity: recorded.leaderEquity });
  const plannedAt = ctx.stage();
  const sheet = watched.book.sheet(plan.orders.instrument);
  ctx.pass('planned_before_gate');
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
    forfeits: [],
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
