import type { Approved, Instrument } from '@lockstep/kernel';
import type { Address, ClientOrderId } from './types';

/** Handle of a signing key loaded into the adapter; valid until the adapter closes. */
export type SignerHandle = number;

/** A key to load. `privateKey` is moved into the signing worker and is empty afterwards. */
export interface SignerKey {
  readonly handle: SignerHandle;
  readonly agentAddress: Address;
  readonly privateKey: Uint8Array;
  /** The sub-account or vault every action of this signer acts for; absent: the account that approved the agent. */
  readonly actingFor?: Address;
  /** The account that approved the agent. Needed where requests name the wallet they trade for. */
  readonly wallet?: Address;
}

/** Time in force, as a column code. */
export const TIF = { ioc: 0, gtc: 1, alo: 2 } as const;

/** Orders of one instrument as columns; row i is one signed action of one venue account. Rows leave in ascending order. */
export interface OrderColumns {
  readonly count: number;
  readonly instrument: Instrument;
  /** Builder addresses; `builder` indexes it, −1 is none. */
  readonly builders: readonly Address[];
  readonly signer: Int32Array;
  /** 1 buy, 0 sell. */
  readonly buy: Uint8Array;
  /** Limit price times 10^8, on the venue's grid; a safe integer. */
  readonly price: Float64Array;
  /** Whole lots, above zero; a safe integer. */
  readonly lots: Float64Array;
  readonly reduceOnly: Uint8Array;
  /** 1: takes risk off its copy, hence leaves before all others; absent: what is reduce-only does. */
  readonly exit?: Uint8Array;
  readonly tif: Uint8Array;
  /** 16 bytes a row. */
  readonly clientOrderId: Uint8Array;
  /** The engine's nonce of this signer; the adapter never makes one. */
  readonly nonce: Float64Array;
  /** Venue time after which the action must not execute; 0 is none. */
  readonly expiresAfter: Float64Array;
  readonly builder: Int8Array;
  /** Builder fee in tenths of a basis point. */
  readonly builderFee: Uint16Array;
}

/** How an order ended at the venue, as a column code. Closed set. */
export const OUTCOME = { filled: 1, resting: 2, rejected: 3, unknown: 4 } as const;

/** Why the venue refused, from its texts. Closed set; the index is the column code. Append only: codes are journaled. */
export const REJECT_CODES = [
  'none',
  'tick',
  'min_notional',
  'margin',
  'reduce_only',
  'post_only_would_match',
  'ioc_no_match',
  'no_liquidity',
  'open_interest_cap',
  'oracle_distance',
  'position_tier',
  'zero_size',
  'invalid_size',
  'invalid_price',
  'builder_not_approved',
  'unknown_signer',
  'no_deposit',
  'bad_signature',
  'nonce_duplicate',
  'nonce_too_low',
  'expired',
  'address_rate_limited',
  'ip_rate_limited',
  'leverage',
  'post_only_period',
  'halted',
  'too_many_open_orders',
  'other',
  /** Ours: no connection took the request, so it cannot land. */
  'not_sent',
  /** A cancel of an order that is not open. */
  'missing_order',
  /** The margin mode of an instrument with an open position or orders cannot change. */
  'margin_mode_locked',
  /** The instrument admits isolated margin only. */
  'cross_not_allowed',
  /** The account holds too little for the leverage or margin asked for. */
  'leverage_margin',
  /** Margin of the position cannot be taken back, or it is not isolated. */
  'isolated_margin',
  /** A trigger price the venue does not take. */
  'bad_trigger',
  /** What the account's mode, kind or traded volume does not admit. */
  'account_not_eligible',
  /** The wallet's last agent of that name was replaced moments ago: the venue takes the next one in a few seconds. */
  'agent_removal_pending',
  /** The agent's address was approved before: it stands, or it was removed for good. */
  'agent_used',
] as const;
export type RejectCode = (typeof REJECT_CODES)[number];

/** Outcomes of rows of one batch, in the order the answers came. Times are epoch milliseconds with fractions. */
export interface OutcomeColumns {
  readonly count: number;
  /** Row in the batch. */
  readonly row: Int32Array;
  readonly outcome: Uint8Array;
  readonly rejectCode: Uint8Array;
  readonly filledLots: Float64Array;
  /** Average fill price times 10^8; 0 when nothing filled. */
  readonly averagePrice: Float64Array;
  /** Venue order id; 0 when there is none. */
  readonly orderId: Float64Array;
  readonly signedAt: Float64Array;
  readonly sentAt: Float64Array;
  readonly answeredAt: Float64Array;
}

/** What a whole batch did, once every row has an outcome. */
export interface SubmitReport {
  readonly accepted: number;
  readonly rejected: number;
  readonly unknown: number;
  readonly firstSentAt: number;
  readonly lastSentAt: number;
  readonly lastAnsweredAt: number;
}

/** The outcome of a single non-order action. */
export type ActionOutcome =
  | { readonly kind: 'accepted'; readonly response: unknown }
  | { readonly kind: 'rejected'; readonly code: RejectCode; readonly text: string }
  | { readonly kind: 'unknown'; readonly detail: string };

/** Signs and sends. An unknown outcome is never sent again by the adapter: that is the engine's decision. */
export interface OrderSubmission {
  loadSigners(keys: readonly SignerKey[]): Promise<void>;
  dropSigners(handles: readonly SignerHandle[]): Promise<void>;
  /**
   * Every row gets exactly one outcome, `unknown` after `answerTimeoutMs`. `keepGoing` is asked before each chunk; once false the rest is never signed and is
   * reported by `onWithheld`. `onAllLeft` is called once, when no row can be held back any more: what has no outcome then is on its way. A venue need not tell it.
   */
  submit(
    orders: Approved<OrderColumns>,
    sink: {
      onOutcomes(outcomes: OutcomeColumns): void;
      onWithheld?(rows: Int32Array): void;
      onAllLeft?(): void;
      keepGoing?(): boolean;
    },
  ): Promise<SubmitReport>;
  cancel(signer: SignerHandle, nonce: number, instrument: Instrument, clientOrderId: ClientOrderId): Promise<ActionOutcome>;
  updateLeverage(signer: SignerHandle, nonce: number, instrument: Instrument, leverage: number, cross: boolean): Promise<ActionOutcome>;
  /** Consumes a nonce, so that an order signed with it can no longer land. */
  noop(signer: SignerHandle, nonce: number): Promise<ActionOutcome>;
  /** Posts a user-signed action (wallet approvals) as the wallet signed it. */
  relay(signed: RelayedAction): Promise<ActionOutcome>;
  close(): Promise<void>;
}

/** An action signed by a follower's own wallet: the message fields as returned with the typed data, and the signature. */
export interface RelayedAction {
  readonly action: Readonly<Record<string, unknown>>;
  readonly nonce: number;
  readonly signature: { readonly r: string; readonly s: string; readonly v: number };
}
