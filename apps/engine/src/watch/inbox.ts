import { type Money, price, type Size, size } from '@lockstep/kernel';
import { detect, groupByCoin, leftUnseen, type Move, moveDetail, readMove, resyncMove } from '@lockstep/replication';
import { CommitUnknownError, type NewMove } from '@lockstep/storage';
import type { VenueFill } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import { goOnBehind, loadOrders } from '../state/go-on-behind';
import { LEADER_ORDER_FILLS_MAX, type LearntOrders } from '../state/leader-orders';
import type { WatchedAccount } from '../state/registry';
import type { FilledOrder, RecordedMove } from '../wave/recorded-move';
import type { Difference } from './compare-state';

/** Moves that nobody finished are read so many at most. */
export const OPEN_MOVES_MAX = 100_000;

/** Fills as one frame of the venue told them. */
export interface FillFrame {
  readonly fills: readonly VenueFill[];
  readonly receivedAt: number;
}

/**
 * Writes a leader's fills and the moves they make in one transaction, before anything is decided. Fills told before are dropped by the venue's key;
 * moves are numbered per watched account without gaps, one per block and instrument however many frames are taken at once, and one before it where he left a position
 * unseen. Returns the recorded moves, oldest first. Calls for one watched account must not overlap.
 */
export async function recordFills(ctx: EngineContext, watched: WatchedAccount, frames: readonly FillFrame[]): Promise<readonly RecordedMove[]> {
  const receivedAt = new Map(frames.flatMap((frame) => frame.fills.map((fill) => [fill, frame.receivedAt] as const)));
  const fills = [...receivedAt.keys()];
  if (fills.length === 0) return [];
  const positions = new Map(watched.leader.positions);
  const learnt = watched.orders.learn();
  const recorded = await written(ctx, watched, async (unit) => {
    const keys = await unit.inbox.insertFills(
      BigInt(watched.no),
      fills.map((fill) => inboxRow(fill, receivedAt.get(fill) ?? 0)),
    );
    const fresh = new Set(keys.map((key) => `${key.coin} ${key.timeMs} ${key.tid}`));
    const news = fills.filter((fill) => fresh.delete(`${fill.coin} ${fill.time} ${fill.tradeId}`));
    const detections = detectAll(ctx, watched, news, { positions, learnt, receivedAt });
    const rows = await unit.inbox.recordMoves(
      BigInt(watched.no),
      detections.map(({ move, key, receivedAt }) => moveRow(watched, move, key, receivedAt)),
    );
    if (rows.moves.length > 0) ctx.pass('received_inbox_open');
    return rows.moves.map((row) => ({
      row,
      detection: detections.find(({ key, move }) => key === row.venueKey && move.coin === row.coin),
    }));
  });
  if (recorded.length > 0) ctx.pass('planned_inbox_committed');
  learnt.keep();
  for (const [coin, position] of positions) watched.leader.positions.set(coin, position);
  for (const fill of fills) watched.leader.noteFill(fill.coin, fill.time);
  watched.recordedTo = fills.reduce((newest, { time }) => Math.max(newest, time), watched.recordedTo);
  for (const { row } of recorded) watched.movesTo = Math.max(watched.movesTo, Number(row.seq));
  const recordedAt = ctx.stage();
  return recorded.flatMap(({ row, detection }) =>
    detection === undefined
      ? []
      : [
          {
            ...toRecorded(watched, Number(row.id), Number(row.seq), detection.move, row.leaderEquity, detection.receivedAt, recordedAt),
            orders: detection.orders,
          },
        ],
  );
}

/** Records that the venue's state differs from where the fills led: fills are missing. Only reductions of such a move are followed. */
export async function recordResync(ctx: EngineContext, watched: WatchedAccount, difference: Difference, at: number): Promise<RecordedMove | null> {
  const { coin, found, stateTime } = difference;
  const known = watched.leader.positions.get(coin);
  if (known === undefined || known === found) return null;
  const mark = watched.network.markets.get(coin)?.mark ?? price(0n);
  // Of the venue's time, as every move: who reads fills goes on behind it.
  const move = resyncMove(coin, known, found, mark, stateTime);
  const rows = await written(ctx, watched, (unit) => unit.inbox.recordMoves(BigInt(watched.no), [moveRow(watched, move, `resync:${stateTime}`, at)]));
  watched.leader.stated(coin, found, stateTime);
  const [row] = rows.moves;
  if (row !== undefined) watched.movesTo = Math.max(watched.movesTo, Number(row.seq));
  ctx.log.warn('leader fills are missing; following the state', { watchedNo: watched.no, coin, known: known.toString(), found: found.toString() });
  return row === undefined ? null : toRecorded(watched, Number(row.id), Number(row.seq), move, row.leaderEquity, at, ctx.stage());
}

/** Writes to the inbox. Where the answer to a commit is lost, what was written may stand and is not known here: {@link recordedUnknown} tells it. */
async function written<T>(ctx: EngineContext, watched: WatchedAccount, work: Parameters<typeof ctx.storage.platform<T>>[0]): Promise<T> {
  try {
    return await ctx.storage.platform(work);
  } catch (failure) {
    if (failure instanceof CommitUnknownError) watched.mayLackMoves = true;
    throw failure;
  }
}

/**
 * Moves that stand recorded and are not known here, oldest first, because the answer to their commit was lost. Told again, their fills are known by their keys and
 * make no move; so they are read, before anything newer of the account is taken. Detection goes on behind them.
 */
export async function recordedUnknown(ctx: EngineContext, watched: WatchedAccount): Promise<readonly RecordedMove[]> {
  const { rows, orders } = await ctx.storage.platform(async (unit) => ({
    rows: await unit.inbox.openMoves(OPEN_MOVES_MAX),
    orders: await unit.inbox.increasingOrders(BigInt(watched.no), LEADER_ORDER_FILLS_MAX),
  }));
  const known = watched.movesTo;
  const unknown = rows.filter(({ watchedNo, seq }) => Number(watchedNo) === watched.no && Number(seq) > known);
  for (const row of unknown) goOnBehind(watched, row);
  loadOrders(watched, orders);
  watched.mayLackMoves = false;
  if (unknown.length > 0) ctx.log.warn('moves were recorded whose commit was not answered', { watchedNo: watched.no, moves: unknown.length });
  return unknown.flatMap((row) => {
    const move = restoreMove(watched, row);
    if (move === null) ctx.log.error('a recorded move cannot be read', { moveId: row.id.toString() });
    return move === null ? [] : [move];
  });
}

/** A stored move as it was recorded, for planning it after a restart. Null when its detail cannot be read. */
export function restoreMove(
  watched: WatchedAccount,
  row: {
    readonly id: bigint;
    readonly seq: bigint;
    readonly coin: string;
    readonly positionBefore: Size;
    readonly positionAfter: Size;
    readonly firstFillMs: number;
    readonly lastFillMs: number;
    readonly leaderEquity: bigint | null;
    readonly receivedAt: number;
    readonly detail: unknown;
  },
): RecordedMove | null {
  const read = readMove(row);
  if (read === null) return null;
  const recorded = toRecorded(watched, Number(row.id), Number(row.seq), read.move, row.leaderEquity, row.receivedAt, row.receivedAt);
  return { ...recorded, leaderVolatility: read.leaderVolatility };
}

interface KeyedDetection {
  readonly move: Move;
  readonly key: string;
  readonly receivedAt: number;
  readonly orders: readonly FilledOrder[];
}

/** One detection per block and coin, in the order of the fills, and one before it where the leader left his position unseen; `positions` and `learnt` are carried on. */
function detectAll(
  ctx: EngineContext,
  watched: WatchedAccount,
  fills: readonly VenueFill[],
  { positions, learnt, receivedAt }: { positions: Map<string, Size>; learnt: LearntOrders; receivedAt: ReadonlyMap<VenueFill, number> },
): KeyedDetection[] {
  const found: KeyedDetection[] = [];
  for (const block of byBlock(fills)) {
    for (const group of groupByCoin(block)) {
      const { coin } = group[0];
      const [first, ...rest] = unheld(watched, group, positions.get(coin));
      if (first === undefined) continue;
      const known = positions.get(coin) ?? null;
      const left = known === null ? null : leftUnseen(known, [first, ...rest]);
      const { move, gap } = detect(left?.after ?? known, [first, ...rest], learnt.of(coin));
      positions.set(coin, move.after);
      if (left !== null || gap !== null) ctx.log.warn('leader fills do not continue the known position', { watchedNo: watched.no, coin });
      const orders = [first, ...rest]
        .filter(({ provisional }) => provisional !== true)
        .map(({ orderId, size: filled }) => ({ orderId, size: filled }));
      const key = `${first.time}:${first.tradeId}`;
      const told = receivedAt.get(first) ?? 0;
      if (left !== null) found.push({ move: left, key: `left:${key}`, receivedAt: told, orders: [] });
      found.push({ move, key, receivedAt: told, orders });
    }
  }
  return found;
}

/** Fills of a coin that are not in its position yet: those that are explain a state that was followed without them. */
function unheld(watched: WatchedAccount, fills: readonly VenueFill[], known: Size | undefined): readonly VenueFill[] {
  let position = known;
  return fills.filter((fill) => {
    if (watched.leader.holds(fill, position)) return false;
    position = size(fill.startPosition + (fill.side === 'buy' ? fill.size : -fill.size));
    return true;
  });
}

function byBlock(fills: readonly VenueFill[]): VenueFill[][] {
  const blocks: VenueFill[][] = [];
  for (const fill of [...fills].sort((a, b) => a.time - b.time)) {
    const last = blocks.at(-1);
    if (last !== undefined && last[0]?.time === fill.time) last.push(fill);
    else blocks.push([fill]);
  }
  return blocks;
}

/** The leader's equity before a move, over all clearinghouses that are followed; null where the instrument is not listed or one was never read. */
export const equityBefore = (watched: WatchedAccount, move: Move): Money | null => {
  const { markets } = watched.network;
  // Its dex may be new, and then what the leader holds there is not known.
  if (markets.get(move.coin) === undefined) return null;
  return watched.leader.equityBefore(markets.dollarClearinghouses(), move.firstFillAt);
};

function inboxRow(fill: VenueFill, receivedAt: number) {
  return {
    coin: fill.coin,
    timeMs: fill.time,
    tid: fill.tradeId,
    oid: fill.orderId,
    side: fill.side,
    price: fill.price,
    size: fill.size,
    startPosition: fill.startPosition,
    closedPnl: fill.closedPnl,
    fee: fill.fee,
    feeAsset: fill.feeAsset,
    builderFee: fill.builderFee,
    crossed: fill.crossed,
    liquidation: fill.liquidation,
    cloid: fill.clientOrderId,
    twapId: fill.twapId,
    receivedAt,
    provisional: fill.provisional === true,
  };
}

function moveRow(watched: WatchedAccount, move: Move, venueKey: string, receivedAt: number): NewMove {
  return {
    coin: move.coin,
    venueKey,
    positionBefore: move.before,
    positionAfter: move.after,
    vwap: move.incrementPrice ?? move.lastPrice,
    firstFillMs: Math.floor(move.firstFillAt),
    lastFillMs: Math.floor(move.lastFillAt),
    leaderEquity: equityBefore(watched, move),
    receivedAt,
    detail: moveDetail(move, watched.volatility.value),
  };
}

function toRecorded(
  watched: WatchedAccount,
  wave: number,
  seq: number,
  move: Move,
  leaderEquity: bigint | null,
  receivedAt: number,
  recordedAt: number,
): RecordedMove {
  return {
    wave,
    seq,
    watched,
    move,
    leaderEquity: leaderEquity as Money | null,
    leaderVolatility: watched.volatility.value,
    receivedAt,
    recordedAt,
    orders: [],
  };
}
