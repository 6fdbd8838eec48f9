import type { Money, Rate, Size } from '@lockstep/kernel';
import type { Move } from '@lockstep/replication';
import type { WatchedAccount } from '../state/registry';

/** A move that stands in the inbox: its number is the wave's. */
export interface RecordedMove {
  readonly wave: number;
  /** Place among the watched account’s moves. */
  readonly seq: number;
  readonly watched: WatchedAccount;
  readonly move: Move;
  /** Leader's equity before the move's first fill; null when unknown. */
  readonly leaderEquity: Money | null;
  /** Volatility of the leader's returns as known then; null when unknown. */
  readonly leaderVolatility: Rate | null;
  /** When the frame left the socket, and when the inbox had committed; epoch ms with fractions. */
  readonly receivedAt: number;
  readonly recordedAt: number;
  /** The leader's orders its fills belong to; of a move restored after a restart they are not told. */
  readonly orders?: readonly FilledOrder[];
}

/** A part of a leader's order that filled. */
export interface FilledOrder {
  readonly orderId: string;
  readonly size: Size;
}

export const laneKey = (watchedNo: number, coin: string): string => `${watchedNo}|${coin}`;
