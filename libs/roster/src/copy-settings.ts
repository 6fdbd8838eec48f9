import type { Money, Rate, Size } from '@lockstep/kernel';

/** How κ, today's ratio of a copy, is found (product §2.2). */
export type CopyMode =
  /** κ = ratio. */
  | { readonly kind: 'fixed_ratio'; readonly ratio: Rate }
  /** κ = multiplier · U ÷ E; `reinvest`: U is the copy equity, E the leader's equity; `fixed_nominal`: the allocation over the leader's basis equity. */
  | { readonly kind: 'proportional'; readonly multiplier: Rate; readonly compounding: 'reinvest' | 'fixed_nominal' }
  /**
   * `amount` of notional for each of the leader's increasing orders, at its first fill; what the order fills later adds nothing. No more than `maxAdds` of them
   * per episode; null: no limit of that kind. Reductions are followed by their fraction.
   */
  | { readonly kind: 'fixed_amount'; readonly amount: Money; readonly maxAdds: number | null }
  /**
   * κ = multiplier · U ÷ E · (target volatility ÷ the leader's volatility), the last factor held between `scaleLeast` and `scaleMost`. Volatilities are of a
   * year, as shares of equity.
   */
  | {
      readonly kind: 'risk_normalised';
      readonly multiplier: Rate;
      readonly targetVolatility: Rate;
      readonly scaleLeast: Rate;
      readonly scaleMost: Rate;
    };

/** `inverse`: the copy takes the other side of everything. It can change only while the copy is flat. */
export const DIRECTIONS = ['same', 'inverse'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** Which of the leader's changes move a target. `increases_only`: the follower closes by itself. `decreases_only`: nothing new is entered. */
export const FOLLOWS = ['all', 'increases_only', 'decreases_only'] as const;
export type Follow = (typeof FOLLOWS)[number];

/** What a copy does at its beginning with positions the leader is in. */
export type StartPolicy =
  /** Nothing, until the leader opens anew in the instrument. */
  | { readonly kind: 'next_open' }
  /** Takes them on where the mark lies within `band` of the leader's own entry price; null: wherever it lies. */
  | { readonly kind: 'adopt'; readonly band: Rate | null };

/**
 * What of the leader is copied (product §2.3). `positions`: fills move targets. `orders`: working limit, take-profit, stop-loss and trigger orders stand at the
 * venue as well, at proportional size, and follow their change and cancel; fills move targets all the same, and what a mirror does not fill is repaired.
 */
export const POLICIES = ['positions', 'orders'] as const;
export type CopyPolicy = (typeof POLICIES)[number];

export type InstrumentFilter =
  | { readonly kind: 'all' }
  | { readonly kind: 'only'; readonly coins: readonly string[] }
  | { readonly kind: 'except'; readonly coins: readonly string[] };

/** Limits on new risk. null: no limit of that kind. */
export interface PositionCaps {
  /** Largest |position| in base units, any instrument. */
  readonly maxPositionSize: Size | null;
  /** Largest |position| · max(mark, limit price). */
  readonly maxPositionNotional: Money | null;
  /** Largest |position| · mark as a share of copy equity U. */
  readonly maxPositionShare: Rate | null;
  /** Σ |D|·mark ÷ min(U, the copy's share of real equity). */
  readonly maxLeverage: Rate | null;
  /** Σ |D|·max(mark, limit price) over all instruments of the copy. */
  readonly maxGrossExposure: Money | null;
  /** Least distance of a position's liquidation price from the mark, as a share of the mark; 0: margin alone is judged. null: the venue alone judges both. */
  readonly minLiquidationDistance: Rate | null;
}

export const ON_BREACH = ['reject', 'rest'] as const;
export type OnBreach = (typeof ON_BREACH)[number];

/** Price protection (product §2.7). */
export interface SlippageSettings {
  /** b: entries within reference·(1 ± b). */
  readonly entryBound: Rate;
  /** First exit bound against the book; widened on each repeat up to the venue's band. */
  readonly exitBound: Rate;
  /** `reject`: an entry that does not fill inside its bound is given up, but for what is caught up. `rest`: it stands at the bound until its catch-up window ends. */
  readonly onBreach: OnBreach;
}

export interface BreakerSettings {
  /** Losses of the copy's unit NAV as shares that close the copy: from its start, from its highest, from the beginning of the tenant's day; null: off. */
  readonly fromStart: Rate | null;
  readonly trailing: Rate | null;
  readonly daily: Rate | null;
  /** The same in money, from the start; null: off. */
  readonly lossMoney: Money | null;
  /** Share of a limit at which it is told, and at which no new risk is taken, before it is met; null: not before. */
  readonly alertAt: Rate | null;
  readonly haltNewAt: Rate | null;
  /** New marks in a row that must show a limit met before everything is closed; new risk is halted by the first. */
  readonly closeAfterMarks: number;
  /** Whether a reduce-only stop rests at the venue where the first limit would be met, for when we are down; nothing where no limit is set or the venue takes none. */
  readonly protectiveStop: boolean;
}

/** Limits of a copy that a mark, funding or a withdrawal may pass without any order. */
export const STATE_LIMITS = ['position_notional', 'position_share', 'leverage', 'gross_exposure', 'liquidation_distance'] as const;
export type StateLimit = (typeof STATE_LIMITS)[number];

/**
 * What is done where one is passed, mildest first; the index is the column code. `trim`: positions are reduced to 5 % below the limit. `close`: what passed it is
 * closed, and the leader's next open waited for.
 */
export const STATE_ACTIONS = ['none', 'alert', 'trim', 'close'] as const;
export type StateAction = (typeof STATE_ACTIONS)[number];

/** The terms of one copy; a new version per change, the version stands in every journaled order. */
export interface CopySettings {
  readonly mode: CopyMode;
  readonly policy: CopyPolicy;
  readonly direction: Direction;
  readonly follow: Follow;
  readonly start: StartPolicy;
  readonly instruments: InstrumentFilter;
  readonly caps: PositionCaps;
  readonly slippage: SlippageSettings;
  readonly breaker: BreakerSettings;
  /** What is done where a limit of `caps` is passed by what the copy holds. */
  readonly stateLimits: Readonly<Record<StateLimit, StateAction>>;
  /** Oldest leader fill an entry may follow, in ms; also the order's expiry where the venue has one. Default 2000. */
  readonly maxAgeMs: number;
  /** How long a failed entry may be caught up inside a two-sided band before the increment is given up, in ms. */
  readonly catchUpMs: number;
  /** Leverage set at the venue for the copied instruments. */
  readonly venueLeverage: number;
  /** Every increase waits for the follower's approval, so long after the leader's fill at most, in ms; null: increases leave by themselves. */
  readonly approveWithinMs: number | null;
  /** Names of choices (`CHOICE_NAMES`) that the copy leaves to the layers above it; where none of them says anything, what stands here acts. */
  readonly inherits: readonly string[];
}

/** True when the filter admits the coin. */
export function filterAdmits(filter: InstrumentFilter, coin: string): boolean {
  switch (filter.kind) {
    case 'all':
      return true;
    case 'only':
      return filter.coins.includes(coin);
    case 'except':
      return !filter.coins.includes(coin);
  }
}
