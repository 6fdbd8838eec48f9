import type { Approved, EpochMs, Instrument, Money, Price, Size } from '@lockstep/kernel';
import type { ActionOutcome, RejectCode, SignerHandle, TIF } from './submit';
import type { Address, ClientOrderId } from './types';

/** What sets a resting trigger order off. */
export interface TriggerTerms {
  /** Mark price at which it is triggered. */
  readonly price: Price;
  readonly purpose: 'take_profit' | 'stop_loss';
  /** True: it becomes a market order bounded by its limit price; false: a limit order that may rest. */
  readonly market: boolean;
}

/** An order that is meant to stand at the venue, or to wait there for its trigger. */
export interface WorkingOrder {
  readonly instrument: Instrument;
  readonly buy: boolean;
  /** Limit price on the venue's grid; of a market trigger the worst price it may execute at. */
  readonly price: Price;
  /** Whole lots; 0 with grouping `with_position` follows the position's size where the venue does so. */
  readonly size: Size;
  readonly reduceOnly: boolean;
  readonly clientOrderId: ClientOrderId;
  readonly terms: { readonly kind: 'limit'; readonly tif: keyof typeof TIF } | { readonly kind: 'trigger'; readonly trigger: TriggerTerms };
}

/**
 * How the orders of one action belong together: `none`; `with_entry`: the first is an entry, the others its take-profit and stop-loss, placed when it has
 * filled and cancelled with it; `with_position`: take-profit and stop-loss of the whole position, which follow its size and end with it.
 */
export const ORDER_GROUPINGS = ['none', 'with_entry', 'with_position'] as const;
export type OrderGrouping = (typeof ORDER_GROUPINGS)[number];

/** What rides on an action that places orders. */
export interface PlacementTerms {
  readonly grouping?: OrderGrouping;
  /** Venue time after which the action must not execute; never set for what takes risk off. */
  readonly expiresAfter?: EpochMs;
  /** Builder fee in tenths of a basis point. */
  readonly builder?: { readonly address: Address; readonly feeTenthsBp: number };
}

/** A change of a standing order: it ends and `order` stands in its place. */
export interface WorkingChange {
  readonly target: ClientOrderId;
  readonly order: WorkingOrder;
}

/** What became of one order of an action. Closed set. */
export type WorkingOutcome =
  /** It stands, or waits for its trigger or for the fill of its entry. */
  | { readonly kind: 'resting'; readonly orderId: string | null; readonly waitsFor: 'trigger' | 'entry' | null }
  | { readonly kind: 'filled'; readonly orderId: string; readonly size: Size; readonly averagePrice: Price }
  | { readonly kind: 'rejected'; readonly code: RejectCode; readonly text: string }
  | { readonly kind: 'unknown'; readonly detail: string };

export interface WorkingTarget {
  readonly instrument: Instrument;
  readonly clientOrderId: ClientOrderId;
}

/** Most orders, changes or cancels of one action: with these an action costs an address of ours no more than one with a single order. */
export const WORKING_BATCH_MAX = 39;

/**
 * Orders that stand at the venue: mirrored limit, take-profit, stop-loss and trigger orders, and protective stops. One action each; answers are by
 * position. Nothing is sent twice; an action without an answer leaves every one of its orders `unknown`.
 */
export interface WorkingOrders {
  /** One to {@link WORKING_BATCH_MAX} orders of one signer. */
  place(signer: SignerHandle, nonce: number, orders: Approved<readonly WorkingOrder[]>, terms?: PlacementTerms): Promise<readonly WorkingOutcome[]>;
  /** Changes standing orders by their client order ids. An order that is no longer open is refused with `missing_order`. */
  modify(
    signer: SignerHandle,
    nonce: number,
    changes: Approved<readonly WorkingChange[]>,
    expiresAfter?: EpochMs,
  ): Promise<readonly WorkingOutcome[]>;
  /** Cancels by client order id; `accepted` or the refusal of each. */
  cancelAll(signer: SignerHandle, nonce: number, targets: readonly WorkingTarget[]): Promise<readonly ActionOutcome[]>;
  /** Has the venue cancel every order of the account at a time, at least `SCHEDULE_AHEAD_MIN_MS` from now; null calls that off. */
  scheduleCancel(signer: SignerHandle, nonce: number, at: EpochMs | null): Promise<ActionOutcome>;
  /** Adds margin to an isolated position, or takes it back (below zero), in the instrument's collateral; whole millionths. */
  changeIsolatedMargin(signer: SignerHandle, nonce: number, instrument: Instrument, change: Money): Promise<ActionOutcome>;
}

/** The venue refuses a scheduled cancel nearer than this. */
export const SCHEDULE_AHEAD_MIN_MS = 5_000;
