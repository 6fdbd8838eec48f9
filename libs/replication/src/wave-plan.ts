import type { Instrument } from '@lockstep/kernel';

/**
 * Planned orders as columns, in the order in which they leave. The first block has the names and types of the venue port's order
 * columns, so that a plan is handed to a venue without copying.
 */
export interface PlannedOrders {
  readonly count: number;
  readonly instrument: Instrument;
  readonly builders: readonly string[];
  readonly signer: Int32Array;
  /** 1 buy, 0 sell. */
  readonly buy: Uint8Array;
  /** Limit price times 10^8, on the grid. */
  readonly price: Float64Array;
  /** Whole lots, above zero. */
  readonly lots: Float64Array;
  readonly reduceOnly: Uint8Array;
  readonly tif: Uint8Array;
  /** 16 bytes a row. */
  readonly clientOrderId: Uint8Array;
  readonly nonce: Float64Array;
  /** Venue time after which an entry must not execute; 0 for exits. */
  readonly expiresAfter: Float64Array;
  readonly builder: Int8Array;
  /** Tenths of a basis point. */
  readonly builderFee: Uint16Array;

  /** Index of the decision this order carries out. */
  readonly decision: Int32Array;
  /** Row of the copy in the book. */
  readonly row: Int32Array;
  readonly copyNo: Float64Array;
  readonly leg: Uint8Array;
  readonly attempt: Uint16Array;
  /** 1: reduces the copy's own position; 0: new risk. */
  readonly exit: Uint8Array;
  /** Wave in the client order id (a repair keeps the wave it repairs). */
  readonly wave: Float64Array;
  readonly settingsVersion: Int32Array;
  /** Price the bound was made from, times 10^8. */
  readonly reference: Float64Array;
  /** Number of the egress address the order leaves from, from 1, put in by who knows the ways out; 0: no limits are kept to. */
  readonly egress: Uint8Array;
  /** 1 + the loss limit (by `LOSS_LIMITS`) whose breaker an exit carries out: what a restart knows of a breaker that is not written yet; 0: none. */
  readonly breaker: Uint8Array;
}

/** One decision per copy, skips included. Targets are signed micro-lots (10^-6 lot). */
export interface Decisions {
  readonly count: number;
  readonly row: Int32Array;
  readonly copyNo: Float64Array;
  readonly scope: Int32Array;
  readonly reason: Uint8Array;
  readonly targetBefore: Float64Array;
  readonly targetAfter: Float64Array;
  /** Signed position in lots when decided, and the worst-case lots of orders in flight. */
  readonly position: Float64Array;
  readonly pendingBuy: Float64Array;
  readonly pendingSell: Float64Array;
  /** κ of the increase, times 10^12; 0 when it was not needed. */
  readonly kappa: Float64Array;
  readonly settingsVersion: Int32Array;
  /** Lots of exit and entry put into orders, ≥ 0. */
  readonly exitLots: Float64Array;
  readonly entryLots: Float64Array;
  /** Bit i: CAPS[i] cut this copy. */
  readonly cutMask: Uint16Array;
  /** First entry of this copy in `cuts`; as many follow as the mask has bits, in ascending bit order. */
  readonly cutFirst: Int32Array;
  /** Micro-lots cut, in the order of the masks' bits. */
  readonly cuts: Float64Array;
  readonly cutCount: number;
}

/** Everything one wave (or repair) decided for all copies of one watched account in one instrument. */
export interface WavePlan {
  readonly wave: number;
  readonly coin: string;
  readonly plannedAt: number;
  /** Leader's signed position in lots around the move. */
  readonly leaderBefore: number;
  readonly leaderAfter: number;
  readonly mark: number;
  /** Time of the leader's first fill; 0 for a repair. */
  readonly firstFillAt: number;
  /** The venue liquidated the leader in the move. */
  readonly liquidation: boolean;
  readonly decisions: Decisions;
  readonly orders: PlannedOrders;
}

/** Time-in-force codes of `tif`, those of the venue port. */
export const TIF_IOC = 0;
export const TIF_GTC = 1;
