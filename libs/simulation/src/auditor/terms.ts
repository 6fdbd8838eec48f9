import type { EpochMs } from '@lockstep/kernel';

/** States of a copy; new risk is taken in `active` alone. */
export type CopyStateSeen =
  | 'preparing'
  | 'active'
  | 'paused'
  | 'breaker_closed'
  | 'winding_down'
  | 'unwinding'
  | 'handing_over'
  | 'stopping'
  | 'stopped';

/** Whether a copy goes after its leader in this state, in exits at least, under its limits and with its stops. */
export const isFollowed = (state: CopyStateSeen): boolean =>
  state === 'active' || state === 'paused' || state === 'winding_down' || state === 'unwinding';

/** How κ is found (product §2.2). Ratios, multipliers and volatilities are 10^-12, amounts 10^-8. */
export type ModeSeen =
  | { readonly kind: 'fixed_ratio'; readonly ratio: bigint }
  | { readonly kind: 'proportional'; readonly multiplier: bigint; readonly compounding: 'reinvest' | 'fixed_nominal' }
  | { readonly kind: 'fixed_amount'; readonly amount: bigint; readonly maxAdds: number | null }
  | { readonly kind: 'risk_normalised'; readonly multiplier: bigint; readonly scaleLeast: bigint; readonly scaleMost: bigint };

/** Limits on new risk; null: none. Sizes and money 10^-8, shares and leverage 10^-12. */
export interface CapsSeen {
  readonly maxPositionSize: bigint | null;
  readonly maxPositionNotional: bigint | null;
  readonly maxPositionShare: bigint | null;
  readonly maxLeverage: bigint | null;
  /** All positions together; absent: none. */
  readonly maxGrossExposure?: bigint | null;
  /** Least distance of a liquidation price from the mark; absent: none. */
  readonly minLiquidationDistance?: bigint | null;
}

/** Limits that are judged on what is held as well (product §3 (2)), and what is done where one is passed. */
export type StateLimitSeen = 'position_notional' | 'position_share' | 'leverage' | 'gross_exposure' | 'liquidation_distance';
export type StateActionSeen = 'none' | 'alert' | 'trim' | 'close';

/** Limits several copies share; null: none. Money 10^-8, the share 10^-12 of what the follower's copies are worth. */
export interface SharedLimitsSeen {
  readonly leaderCapacity: bigint | null;
  readonly followerGross: bigint | null;
  readonly underlyingShare: bigint | null;
  /** The same three where they are told and bind nothing; absent: none. */
  readonly alertCapacity?: bigint | null;
  readonly alertGross?: bigint | null;
  readonly alertShare?: bigint | null;
}

/** Limits of loss; null: none. Shares are 10^-12, money 10^-8. */
export interface LossLimitsSeen {
  readonly fromStart: bigint | null;
  readonly trailing: bigint | null;
  readonly daily: bigint | null;
  readonly lossMoney: bigint | null;
  /** Share of a limit from which no new risk is taken; null: only when it is met. */
  readonly haltNewAt: bigint | null;
  readonly closeAfterMarks: number;
}

/** The terms of one copy in effect: the leader's and the tenant's limits are merged in by whoever tells them. */
export interface SettingsSeen {
  readonly mode: ModeSeen;
  readonly direction: 'same' | 'inverse';
  readonly follow: 'all' | 'increases_only' | 'decreases_only';
  readonly start: 'next_open' | 'adopt';
  readonly instruments: { readonly kind: 'all' } | { readonly kind: 'only' | 'except'; readonly coins: readonly string[] };
  readonly caps: CapsSeen;
  readonly losses: LossLimitsSeen;
  /** Absent: nothing is shared. */
  readonly shared?: SharedLimitsSeen;
  /** Absent: each is told. */
  readonly stateLimits?: Readonly<Record<Exclude<StateLimitSeen, 'liquidation_distance'>, StateActionSeen>> & {
    /** Absent: it is told. */
    readonly liquidation_distance?: StateActionSeen;
  };
  /** b of product §2.7, 10^-12. */
  readonly entryBound: bigint;
  readonly maxAgeMs: number;
  readonly catchUpMs: number;
  readonly venueLeverage: number;
  /** What does not fill inside its bound may stand at it; absent: it may not (product §2.7). */
  readonly onBreach?: 'rest';
  /** A stop rests at the venue where the first loss limit would be met (product §2.10); absent: none does. */
  readonly protectiveStop?: true;
  /** Every increase waits for the follower's approval, so long after the leader's fill at most (product §3, policies); absent: none does. */
  readonly approveWithinMs?: number;
  /** The leader's working orders stand for the copy as well (product §2.3); absent: fills alone are copied. */
  readonly policy?: 'orders';
}

/** True when the filter admits the coin. */
export function admits(filter: SettingsSeen['instruments'], coin: string): boolean {
  if (filter.kind === 'all') return true;
  return filter.coins.includes(coin) === (filter.kind === 'only');
}

/** What a copy is and where it trades; fixed for its life. */
export interface CopySeen {
  readonly scope: string;
  readonly copyId: string;
  /** Lower-case address of the venue account. */
  readonly account: string;
  /** Key of the leader object, as kill switches and suspensions name it. */
  readonly leaderId: string;
  /** Lower-case address of the watched account. */
  readonly leader: string;
  readonly createdAt: EpochMs;
  /** Where the brand's day begins, in ms after midnight UTC. */
  readonly dayBeginsMs: number;
}
