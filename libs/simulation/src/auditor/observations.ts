import type { EpochMs } from '@lockstep/kernel';
import type { CopySeen, CopyStateSeen, SettingsSeen } from './terms';

/**
 * What the auditor is told, in order of `at` (virtual epoch ms with fractions; equal times in the order they happened). Prices, sizes and money are bigint
 * 10^-8, sizes of positions signed (long above zero). Addresses are lower case. `process` names an engine process, anew for each start.
 * Every time is virtual time as the world has it: where an engine's clock is off, whoever tells puts its times right.
 * What was delivered is told when the engine's process got it; what the world did is told when the world did it, whoever knows of it.
 */
export type Observation = TermsObservation | DeliveredObservation | ProcessObservation | OrderObservation | WorldObservation;

/** What is agreed and what is asked for. */
export type TermsObservation =
  | {
      readonly kind: 'instrument';
      readonly at: EpochMs;
      readonly coin: string;
      readonly szDecimals: number;
      readonly maxLeverage: number;
      /** Its positions have their margin for themselves; absent: they share their clearinghouse's. */
      readonly isolated?: true;
      /** Smallest notional of an order, 10^-8. */
      readonly minNotional: bigint;
      readonly collateral: string;
    }
  /**
   * A copy begins, or has other terms: from `at`, the moment the engine confirmed them. `allocation` is the money given to it so far, changes included.
   */
  | {
      readonly kind: 'copy_terms';
      readonly at: EpochMs;
      readonly copy: CopySeen;
      readonly settings: SettingsSeen;
      readonly allocation: bigint;
    }
  /** Other terms were asked for: an engine may take them up at any moment, until they are in force (`copy_terms`) or refused. Each is told in its turn. */
  | { readonly kind: 'terms_asked'; readonly at: EpochMs; readonly copyId: string; readonly settings: SettingsSeen; readonly allocation: bigint }
  /** The oldest terms asked for were refused; `newest`: those asked for last. */
  | { readonly kind: 'terms_refused'; readonly at: EpochMs; readonly copyId: string; readonly newest?: true }
  /** The engine wrote down another state of a copy. `reEnabled`: every reference of its loss limits begins anew. */
  | { readonly kind: 'copy_state'; readonly at: EpochMs; readonly copyId: string; readonly state: CopyStateSeen; readonly reEnabled?: true }
  /** A wish that ends new risk had its 2xx at `at`. Telling it twice is no harm. */
  | { readonly kind: 'halt'; readonly at: EpochMs; readonly thing: HaltedThing; readonly cause: HaltCause }
  /** Taking the wish back had its 2xx: from here on new risk may be taken again. */
  | { readonly kind: 'halt_lifted'; readonly at: EpochMs; readonly thing: HaltedThing; readonly cause: HaltCause }
  /** Who may copy a leader of a brand had its 2xx. A leader nothing was told of may be copied by everyone. `leaderId` as in `CopySeen`. */
  | { readonly kind: 'leader_access'; readonly at: EpochMs; readonly leaderId: string; readonly access: 'everyone' | 'granted' }
  /** The follower of an account may copy a leader until `until` (null: without end), or no longer (`revoked`): the grant, or taking it back, had its 2xx. */
  | {
      readonly kind: 'entitlement';
      readonly at: EpochMs;
      readonly leaderId: string;
      readonly account: string;
      readonly until: EpochMs | null;
      readonly revoked: boolean;
    }
  /** Terms of a leader were published, which bind from `bindingFrom` on; versions count from 1. */
  | { readonly kind: 'terms_published'; readonly at: EpochMs; readonly leaderId: string; readonly version: number; readonly bindingFrom: EpochMs }
  /** The follower of a copy consented to a version, and so to every one before it. */
  | { readonly kind: 'consented'; readonly at: EpochMs; readonly copyId: string; readonly version: number }
  /** Less money acts at once: in this moment a copy's targets went down by the share its equity lost. `before` and `after` are its allocations. */
  | { readonly kind: 'reduced_now'; readonly at: EpochMs; readonly copyId: string; readonly before: bigint; readonly after: bigint }
  /** More money acts at once, and what the engine says it made of it; told behind the terms and the re-basis it is. */
  | { readonly kind: 'added_now'; readonly at: EpochMs; readonly copyId: string; readonly added: readonly AddedSeen[] }
  /** A copy is to be closed evenly until `by`, epoch ms: the wish had its 2xx. */
  | { readonly kind: 'unwind_asked'; readonly at: EpochMs; readonly copyId: string; readonly by: EpochMs }
  /**
   * A follower approved an increase: the wish had its 2xx. `no` names it in the scope; `endsAt`: from when on nothing of it may be entered, as it was shown.
   */
  | { readonly kind: 'approved'; readonly at: EpochMs; readonly approval: ApprovalSeen }
  /** The engine refused an approval: nothing of it may be entered. */
  | { readonly kind: 'approval_refused'; readonly at: EpochMs; readonly copyId: string; readonly no: string }
  /**
   * The follower asked for re-basis, or for more money with effect at once: the wish had its 2xx (`asked`), and an engine may do it at any moment until that is
   * told to be settled; or the engine confirmed it.
   */
  | { readonly kind: 'rebased'; readonly at: EpochMs; readonly copyId: string; readonly asked?: true }
  /** The oldest re-basis that was told as asked for is done or refused: nothing more comes of it. */
  | { readonly kind: 'rebase_settled'; readonly at: EpochMs; readonly copyId: string };

/** What a follower approved. Size 10^-8, above zero. */
export interface ApprovalSeen {
  readonly copyId: string;
  readonly no: string;
  readonly coin: string;
  readonly buy: boolean;
  readonly size: bigint;
  readonly endsAt: EpochMs;
}

/** A target that was set at a follower's wish, signed; whole: it is what the mode asks for. */
export interface AddedSeen {
  readonly coin: string;
  readonly target: bigint;
  readonly isWhole: boolean;
}

export type HaltCause = 'pause' | 'stop' | 'wind_down' | 'hand_over' | 'kill_switch' | 'suspension';
/** `leader` is the key of the leader object (`CopySeen.leaderId`), `tenant` a scope key. */
export type HaltedThing =
  | { readonly kind: 'copy'; readonly copyId: string }
  | { readonly kind: 'leader'; readonly leaderId: string }
  | { readonly kind: 'tenant'; readonly scope: string }
  | { readonly kind: 'platform' };

/** What an engine process was told by the venue. */
export type DeliveredObservation =
  | { readonly kind: 'mark_delivered'; readonly at: EpochMs; readonly process: string; readonly coin: string; readonly price: bigint }
  /** Best bid and ask of a book with both sides. */
  | {
      readonly kind: 'quote_delivered';
      readonly at: EpochMs;
      readonly process: string;
      readonly coin: string;
      readonly bid: bigint;
      readonly ask: bigint;
    }
  /** One block's fills of a watched leader as told, in the venue's order, or those of a snapshot. Told twice is no harm. */
  | {
      readonly kind: 'leader_fills_delivered';
      readonly at: EpochMs;
      readonly process: string;
      readonly leader: string;
      readonly fills: readonly LeaderFill[];
      /** They were read with his state, as he was seen for the first time or again: one that nobody was told of as it came was missing. */
      readonly read?: true;
    }
  /** A leader's whole equity and positions as the engine was told them; null: not told with it. */
  | {
      readonly kind: 'leader_state_delivered';
      readonly at: EpochMs;
      readonly process: string;
      readonly leader: string;
      readonly equity: bigint | null;
      /** Venue time of the reading: of a coin with a newer fill it says nothing. */
      readonly time: EpochMs;
      /** Signed positions of every coin the reading covers, flat ones included; null: nothing is said of positions. */
      readonly positions: readonly PositionSeen[] | null;
    }
  /** All working orders of a leader in these coins as the engine was told them: what is not among them stands no more. */
  | {
      readonly kind: 'leader_orders_delivered';
      readonly at: EpochMs;
      readonly process: string;
      readonly leader: string;
      readonly coins: readonly string[];
      readonly orders: readonly LeaderOrderSeen[];
    }
  /** A fill of a follower's account, by the venue's trade id. */
  | {
      readonly kind: 'account_fill_delivered';
      readonly at: EpochMs;
      readonly process: string;
      readonly account: string;
      readonly tradeId: string;
      readonly coin: string;
    }
  /** A follower's account as the engine was told it: the equity of the whole account, not of one dex; null: not told with it. */
  | {
      readonly kind: 'account_state_delivered';
      readonly at: EpochMs;
      readonly process: string;
      readonly account: string;
      readonly equity: bigint | null;
      /** What is in the clearinghouse that was read; absent: not told with it. */
      readonly clearing?: { readonly dex: string; readonly value: bigint };
    }
  /** A charge became known to the engine, by the time the venue gave it. */
  | {
      readonly kind: 'funding_delivered';
      readonly at: EpochMs;
      readonly process: string;
      readonly account: string;
      readonly coin: string;
      readonly time: EpochMs;
    }
  /** What a process was told of an order of its own, by the answer or by asking for it. */
  | { readonly kind: 'answer_delivered'; readonly at: EpochMs; readonly process: string; readonly cloid: string; readonly outcome: AnswerSeen }
  /** From here until `synced` fills of these addresses may be missing; null: of all. */
  | { readonly kind: 'disconnected'; readonly at: EpochMs; readonly process: string; readonly addresses: readonly string[] | null }
  | { readonly kind: 'synced'; readonly at: EpochMs; readonly process: string; readonly address: string };

export type AnswerSeen = 'filled' | 'resting' | 'rejected' | 'unknown';

export interface LeaderFill {
  readonly tradeId: string;
  readonly coin: string;
  readonly buy: boolean;
  readonly size: bigint;
  readonly price: bigint;
  /** Signed position before it. */
  readonly startPosition: bigint;
  /** The TWAP's id where it is one's, else the order's; '' where a public trade does not tell. */
  readonly orderId: string;
  /** Venue time of its block. */
  readonly time: EpochMs;
}

/** A working order of a leader. Price, trigger and size 10^-8. */
export interface LeaderOrderSeen {
  /** The venue's name of it; an order that was changed has another. */
  readonly orderId: string;
  readonly coin: string;
  readonly buy: boolean;
  readonly reduceOnly: boolean;
  readonly price: bigint;
  readonly trigger: bigint | null;
  /** It is of the whole position, however large that is. */
  readonly ofPosition: boolean;
  readonly original: bigint;
  readonly remaining: bigint;
}

export interface PositionSeen {
  readonly coin: string;
  readonly size: bigint;
}

/**
 * Lives and deaths of engine processes. From `troubled` to `healed` something between them and the world fails: what has to be done within a time is not judged.
 */
export type ProcessObservation =
  | { readonly kind: 'process_started'; readonly at: EpochMs; readonly process: string }
  | { readonly kind: 'process_died'; readonly at: EpochMs; readonly process: string }
  /** The database forgot the lock of a process that lives on: until `certainUntil` it may go by it, and not a moment longer. */
  | { readonly kind: 'lock_lost'; readonly at: EpochMs; readonly process: string; readonly certainUntil: EpochMs }
  /** The commit by which a process began its term stands: nothing that a process before it writes may stand from here on. */
  | { readonly kind: 'term_begun'; readonly at: EpochMs; readonly process: string }
  /** A process that lost its lock sends an order or another action. */
  | { readonly kind: 'former_sent'; readonly at: EpochMs; readonly process: string; readonly about: string }
  /** A transaction of a process that lost its lock stands, which was more than a look. */
  | { readonly kind: 'former_wrote'; readonly at: EpochMs; readonly process: string }
  | { readonly kind: 'troubled' | 'healed'; readonly at: EpochMs };

/** What the engine wrote down and let go. */
export type OrderObservation =
  /** The row of a protective stop stands. */
  | {
      readonly kind: 'stop_written';
      readonly at: EpochMs;
      readonly process: string;
      readonly scope: string;
      readonly copyId: string;
      readonly cloid: string;
      readonly signer: string;
      readonly nonce: number;
    }
  /** A protective stop was handed over. */
  | { readonly kind: 'stop_handed'; readonly at: EpochMs; readonly stop: StopHanded }
  /** The row of a mirror of a leader's working order stands, given to the database at `writtenAt`. `replaces`: the mirror it takes the place of. */
  | {
      readonly kind: 'mirror_written';
      readonly at: EpochMs;
      readonly process: string;
      readonly scope: string;
      readonly copyId: string;
      readonly cloid: string;
      readonly signer: string;
      readonly nonce: number;
      readonly writtenAt: EpochMs;
      readonly leaderOrder: string;
      readonly replaces: string | null;
    }
  /** A mirror was handed over. */
  | { readonly kind: 'mirror_handed'; readonly at: EpochMs; readonly mirror: MirrorHanded }
  /** A leader's move, by the venue time of its block, was decided on for these copies; what it was decided on was so at `at` or before. Told before its orders. */
  | { readonly kind: 'move_decided'; readonly at: EpochMs; readonly coin: string; readonly time: EpochMs; readonly copyIds: readonly string[] }
  /** The wave's journal row with this order was given to the database at `journaledAt` and its commit stands at `at`. */
  | {
      readonly kind: 'order_journaled';
      readonly at: EpochMs;
      readonly process: string;
      readonly scope: string;
      readonly copyId: string;
      readonly wave: string;
      readonly cloid: string;
      readonly signer: string;
      readonly nonce: number;
      readonly journaledAt: EpochMs;
      /** Whether it only takes risk off; absent: not told, and what withholds it is not judged. */
      readonly reduceOnly?: boolean;
    }
  | { readonly kind: 'order_handed'; readonly at: EpochMs; readonly order: OrderHanded }
  | { readonly kind: 'crossed'; readonly at: EpochMs; readonly cross: CrossMade }
  /** A journaled order that will never be handed over, and why: `rule` names what kind of rule held it back, where it is known. */
  | { readonly kind: 'order_withheld'; readonly at: EpochMs; readonly cloid: string; readonly reason: string; readonly rule?: WithholdingRule }
  /** The venue took an action of an engine that spends this nonce without an order (a `noop`, a cancel, a leverage): no order with it can land any more. */
  | { readonly kind: 'nonce_voided'; readonly at: EpochMs; readonly signer: string; readonly nonce: number }
  /** A signer counts no more at the venue and never will again: what it signed and is not there cannot come. */
  | { readonly kind: 'signer_gone'; readonly at: EpochMs; readonly account: string; readonly signer: string }
  /** Another signer counts for an account at the venue. */
  | { readonly kind: 'signer_given'; readonly at: EpochMs; readonly account: string; readonly signer: string };

/**
 * What holds an order back. `halt`: a pause, stop, breaker or kill switch; `limit`: a cap; `stale`: marks, truth or age; `rate`: the venue's budget would let it
 * leave too late; `superseded`: a newer move took it back. The first four are rules for entries: an exit is never refused by them.
 */
export type WithholdingRule = 'halt' | 'limit' | 'stale' | 'rate' | 'superseded' | 'other';

/** A protective stop as it was handed to the venue's connection (product §2.10). Price, trigger and size 10^-8. */
export interface StopHanded {
  readonly process: string;
  readonly scope: string;
  readonly copyId: string;
  readonly account: string;
  readonly signer: string;
  readonly coin: string;
  readonly buy: boolean;
  readonly size: bigint;
  readonly price: bigint;
  readonly trigger: bigint | null;
  readonly reduceOnly: boolean;
  readonly cloid: string;
  readonly nonce: number;
}

/** A mirror of a leader's working order as it was handed to the venue's connection (product §2.3). */
export type MirrorHanded = StopHanded;

/** Two copies of an account traded with each other inside it; the commit that says so stands. */
export interface CrossMade {
  readonly process: string;
  readonly scope: string;
  /** Names it, in its fills too. */
  readonly no: string;
  readonly coin: string;
  readonly buyerId: string;
  readonly sellerId: string;
  readonly size: bigint;
  readonly price: bigint;
  readonly decidedAt: EpochMs;
}

/** One order as it was handed to the venue's connection. */
export interface OrderHanded {
  readonly process: string;
  readonly scope: string;
  /** From the journal. */
  readonly copyId: string;
  /** The journal's wave (move and shard, or the repair's own row): orders of one wave share it. */
  readonly wave: string;
  /** `move`: sent for a leader's move as it came; `repair`: anything later, also what the user asked for. */
  readonly cause: 'move' | 'repair';
  readonly account: string;
  /** Who signs, as nonces are counted. */
  readonly signer: string;
  readonly coin: string;
  readonly buy: boolean;
  readonly price: bigint;
  /** Base units, 10^-8, above zero. */
  readonly size: bigint;
  readonly reduceOnly: boolean;
  /** The journal has it as one that takes off the copy's own risk, whatever it does to the account; absent: as it is reduce-only. Both are judged, so a false word helps nobody. */
  readonly exit?: boolean;
  readonly tif: 'ioc' | 'gtc' | 'alo';
  readonly cloid: string;
  readonly nonce: number;
  /** Venue time; 0: none. */
  readonly expiresAfter: EpochMs;
  readonly decidedAt: EpochMs;
  readonly journaledAt: EpochMs;
  readonly sentAt: EpochMs;
}

/** What truly happened at the venue. `cloid` null: not an order of the engine (the follower's own, a liquidation, ADL, TP/SL at the venue). */
export type WorldObservation =
  | {
      readonly kind: 'world_order';
      readonly at: EpochMs;
      readonly account: string;
      readonly coin: string;
      readonly cloid: string | null;
      /** `resting`: it may fill on; the others are ends. */
      readonly status: 'resting' | 'done' | 'rejected';
      readonly reason?: string;
    }
  | {
      readonly kind: 'world_fill';
      readonly at: EpochMs;
      readonly account: string;
      readonly tradeId: string;
      readonly coin: string;
      readonly cloid: string | null;
      readonly buy: boolean;
      readonly size: bigint;
      readonly price: bigint;
      readonly fee: bigint;
      readonly closedPnl: bigint;
      readonly liquidation: boolean;
    }
  /** Above zero received. `time` is the charge's identity with account and coin. */
  | {
      readonly kind: 'world_funding';
      readonly at: EpochMs;
      readonly account: string;
      readonly coin: string;
      readonly time: EpochMs;
      readonly amount: bigint;
    }
  /** The venue's own mark. Engines are judged by the marks they were told, so nothing hangs on it. */
  | { readonly kind: 'world_mark'; readonly at: EpochMs; readonly coin: string; readonly price: bigint }
  /** The venue takes an instrument off its list for good: nobody trades it any more. */
  | { readonly kind: 'world_delisted'; readonly at: EpochMs; readonly coin: string };
