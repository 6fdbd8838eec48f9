import { type Instrument, present, toExact, toLots } from '@lockstep/kernel';
import {
  askedBy,
  claimedOf,
  crossAhead,
  crossedMicro,
  type Forfeit,
  forfeitCrossed,
  type InstrumentSheet,
  kappaOf,
  type LeaderBook,
  leaderEquityColumn,
  mayBeOwed,
  type OwedMirror,
  oweByMove,
  type WavePlan,
} from '@lockstep/replication';
import type { EngineContext } from '../context';
import { type StandingStop, workingLots } from '../stops/standing-stops';
import type { RecordedMove } from '../wave/recorded-move';
import { isMirrored, refreshMirrorsOf } from './mirror-totals';

/** What a row was before a move: mirrors of the orders that filled in it, what was ahead, and micro-lots that were traded on both sides. */
interface RowBefore {
  readonly mirrors: readonly StandingStop[];
  readonly aheadBuy: number;
  readonly aheadSell: number;
  readonly crossed: number;
}

/** Rows with mirrors of the orders that filled in a move, or with something ahead, as they were before it. */
export type BeforeMove = ReadonlyMap<number, RowBefore>;

/**
 * Notes which of the leader's orders a move is of, in the step that plans it: their fills move targets now, and mirrors of what filled are on their way instead
 * of standing. Mirrors of these orders are asked for at once. Returns what `oweMirrors` needs once it is planned.
 */
export function noteLeaderFills(ctx: EngineContext, recorded: RecordedMove): BeforeMove {
  const { watched, move, orders = [] } = recorded;
  const view = watched.network.markets.get(move.coin);
  if (orders.length === 0 || view === undefined || !isMirrored(watched)) return new Map();
  const now = ctx.clock.now();
  const mirrors = mirrorsOfFilled(ctx, recorded);
  for (const { orderId, size } of orders) watched.working.noteFill(orderId, toLots(view.instrument, size), now);
  const before = crossed(recorded, view.instrument, mirrors);
  refreshMirrorsOf(ctx, watched, move.coin, toLots(view.instrument, move.after));
  for (const stops of mirrors.values()) for (const stop of stops) stop.askAt = 0;
  return before;
}

/** Mirrors of the orders a move is of, by row. */
function mirrorsOfFilled(ctx: EngineContext, { watched, orders = [] }: RecordedMove): ReadonlyMap<number, readonly StandingStop[]> {
  const filled = new Set(orders.map(({ orderId }) => orderId));
  const found = new Map<number, StandingStop[]>();
  for (const stop of ctx.standingStops.mirrors()) {
    const copy = ctx.registry.copies.get(stop.copyNo);
    if (copy?.watched !== watched || !filled.has(stop.mirror?.leaderOrderId ?? '')) continue;
    const ofRow = found.get(copy.row);
    if (ofRow === undefined) found.set(copy.row, [stop]);
    else ofRow.push(stop);
  }
  return found;
}

/** Where orders of both sides filled in one move, what is ahead of them is no more, though the target moves by their difference alone. */
function crossed(
  { watched, move, orders = [], leaderEquity, leaderVolatility }: RecordedMove,
  instrument: Instrument,
  mirrors: ReadonlyMap<number, readonly StandingStop[]>,
): BeforeMove {
  const before = new Map<number, RowBefore>();
  const sheet = watched.book.findSheet(move.coin);
  if (sheet === undefined) return before;
  const traded = orders.reduce((sum, { size }) => sum + toLots(instrument, size), 0);
  const back = Math.floor((traded - Math.abs(toLots(instrument, move.after) - toLots(instrument, move.before))) / 2);
  const { copies, rowCount } = watched.book;
  const equity = leaderEquity === null ? 0 : leaderEquityColumn(leaderEquity);
  const volatility = leaderVolatility === null ? 0 : toExact(leaderVolatility, 'leader volatility');
  for (let row = 0; row < rowCount; row += 1) {
    const ofRow = mirrors.get(row);
    const [aheadBuy, aheadSell] = [sheet.rows.aheadBuy[row] ?? 0, sheet.rows.aheadSell[row] ?? 0];
    if (ofRow === undefined && aheadBuy === 0 && aheadSell === 0) continue;
    const micro = back > 0 ? crossedMicro(kappaOf(copies, row, equity, volatility), back) : 0;
    before.set(row, { mirrors: ofRow ?? [], aheadBuy, aheadSell, crossed: micro });
    crossAhead(sheet.rows, row, micro);
  }
  return before;
}

/**
 * What mirrors closed for a move is bought back by the same one, where orders of both sides filled in it: of copies that ask first it is given up instead. Call it
 * once the move is noted, before it is planned.
 */
export function giveUpCrossed({ watched, move }: RecordedMove, before: BeforeMove): readonly Forfeit[] {
  const sheet = watched.book.findSheet(move.coin);
  if (sheet === undefined) return [];
  const leaderAfter = toLots(sheet.instrument, move.after);
  return [...before].flatMap(([row, was]) => {
    const { mirrors, claimed } = claimsOf(watched.working, was, (sheet.rows.target[row] ?? 0) < 0);
    const closing = mayBeOwed(mirrors, claimed);
    return forfeitCrossed(watched.book, sheet, row, { ...was, leaderAfter, closing }) ?? [];
  });
}

/** A move is planned: what its fills made owed of mirrors is as much as what is wanted went by with them. What came off what is ahead, other mirrors filled before. */
export function oweMirrors({ watched }: RecordedMove, before: BeforeMove, plan: WavePlan): void {
  if (before.size === 0) return;
  const { decisions, leaderBefore, leaderAfter } = plan;
  const sheet = present(watched.book.findSheet(plan.coin), `sheet of ${plan.coin}`);
  for (let index = 0; index < decisions.count; index += 1) {
    const row = decisions.row[index] ?? 0;
    const was = before.get(row);
    if (was === undefined) continue;
    const target = { before: decisions.targetBefore[index] ?? 0, after: decisions.targetAfter[index] ?? 0 };
    const asked = askedBy({ before: leaderBefore, after: leaderAfter }, target, decisions.kappa[index] ?? 0);
    oweSide(watched.working, was, true, Math.max(0, asked) + was.crossed - takenOf(sheet, row, was, true));
    oweSide(watched.working, was, false, Math.max(0, -asked) + was.crossed - takenOf(sheet, row, was, false));
  }
}

const takenOf = ({ rows }: InstrumentSheet, row: number, was: RowBefore, buy: boolean): number =>
  buy ? was.aheadBuy - (rows.aheadBuy[row] ?? 0) : was.aheadSell - (rows.aheadSell[row] ?? 0);

function oweSide(working: LeaderBook, was: RowBefore, buy: boolean, micro: number): void {
  const { mirrors, claimed } = claimsOf(working, was, buy);
  oweByMove(mirrors, claimed, micro);
}

/** Mirrors of a side, and micro-lots of each that its leader's order filled for. */
function claimsOf(
  working: LeaderBook,
  was: RowBefore,
  buy: boolean,
): { readonly mirrors: readonly OwedMirror[]; readonly claimed: readonly number[] } {
  const claims = was.mirrors.flatMap((stop) => {
    if (stop.mirror === null || stop.buy !== buy) return [];
    const claim = { working: workingLots(stop), placed: toLots(stop.instrument, stop.size), basis: stop.mirror.basis };
    return { mirror: stop.mirror, claimed: claimedOf(claim, working.find(stop.mirror.leaderOrderId)) };
  });
  return { mirrors: claims.map(({ mirror }) => mirror), claimed: claims.map(({ claimed }) => claimed) };
}
