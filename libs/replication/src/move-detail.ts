import { type Price, type Rate, rate, type Size } from '@lockstep/kernel';
import type { Move } from './move';

/** What planning needs of a move besides the columns of its row; kept as JSON so that a restart, or a preview, plans the same move. */
export interface MoveDetail {
  readonly source: Move['source'];
  readonly kind: Move['kind'];
  readonly increment: string;
  readonly incrementPrice: string | null;
  readonly lastPrice: string;
  readonly fills: number;
  readonly newOrders: number | null;
  readonly leaderVolatility: string | null;
  readonly liquidation?: true;
}

/** A stored move. Sizes 10^-8, times epoch ms. */
export interface StoredMove {
  readonly coin: string;
  readonly positionBefore: Size;
  readonly positionAfter: Size;
  readonly firstFillMs: number;
  readonly lastFillMs: number;
  readonly detail: unknown;
}

/** The detail of a move as it is stored. */
export const moveDetail = (move: Move, leaderVolatility: Rate | null): MoveDetail => ({
  source: move.source,
  kind: move.kind,
  increment: move.increment.toString(),
  incrementPrice: move.incrementPrice?.toString() ?? null,
  lastPrice: move.lastPrice.toString(),
  fills: move.fills,
  newOrders: move.newOrders,
  leaderVolatility: leaderVolatility?.toString() ?? null,
  ...(move.liquidation === true ? { liquidation: true } : {}),
});

/** A stored move as it was recorded, with the leader's volatility as known then; null when its detail cannot be read. */
export function readMove(row: StoredMove): { readonly move: Move; readonly leaderVolatility: Rate | null } | null {
  const detail = parseDetail(row.detail);
  if (detail === null) return null;
  const move: Move = {
    coin: row.coin,
    kind: detail.kind,
    source: detail.source,
    before: row.positionBefore,
    after: row.positionAfter,
    increment: BigInt(detail.increment) as Size,
    incrementPrice: detail.incrementPrice === null ? null : (BigInt(detail.incrementPrice) as Price),
    lastPrice: BigInt(detail.lastPrice) as Price,
    firstFillAt: row.firstFillMs,
    lastFillAt: row.lastFillMs,
    fills: detail.fills,
    newOrders: detail.newOrders,
    ...(detail.liquidation === true ? { liquidation: true } : {}),
  };
  return { move, leaderVolatility: detail.leaderVolatility === null ? null : rate(BigInt(detail.leaderVolatility)) };
}

const KINDS: readonly Move['kind'][] = ['open', 'increase', 'reduce', 'close', 'flip', 'none'];
const INTEGER = /^-?\d{1,30}$/;

function parseDetail(value: unknown): MoveDetail | null {
  if (typeof value !== 'object' || value === null) return null;
  const {
    source,
    kind,
    increment,
    incrementPrice,
    lastPrice,
    fills,
    newOrders = null,
    leaderVolatility = null,
    liquidation,
  } = value as Readonly<Record<string, unknown>>;
  const known = KINDS.find((one) => one === kind);
  const integer = (text: unknown): text is string => typeof text === 'string' && INTEGER.test(text);
  if (known === undefined || (source !== 'fills' && source !== 'resync') || typeof fills !== 'number') return null;
  if (!integer(increment) || !integer(lastPrice) || (incrementPrice !== null && !integer(incrementPrice))) return null;
  if ((newOrders !== null && typeof newOrders !== 'number') || (leaderVolatility !== null && !integer(leaderVolatility))) return null;
  return {
    source,
    kind: known,
    increment,
    incrementPrice,
    lastPrice,
    fills,
    newOrders,
    leaderVolatility,
    ...(liquidation === true ? { liquidation } : {}),
  };
}
