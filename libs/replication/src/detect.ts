import { divide, type EpochMs, type Price, price, type Side, type Size, size } from '@lockstep/kernel';
import type { Move, MoveKind, PositionGap } from './move';

/** What detection needs of a leader's fill; every venue fill has it. */
export interface LeaderFill {
  readonly coin: string;
  readonly side: Side;
  readonly price: Price;
  readonly size: Size;
  readonly time: EpochMs;
  /** Signed position before this fill. */
  readonly startPosition: Size;
}

/** A move and, when the fills do not continue what we knew, where they stop doing so. */
export interface Detection {
  readonly move: Move;
  /** Fills are missing: read the venue's state and back-fill. The move is then a `resync`, of which only reductions are followed. */
  readonly gap: PositionGap | null;
}

/**
 * Folds all fills of one leader, coin and block (oldest first, at least one) into a move from `known`, the signed position as of the last
 * move. Positions come from the fills' own start positions; `known` null means the leader was never seen in this coin.
 */
export function detect(known: Size | null, fills: readonly [LeaderFill, ...LeaderFill[]]): Detection {
  const first = fills[0];
  const before = known ?? first.startPosition;
  let position: Size = before;
  let gap: PositionGap | null = null;
  for (const fill of fills) {
    if (gap === null && fill.startPosition !== position) gap = { coin: fill.coin, known: position, found: fill.startPosition, at: fill.time };
    position = size(fill.startPosition + signed(fill));
  }
  const increments = incrementsOf(fills, position);
  const last = fills[fills.length - 1] ?? first;
  return {
    gap,
    move: {
      coin: first.coin,
      kind: kindOf(before, position),
      source: gap === null ? 'fills' : 'resync',
      before,
      after: position,
      ...increments,
      lastPrice: last.price,
      firstFillAt: first.time,
      lastFillAt: last.time,
      fills: fills.length,
    },
  };
}

/** A move made of a snapshot instead of fills: state, never a signal, so only its reductions are followed. */
export function resyncMove(coin: string, known: Size, found: Size, lastPrice: Price, at: EpochMs): Move {
  return {
    coin,
    kind: kindOf(known, found),
    source: 'resync',
    before: known,
    after: found,
    increment: size(0n),
    incrementPrice: null,
    lastPrice,
    firstFillAt: at,
    lastFillAt: at,
    fills: 0,
  };
}

/** Groups fills by coin, keeping their order: one group is one move. */
export function groupByCoin<F extends LeaderFill>(fills: readonly F[]): readonly (readonly [F, ...F[]])[] {
  const groups = new Map<string, [F, ...F[]]>();
  for (const fill of fills) {
    const group = groups.get(fill.coin);
    if (group) group.push(fill);
    else groups.set(fill.coin, [fill]);
  }
  return [...groups.values()];
}

/** Kind of a change of a signed position. */
export function kindOf(before: Size, after: Size): MoveKind {
  if (before === after) return 'none';
  if (before === 0n) return 'open';
  if (after === 0n) return 'close';
  if (before < 0n !== after < 0n) return 'flip';
  const grew = before < 0n ? after < before : after > before;
  return grew ? 'increase' : 'reduce';
}

const signed = (fill: LeaderFill): bigint => (fill.side === 'buy' ? fill.size : -fill.size);

/** Quantity and size-weighted price of what the fills added on the side they end on, rounded to the strict side. */
function incrementsOf(fills: readonly LeaderFill[], after: Size): { readonly increment: Size; readonly incrementPrice: Price | null } {
  const side = after < 0n ? -1n : 1n;
  let quantity = 0n;
  let value = 0n;
  for (const fill of fills) {
    const start = fill.startPosition * side;
    const end = (fill.startPosition + signed(fill)) * side;
    const added = (end > 0n ? end : 0n) - (start > 0n ? start : 0n);
    if (added <= 0n) continue;
    quantity += added;
    value += added * fill.price;
  }
  if (quantity === 0n || after === 0n) return { increment: size(0n), incrementPrice: null };
  return { increment: size(quantity), incrementPrice: price(divide(value, quantity, side > 0n ? 'down' : 'up')) };
}
