import type { ScenarioFault } from './faults';
import type { ChainTerms, CopyTerms } from './terms';

/**
 * What happens in a scenario. `at` is virtual ms from its start; steps are in order of `at`, those of equal times in the order of the list. Prices are bigint
 * 10^-8 on the coin's grid, money bigint 10^-8, sizes whole lots of the coin, signed where they say a direction (a buy is above zero).
 */
export type Step =
  | MarketStep
  | LeaderStep
  | LeaderOrderStep
  | CopyStep
  | LimitsStep
  | SwitchStep
  | CloseAllStep
  | ListingStep
  | SuspensionStep
  | RightsStep
  | FollowerStep
  | FaultStep
  | EngineStep
  | CalmStep;
export type StepKind = Step['kind'];

/** Every kind there is. */
export const STEP_KINDS = [
  'prices',
  'quote',
  'makers',
  'regime',
  'funding_rate',
  'funding_charge',
  'halt',
  'resume',
  'delist',
  'leader_trades',
  'leader_cash',
  'leader_liquidated',
  'leader_places',
  'leader_changes',
  'leader_cancels',
  'leader_closes',
  'copy_create',
  'copy_terms',
  'copy_allocation',
  'copy_pause',
  'copy_resume',
  'copy_stop',
  'copy_re_enable',
  'copy_rebase',
  'limits',
  'kill_switch',
  'close_all',
  'close_all_of',
  'listing_pause',
  'listing_resume',
  'tenant_suspend',
  'tenant_release',
  'leader_access',
  'entitlement_grant',
  'entitlement_revoke',
  'terms_publish',
  'copy_consent',
  'own_trade',
  'venue_cash',
  'agent_expires',
  'agent_replaced',
  'builder_withdrawn',
  'builder_approved',
  'fault_begins',
  'fault_ends',
  'clock_offset',
  'engine_starts',
  'engine_dies',
  'lock_lost',
  'calm_begins',
  'audit',
  'calm_ends',
] as const satisfies readonly StepKind[];

export const REGIMES = ['calm', 'rise', 'fall', 'crash', 'gap', 'thin', 'funding_spike', 'halted', 'candles'] as const;
export type Regime = (typeof REGIMES)[number];

export interface QuoteRow {
  readonly price: bigint;
  readonly lots: number;
}

export type MarketStep =
  /** Oracle, mark and the makers' usual book of each coin go to a price. */
  | { readonly at: number; readonly kind: 'prices'; readonly moves: readonly { readonly coin: string; readonly price: bigint }[] }
  /** The makers' book of a coin, best rows first, until the coin's next move of price. */
  | {
      readonly at: number;
      readonly kind: 'quote';
      readonly coin: string;
      readonly bids: readonly QuoteRow[];
      readonly asks: readonly QuoteRow[];
    }
  /** The makers go away or come back. */
  | { readonly at: number; readonly kind: 'makers'; readonly coin: string; readonly on: boolean }
  /** Tells the reader what the prices do from now on; nothing is to be done. */
  | { readonly at: number; readonly kind: 'regime'; readonly coin: string; readonly regime: Regime }
  /** Hourly rate as a decimal; null: the venue's own. */
  | { readonly at: number; readonly kind: 'funding_rate'; readonly coin: string; readonly hourly: string | null }
  /** One hour of funding is charged in every coin. */
  | { readonly at: number; readonly kind: 'funding_charge' }
  | { readonly at: number; readonly kind: 'halt' | 'resume' | 'delist'; readonly coin: string };

export const TRADE_INTENTS = ['open', 'increase', 'reduce', 'close', 'flip'] as const;
export type TradeIntent = (typeof TRADE_INTENTS)[number];

export interface LeaderFill {
  readonly lots: number;
  readonly price: bigint;
}

export type LeaderStep =
  /**
   * Fills of one leader, coin and order, all in one block, all of one direction. `before` is the position the script reckons with, in lots; where the
   * world's is another one, `fitTrade` says what to do instead.
   */
  | LeaderTrades
  /** Deposit above zero, withdrawal below. */
  | { readonly at: number; readonly kind: 'leader_cash'; readonly leader: number; readonly dex: string; readonly amount: bigint }
  /**
   * The venue takes all the leader has on the dex: whoever plays takes so much cash off the account that its equity is `keepPpm` millionths of its
   * maintenance margin. The leader is flat on the dex afterwards, and does not trade there until its next `leader_cash`.
   */
  | { readonly at: number; readonly kind: 'leader_liquidated'; readonly leader: number; readonly dex: string; readonly keepPpm: number };

export interface LeaderTrades {
  readonly at: number;
  readonly kind: 'leader_trades';
  readonly leader: number;
  readonly coin: string;
  readonly intent: TradeIntent;
  /** One venue order, whose fills may come in several steps; unique over leaders. */
  readonly order: number;
  readonly before: number;
  readonly fills: readonly [LeaderFill, ...LeaderFill[]];
}

/** Terms of a working order. `lots` is signed. */
export interface LeaderOrderTerms {
  readonly lots: number;
  readonly price: bigint;
  readonly reduceOnly: boolean;
  /** What sets it off; null: it is a limit order. `market`: it is bounded by its price alone then. */
  readonly trigger: { readonly price: bigint; readonly purpose: 'take_profit' | 'stop_loss'; readonly market: boolean } | null;
}

/**
 * Working orders of a leader, which the venue takes, holds, fills or refuses as anybody's: what such a leader holds is not known beforehand. `order` names an order
 * over all its changes, unique over leaders; one that is gone is changed and cancelled without effect.
 */
export type LeaderOrderStep =
  | {
      readonly at: number;
      readonly kind: 'leader_places' | 'leader_changes';
      readonly leader: number;
      readonly order: number;
      readonly coin: string;
      readonly terms: LeaderOrderTerms;
    }
  /** `order` null: all it has in the coin. */
  | { readonly at: number; readonly kind: 'leader_cancels'; readonly leader: number; readonly order: number | null; readonly coin: string }
  /** What it holds of the coin is closed at the market. */
  | { readonly at: number; readonly kind: 'leader_closes'; readonly leader: number; readonly coin: string };

export type CopyStep =
  /** The first step of a copy; `copy` counts from 0 over all tenants. */
  | {
      readonly at: number;
      readonly kind: 'copy_create';
      readonly copy: number;
      readonly tenant: number;
      readonly follower: number;
      readonly leader: number;
      readonly allocation: bigint;
      readonly terms: CopyTerms;
    }
  /** A new version, whole. */
  | {
      readonly at: number;
      readonly kind: 'copy_terms';
      readonly copy: number;
      readonly change: 'tighter' | 'looser' | 'other';
      readonly terms: CopyTerms;
    }
  /** Money given to the copy above zero, taken from it below; `now`: it acts at once, not with the leader's next increase. */
  | { readonly at: number; readonly kind: 'copy_allocation'; readonly copy: number; readonly by: bigint; readonly applies?: 'now' }
  /** `inMs`: of `unwind_by` alone, how far ahead its deadline is. */
  | { readonly at: number; readonly kind: 'copy_stop'; readonly copy: number; readonly mode: StopMode; readonly inMs?: number }
  /** What the copy's state does not allow is refused by the gateway, and that is no fault. */
  | { readonly at: number; readonly kind: 'copy_pause' | 'copy_resume' | 'copy_re_enable' | 'copy_rebase'; readonly copy: number };

/** Whose copies limits bind. */
export type LimitTarget =
  | { readonly layer: 'platform' }
  | { readonly layer: 'tenant'; readonly tenant: number }
  | { readonly layer: 'leader'; readonly tenant: number; readonly leader: number }
  | { readonly layer: 'follower'; readonly follower: number };

/** Limits above the copies, whole, in place of those that stood for the target. */
export interface LimitsStep {
  readonly at: number;
  readonly kind: 'limits';
  readonly target: LimitTarget;
  readonly limits: ChainTerms;
}

export const STOP_MODES = ['close_now', 'follow_to_close', 'hand_over', 'unwind_by'] as const;
export type StopMode = (typeof STOP_MODES)[number];

/** `leader` is that of one tenant alone. `owner`: the tenant's own switch, or the operator's. */
export type SwitchTarget =
  | { readonly thing: 'copy'; readonly copy: number }
  | { readonly thing: 'leader'; readonly tenant: number; readonly leader: number }
  | { readonly thing: 'tenant'; readonly tenant: number; readonly owner: 'tenant' | 'operator' }
  | { readonly thing: 'platform' };

export interface SwitchStep {
  readonly at: number;
  readonly kind: 'kill_switch';
  readonly target: SwitchTarget;
  readonly on: boolean;
}

/** Every copy of a brand's leader, or of the brand, is to be closed at once, those that are about to begin among them. */
export interface CloseAllStep {
  readonly at: number;
  readonly kind: 'close_all_of';
  readonly target: CloseAllTarget;
}

/** A brand takes a leader out of use for a while: its copies of it take no new risk, their exits go on. */
export interface ListingStep {
  readonly at: number;
  readonly kind: 'listing_pause' | 'listing_resume';
  readonly tenant: number;
  readonly leader: number;
}

/** The operator suspends a whole brand for a while: its copies take no new risk, their exits go on. */
export interface SuspensionStep {
  readonly at: number;
  readonly kind: 'tenant_suspend' | 'tenant_release';
  readonly tenant: number;
}

/** Whether followers may copy a brand's leader, and on which published terms. What stands already is refused by the gateway, and that is no fault. */
export type RightsStep =
  | {
      readonly at: number;
      readonly kind: 'leader_access';
      readonly tenant: number;
      readonly leader: number;
      readonly access: 'everyone' | 'granted';
    }
  /** The follower may copy the leader for so long, in ms; null: without end. Granted before, it is renewed, or ends sooner. */
  | { readonly at: number; readonly kind: 'entitlement_grant'; readonly follower: number; readonly leader: number; readonly forMs: number | null }
  | { readonly at: number; readonly kind: 'entitlement_revoke'; readonly follower: number; readonly leader: number }
  /** Another version, which binds in so many ms; 0: at once. */
  | { readonly at: number; readonly kind: 'terms_publish'; readonly tenant: number; readonly leader: number; readonly inMs: number }
  /** The follower of a copy consents to the newest version. */
  | { readonly at: number; readonly kind: 'copy_consent'; readonly copy: number };

export type CloseAllTarget =
  | { readonly thing: 'leader'; readonly tenant: number; readonly leader: number }
  | { readonly thing: 'tenant'; readonly tenant: number };

export type FollowerStep =
  /** Everything the follower copies is to be closed at once. */
  | { readonly at: number; readonly kind: 'close_all'; readonly follower: number }
  /** The follower trades by itself: so many lots, or so many millionths of the net it has (below zero: against it; nothing when flat). */
  | { readonly at: number; readonly kind: 'own_trade'; readonly follower: number; readonly coin: string; readonly size: OwnSize }
  /** Deposit above zero, withdrawal below, at the venue; what the account cannot give is not taken. */
  | { readonly at: number; readonly kind: 'venue_cash'; readonly follower: number; readonly dex: string; readonly amount: bigint }
  /** The agent's approval ends; another agent is approved and its key given to the engine; the builder's approval ends; it is given again. */
  | {
      readonly at: number;
      readonly kind: 'agent_expires' | 'agent_replaced' | 'builder_withdrawn' | 'builder_approved';
      readonly follower: number;
    };

export type OwnSize = { readonly by: 'lots'; readonly lots: number } | { readonly by: 'net'; readonly ppm: number };

/** Windows of faults; one `fault_ends` for each `fault_begins`, at the latest before the next calm. */
export type FaultStep =
  | { readonly at: number; readonly kind: 'fault_begins'; readonly fault: number; readonly what: ScenarioFault }
  | { readonly at: number; readonly kind: 'fault_ends'; readonly fault: number };

export type EngineStep =
  /** How far the engines' machine is ahead of the venue's time. */
  | { readonly at: number; readonly kind: 'clock_offset'; readonly ms: number }
  /**
   * An engine process starts. `leads`: none lives, it must come up and lead. `refused`: another lives and leads, this one must give up. Engine processes count
   * from 0, each start is another one.
   */
  | { readonly at: number; readonly kind: 'engine_starts'; readonly engine: number; readonly expected: 'leads' | 'refused' }
  /**
   * The process is gone without a handler run: at once, or when it passes the named point for the `nth` time from now, and after `latestMs` in any case.
   * It lives at `at`. The next to lead starts after that.
   */
  | {
      readonly at: number;
      readonly kind: 'engine_dies';
      readonly engine: number;
      readonly point: string | null;
      readonly nth: number;
      readonly latestMs: number;
    }
  | LockLost;

/** No point of the engine: a wave was written down, and the engine does not know yet. */
export const WAVE_WRITTEN = 'wave_written';

/**
 * The database forgets the lock of the engine that leads, at once or where it passes a point as for a death, or {@link WAVE_WRITTEN}; where none leads nothing is
 * lost. It lives on beside the next one, which has a clock of its own.
 */
export interface LockLost {
  readonly at: number;
  readonly kind: 'lock_lost';
  readonly point: string | null;
  readonly nth: number;
  readonly latestMs: number;
  /** For so long it goes by its lock still, and for so long it lives, if nothing ends it before. */
  readonly certainMs: number;
  readonly livesMs: number;
  /** What its transactions meet. `silent`: no answer at all. */
  readonly storage: 'reachable' | 'refused' | 'silent';
  /** What it sends, and what the database answers it, takes so much longer from then on. */
  readonly slowMs: number;
  readonly answersMs: number;
  /** The next one begins after so long, its clock so far ahead. */
  readonly nextInMs: number;
  readonly nextOffsetMs: number;
}

/**
 * A calm: no fault is open, an engine lives, no leader trades and nobody asks for anything; prices go on. `audit` stands when it has lasted for long enough:
 * there everything is compared. In the last calm all leaders are flat before it begins, and the scenario ends with its audit.
 */
export type CalmStep = {
  readonly at: number;
  readonly kind: 'calm_begins' | 'audit' | 'calm_ends';
  readonly calm: number;
  readonly last: boolean;
};
