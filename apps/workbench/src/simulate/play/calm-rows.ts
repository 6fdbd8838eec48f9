import type { CopyRow, EventRow, FillRow, LedgerTransactionRow, OrderRow, PositionState, VenueAccountRow } from '@lockstep/storage';

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
  /** Addresses of those that approved no builder fee, as the engine knows it. */
  readonly unapproved: readonly string[];
  /** The address each follower trades through: one in a world. */
  readonly followers: ReadonlyMap<string, string>;
}

/** The address of an account that approved no builder fee, as its row says. */
export const withoutApproval = ({ address, builderFeeApproved }: Pick<VenueAccountRow, 'address' | 'builderFeeApproved'>): readonly string[] =>
  builderFeeApproved > 0 ? [] : [address];
