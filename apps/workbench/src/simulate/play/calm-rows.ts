import type { CopyRow, EventRow, FillRow, LedgerTransactionRow, OrderRow, PositionState } from '@lockstep/storage';

type Shown = 'copyNo' | 'coin' | 'position' | 'target' | 'forfeitReason' | 'userClosed' | 'dust' | 'realisedPnl' | 'fees' | 'funding';

/** Everything of a scope an audit compares. */
export interface CalmRows {
  readonly copies: readonly CopyRow[];
  readonly positions: readonly Pick<PositionState, Shown>[];
  readonly orders: readonly OrderRow[];
  readonly fills: readonly FillRow[];
  readonly transactions: readonly LedgerTransactionRow[];
  readonly events: readonly Pick<EventRow, 'type' | 'data'>[];
  readonly accounts: ReadonlyMap<bigint, string>;
}
