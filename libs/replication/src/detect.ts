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
  readonly orderId: string;
  readonly twapId: string | null;
  /** Told by a public trade, which does not name the order. */
  readonly provisional?: true;
  readonly liquidation?: boolean;
}

/** What names the order a fill belongs to: its TWAP, else the order itself; null where nothing does. */
export const orderKeyOf = (fill: Pick<LeaderFill, 'orderId' | 'twapId' | 'provisional'>): string | null =>
  fill.provisional === true ? null : fill.twapId !== null ? `twap ${fill.twapId}` : fill.orderId;

/** Increasing orders of a leader in one coin that were met before; `note` says whether one is new. */
export interface MetOrders {
  note(key: string): boolean;
}

/** A move and, when the fills do not continue what we knew, where they stop doing so. */
export interface Detection {
  readonly move: Move;
  /** Fills are missing: read the venue's state and back-fill. The move is then a `resync`, of which only reductions are followed. */
  readonly gap: PositionGap | null;
}

/**
 * Folds all fills of one leader, coin and block (oldest first, at least one) into a move from `known`, the signed position as of the last
 * move. Positions come from the fills' own start positions; `known` null means the leader was never seen in this coin. `met` learns the orders of increasing fills.
 */
export function detect(known: Size | null, fills: readonly [LeaderFill, ...LeaderFill[]], met: MetOrders): Detection {
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
      newOrders: newOrdersOf(fills, met),
      ...(fills.some(({ liquidation }) => liquidation === true) ? { liquidation: true } : {}),
    },
  };
}

/** How many orders had their first increasing fill here. An order that flips the leader counts once, with its first fill beyond flat. */
function newOrdersOf(fills: readonly LeaderFill[], met: MetOrders): number | null {
  let found = 0;
  for (const fill of fills) {
    const end = fill.startPosition + signed(fill);
    const increases = end < 0n !== fill.startPosition < 0n || abs(end) > abs(fill.startPosition);
    if (end === 0n || !increases) continue;
    const key = orderKeyOf(fill);
    if (key === null) return null;
    if (met.note(key)) found += 1;
  }
  return found;
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value);

/** A move made of where a leader was found instead of fills: state, never a signal, so only its reductions are followed. */
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
    newOrders: 0,
  };
}

/**
 * What a leader did before fills of one coin and block that show him to have left `known` unseen, and tell all of what he opens then: they begin flat, or cross it from
 * the other side. A move of its own, of the moment before them, which they continue, so that they may be followed. null: he may be where he was, or some of what he has
 * now is missing.
 */
export function leftUnseen(known: Size, fills: readonly [LeaderFill, ...LeaderFill[]]): Move | null {
  const { coin, startPosition, price: told, time } = fills[0];
  const last = fills[fills.length - 1] ?? fills[0];
  const isMissing = isOneSide(startPosition, last.startPosition + signed(last));
  return known === 0n || isOneSide(known, startPosition) || isMissing ? null : resyncMove(coin, known, startPosition, told, time - 1);
}

const isOneSide = (one: bigint, other: bigint): boolean => (one > 0n && other > 0n) || (one < 0n && other < 0n);

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
