/**
 * The terms of a copy as a scenario says them: plain values, so that this room knows nothing of the one that owns them. Whoever plays a scenario turns
 * them into its own settings. Rates, shares, ratios and volatilities are bigint 10^-12, money and sizes bigint 10^-8.
 */
export interface CopyTerms {
  readonly mode: ModeTerms;
  readonly direction: 'same' | 'inverse';
  readonly follow: 'all' | 'increases_only' | 'decreases_only';
  /** `band`: of the leader's own entry price; null: wherever it lies. */
  readonly start: { readonly kind: 'next_open' } | { readonly kind: 'adopt'; readonly band: bigint | null };
  readonly instruments: { readonly kind: 'all' } | { readonly kind: 'only' | 'except'; readonly coins: readonly string[] };
  readonly caps: CapTerms;
  readonly losses: LossTerms;
  /** Entries within reference · (1 ± entryBound); first exit bound against the book. */
  readonly entryBound: bigint;
  readonly exitBound: bigint;
  readonly maxAgeMs: number;
  readonly catchUpMs: number;
  readonly venueLeverage: number;
  /** Every increase waits for the follower's approval, so long at most; absent: none does. */
  readonly approveWithinMs?: number;
  /** What does not fill inside its bound stands at it; absent: it is given up. */
  readonly onBreach?: 'rest';
  /** A stop rests at the venue where the first limit would be met; absent: none does. */
  readonly protectiveStop?: true;
  /** The leader's working orders stand for the copy as well; absent: fills alone are copied. */
  readonly policy?: 'orders';
  /** What is done where what is held passes a limit; absent: it is told. */
  readonly stateLimits?: Readonly<Record<StateLimitTerms, StateActionTerms>> & {
    /** Absent: it is told. */
    readonly liquidation_distance?: StateActionTerms;
  };
}

export const STATE_LIMIT_TERMS = ['position_notional', 'position_share', 'leverage', 'gross_exposure'] as const;
export type StateLimitTerms = (typeof STATE_LIMIT_TERMS)[number];
export const STATE_ACTION_TERMS = ['none', 'alert', 'trim', 'close'] as const;
export type StateActionTerms = (typeof STATE_ACTION_TERMS)[number];

export type ModeTerms =
  | { readonly kind: 'fixed_ratio'; readonly ratio: bigint }
  | { readonly kind: 'proportional'; readonly multiplier: bigint; readonly compounding: 'reinvest' | 'fixed_nominal' }
  | { readonly kind: 'fixed_amount'; readonly amount: bigint; readonly maxAdds: number | null }
  | {
      readonly kind: 'risk_normalised';
      readonly multiplier: bigint;
      readonly targetVolatility: bigint;
      readonly scaleLeast: bigint;
      readonly scaleMost: bigint;
    };

/** Limits on new risk; null: none. */
export interface CapTerms {
  readonly maxPositionSize: bigint | null;
  readonly maxPositionNotional: bigint | null;
  readonly maxPositionShare: bigint | null;
  readonly maxLeverage: bigint | null;
  /** All positions together; absent: none. */
  readonly maxGrossExposure?: bigint | null;
  /** Least distance of a liquidation price from the mark, 10^-12; absent: none. */
  readonly minLiquidationDistance?: bigint | null;
}

/** Limits of a layer above the copies; null: none. What copies share stands here alone. */
export interface ChainTerms {
  readonly caps: Required<Omit<CapTerms, 'minLiquidationDistance'>> & Pick<CapTerms, 'minLiquidationDistance'>;
  readonly losses: Pick<LossTerms, 'fromStart' | 'trailing' | 'daily' | 'lossMoney'>;
  readonly exposure: {
    /** Σ notional of all copies of a leader, and of a follower; the same by underlying, as a share of what the follower's copies are worth. */
    readonly leaderCapacity: bigint | null;
    readonly followerGross: bigint | null;
    readonly underlyingShare: bigint | null;
    /** The same three where they are told and bind nothing; absent: none. */
    readonly alertCapacity?: bigint | null;
    readonly alertGross?: bigint | null;
    readonly alertShare?: bigint | null;
  };
  readonly instruments: CopyTerms['instruments'];
}

export const NO_CHAIN_TERMS: ChainTerms = {
  caps: { maxPositionSize: null, maxPositionNotional: null, maxPositionShare: null, maxLeverage: null, maxGrossExposure: null },
  losses: { fromStart: null, trailing: null, daily: null, lossMoney: null },
  exposure: { leaderCapacity: null, followerGross: null, underlyingShare: null },
  instruments: { kind: 'all' },
};

/** Limits of loss; null: none. `alertAt` and `haltNewAt` are shares of a limit. */
export interface LossTerms {
  readonly fromStart: bigint | null;
  readonly trailing: bigint | null;
  readonly daily: bigint | null;
  readonly lossMoney: bigint | null;
  readonly alertAt: bigint | null;
  readonly haltNewAt: bigint | null;
  readonly closeAfterMarks: number;
}
