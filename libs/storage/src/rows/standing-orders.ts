import type { CopyId, EpochMs, Id, LeaderId } from '@lockstep/kernel';
import type { ScopedRow } from './scoped';

/**
 * An order that stands at the venue, or may: written before the action that places, changes or cancels it leaves, and removed once its end and every fill of
 * it are booked. `sent`: placed, outcome not known. `ending`: a cancel or change left, outcome not known. Sizes and prices 10^-8.
 */
export interface StandingOrderRow extends ScopedRow {
  readonly clientOrderId: string;
  readonly orderId: Id<'order'>;
  readonly purpose: 'protective_stop' | 'mirror';
  readonly copyNo: bigint;
  readonly copyId: CopyId;
  readonly leaderId: LeaderId;
  readonly settingsVersion: number;
  readonly venueAccountNo: bigint;
  readonly coin: string;
  readonly buy: boolean;
  readonly size: bigint;
  readonly price: bigint;
  /** Where it is triggered; null: a limit order. */
  readonly triggerPrice: bigint | null;
  readonly reduceOnly: boolean;
  /** Of a mirror: the leader's order it stands for, how much of it, and what sets it off; null of every other order, the last one also of a limit order. */
  readonly leaderOrderId: string | null;
  readonly leaderSize: bigint | null;
  readonly triggerKind: 'take_profit' | 'take_profit_limit' | 'stop_loss' | 'stop_loss_limit' | null;
  /** Of the action that placed it. */
  readonly nonce: bigint;
  /** Of the action that cancels or changes it; null: none left yet. */
  readonly endNonce: bigint | null;
  /** Client order id of the order it was put in the place of; null: of none. */
  readonly replaces: string | null;
  readonly status: 'sent' | 'standing' | 'ending';
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
}
