import type { EpochMs } from '@lockstep/kernel';
import type { PositionSeen } from './observations';
import type { CopyStateSeen } from './terms';

/** Everything as it stands when the world is quiet, no fault is on and the engine has nothing to do. All rows since the beginning of the run. */
export interface CalmSnapshot {
  readonly at: EpochMs;
  readonly copies: readonly CopyAtCalm[];
  /** Positions of leaders and followers at the venue; an address that is named has nothing but what is listed. */
  readonly positions: readonly { readonly address: string; readonly positions: readonly PositionSeen[] }[];
  readonly marks: readonly { readonly coin: string; readonly price: bigint }[];
  /** Working orders of leaders as they truly stand, by the venue's names; absent: no leader has any. */
  readonly leaderOrders?: readonly { readonly leader: string; readonly orderIds: readonly string[] }[];
  /** Accounts for which nothing may be entered, because they approved no builder fee; absent: none. */
  readonly unapproved?: readonly string[];
  readonly orders: readonly OrderRow[];
  readonly fills: readonly FillRow[];
  /** Limits that were told as passed: copy and limit, with a blank between. */
  readonly limitsTold?: readonly string[];
  /** Copies that were told to be closed by a loss limit or their protective stop, each as often as it was; absent: none. */
  readonly breakersTold?: readonly string[];
  /** What was told of limits that copies share, oldest first; absent: nothing was. */
  readonly sharedTold?: readonly SharedTold[];
  readonly transactions: readonly LedgerTransactionRow[];
  /** Every row and event that names a copy, by the scope it is kept under; an event without a copy need not be told. */
  readonly mentions: readonly { readonly what: string; readonly scope: string; readonly copyId: string }[];
}

/** A limit that copies share as it was told: by its name in the settings, whose copies it is over, and of what underlying. */
export interface SharedTold {
  readonly limit: string;
  /** The leader's key, or the lower-case address of the follower's venue account. */
  readonly of: string;
  readonly underlying: string | null;
  readonly action: 'alert' | 'release';
}

export interface CopyAtCalm {
  readonly copyId: string;
  readonly state: CopyStateSeen;
  readonly instruments: readonly CopyInstrumentAtCalm[];
  /** How the copy says it ended; absent: it has not said so. */
  readonly proof?: FlatnessProof | undefined;
  /** What the ledger booked for the copy; realised and funding signed (above zero: gained), fees above zero: paid. Markup (builder fee) is part of fees. */
  readonly booked: CopyFigures;
  /** The same as the copy's positions have it, of which its profit is reckoned; absent: it is not told. */
  readonly kept?: CopyFigures;
}

/** Of one copy in all instruments, 10^-8. */
export interface CopyFigures {
  readonly realised: bigint;
  readonly fees: bigint;
  readonly funding: bigint;
}

/** What a copy had when it ended (product §2.11), signed sizes; nothing is left where neither lists anything. */
export interface FlatnessProof {
  readonly dust: readonly PositionSeen[];
  readonly handedOver: readonly HandedSeen[];
}

/** A position that became the follower's own, and the price the copy's books were closed at. */
export interface HandedSeen extends PositionSeen {
  readonly price: bigint;
}

export interface CopyInstrumentAtCalm {
  readonly coin: string;
  /** The engine's signed target D and the position it believes in. */
  readonly target: bigint;
  readonly position: bigint;
  /** Why the position is not what the mode asks for, as the engine's receipts and columns say, since the episode began. */
  readonly reasons: readonly ShortfallReason[];
}

/**
 * Why a target or a position falls short. `cap`: a cap cut an increment; `denied`: refused by us (halts, filters, stale marks …); `forfeited`: given up when its
 * window ended; `below_minimum`: waits for the venue's minimum; `dust`: cannot close alone; `user_closed`; `rejected`: the venue refused to the end;
 * `waiting_for_open`: entered nothing since the copy began; `barred`: the account cannot trade it.
 */
export type ShortfallReason = 'cap' | 'denied' | 'forfeited' | 'below_minimum' | 'dust' | 'user_closed' | 'rejected' | 'waiting_for_open' | 'barred';

/**
 * One order as the books have it. `filled`: some of it filled, whatever became of the rest; `denied`: never handed over; `not_landed`: handed over, or journaled
 * by a process that died, and closed for good without reaching the venue; `open`: no end is written yet.
 */
export interface OrderRow {
  readonly scope: string;
  readonly copyId: string;
  readonly cloid: string;
  readonly end: 'filled' | 'rejected' | 'denied' | 'not_landed' | 'open';
  readonly filled: bigint;
}

/** One fill as the books have it; several rows of one trade are its parts by copy. */
export interface FillRow {
  readonly scope: string;
  readonly copyId: string;
  readonly account: string;
  readonly tradeId: string;
  readonly coin: string;
  /** Unsigned. */
  readonly size: bigint;
  readonly price: bigint;
  readonly fee: bigint;
  /** One side of a cross inside the account, which the venue knows nothing of; `tradeId` is the cross's name then. */
  readonly internal?: 'buy' | 'sell';
}

export interface LedgerTransactionRow {
  readonly scope: string;
  readonly id: string;
  /** What it is booked for; once per scope. */
  readonly source: string;
  readonly postings: readonly { readonly account: string; readonly asset: string; readonly amount: bigint }[];
  /** The copy's part of a charge of funding that it books; absent: it books something else. */
  readonly charge?: ChargePart;
}

/** What one copy had of one charge of its account, above zero received. */
export interface ChargePart {
  readonly copyId: string;
  readonly coin: string;
  /** The venue's moment. */
  readonly time: EpochMs;
  readonly amount: bigint;
}
