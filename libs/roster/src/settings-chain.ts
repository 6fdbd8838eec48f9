import type { Money, Rate } from '@lockstep/kernel';
import type { CopySettings, InstrumentFilter, PositionCaps } from './copy-settings';
import { LAYERS, type Layer } from './layers';
import { type ChainChoices, type ChoiceSources, chosenSettings } from './settings-choices';

/** Largest losses of a copy, as the copy's own `breaker` names them; null: no limit of that kind. */
export interface LossBounds {
  readonly fromStart: Rate | null;
  readonly trailing: Rate | null;
  readonly daily: Rate | null;
  readonly lossMoney: Money | null;
}

/** Limits that several copies share. They are set above the copies only; null: no limit of that kind. */
export interface ExposureLimits {
  /** Σ notional of all positions of all copies of a follower. */
  readonly followerGross: Money | null;
  /** The same per underlying, over all leaders and dexes, as a share of what all copies of the follower are worth. */
  readonly underlyingShare: Rate | null;
  /** Σ notional of all copies of a leader. */
  readonly leaderCapacity: Money | null;
  /** The same three, told and not enforced: what is held beyond one is told, and nothing is cut. */
  readonly alertGross: Money | null;
  readonly alertShare: Rate | null;
  readonly alertCapacity: Money | null;
}

/** Shared limits that bind nothing and tell nothing. */
export const NO_EXPOSURE_LIMITS: ExposureLimits = {
  followerGross: null,
  underlyingShare: null,
  leaderCapacity: null,
  alertGross: null,
  alertShare: null,
  alertCapacity: null,
};

/** Shared limits by their names in the settings' JSON: what all copies of them hold is judged on every mark, and told where it passes one. */
export const EXPOSURE_LIMITS = [
  'max_follower_exposure',
  'max_underlying_share',
  'max_leader_exposure',
  'alert_follower_exposure',
  'alert_underlying_share',
  'alert_leader_exposure',
] as const;
export type ExposureLimit = (typeof EXPOSURE_LIMITS)[number];

/** How a wave that is large against the book is spread over time. A choice, not a limit: of several layers the nearest to the copy decides. */
export interface ImpactTerms {
  /** A wave is spread when it is larger than this share of the depth inside the price bound. */
  readonly spreadAbove: Rate;
  /** Share of that depth which one round of slices takes, unless more has to leave for all to leave in time. */
  readonly participation: Rate;
  /** Longest time from the leader's fill to the last slice; 0: nothing is spread. */
  readonly withinMs: number;
  /** Share by which the time between two rounds is drawn longer or shorter. */
  readonly jitter: Rate;
}

/** What one layer above a copy bounds for every copy below it. null: nothing. */
export interface ChainLimits {
  readonly caps: PositionCaps;
  readonly losses: LossBounds;
  readonly exposure: ExposureLimits;
  readonly instruments: InstrumentFilter;
  readonly maxVenueLeverage: number | null;
  /** Every increase waits for the follower's approval, so long at most, in ms. */
  readonly approveWithinMs: number | null;
  readonly impact: ImpactTerms | null;
  /** What copies below do unless something nearer says otherwise. */
  readonly choices: ChainChoices;
}

/** Limits that bind nothing. */
export const NO_CHAIN_LIMITS: ChainLimits = {
  caps: {
    maxPositionSize: null,
    maxPositionNotional: null,
    maxPositionShare: null,
    maxLeverage: null,
    maxGrossExposure: null,
    minLiquidationDistance: null,
  },
  losses: { fromStart: null, trailing: null, daily: null, lossMoney: null },
  exposure: NO_EXPOSURE_LIMITS,
  instruments: { kind: 'all' },
  maxVenueLeverage: null,
  approveWithinMs: null,
  impact: null,
  choices: {},
};

/** Limits of one layer above the copy. */
export interface LayerLimits {
  readonly layer: Exclude<Layer, 'copy'>;
  readonly limits: ChainLimits;
}

/** Settings that merge along the chain, in the names of the settings' JSON. All others are choices, and the copy's own. */
export const LIMIT_NAMES = [
  'caps.max_position_size',
  'caps.max_position_notional',
  'caps.max_position_share',
  'caps.max_leverage',
  'caps.max_gross_exposure',
  'caps.min_liquidation_distance',
  'breaker.from_start',
  'breaker.trailing',
  'breaker.daily',
  'breaker.loss_money',
  'instruments',
  'venue_leverage',
  'approve_within_ms',
  'exposure.max_follower_exposure',
  'exposure.max_underlying_share',
  'exposure.max_leader_exposure',
  'exposure.alert_follower_exposure',
  'exposure.alert_underlying_share',
  'exposure.alert_leader_exposure',
  'impact',
] as const;
export type LimitName = (typeof LIMIT_NAMES)[number];

/** The layers an effective value comes from: one for a number, every layer that narrows it for the instruments, none where nothing bounds it. */
export type LimitSources = Readonly<Record<LimitName, readonly Layer[]>>;

/** Settings in effect and where each limit of them comes from. */
export interface EffectiveSettings {
  readonly settings: CopySettings;
  readonly exposure: ExposureLimits;
  /** Null: waves leave whole. */
  readonly impact: ImpactTerms | null;
  readonly sources: LimitSources;
  /** Where each choice comes from. */
  readonly choices: ChoiceSources;
}

/**
 * Settings in effect: limits merge along the chain, the least of each and of a floor the greatest, instruments by intersection; how waves are spread is the
 * nearest layer's word; of choices a fixed one decides, the farthest from the copy first, else the nearest word. Of layers that set the same value the one
 * nearest to the copy is named as its source. The order of `chain` does not matter.
 */
export function effectiveSettings(own: CopySettings, chain: readonly LayerLimits[]): EffectiveSettings {
  // The nearest first, and only what is stricter moves a value.
  const layers = [...chain].sort((a, b) => LAYERS.indexOf(b.layer) - LAYERS.indexOf(a.layer));
  const { settings: copy, sources: choices } = chosenSettings(
    own,
    [...layers].reverse().map(({ layer, limits }) => ({ layer, choices: limits.choices })),
  );
  const strictest = <T extends bigint | number>(
    mine: T | null,
    of: (limits: ChainLimits) => T | null,
    isStricter: (value: T, bound: T) => boolean,
  ): Bounded<T> =>
    layers.reduce<Bounded<T>>(
      (bound, { layer, limits }) => {
        const value = of(limits);
        return value !== null && (bound.value === null || isStricter(value, bound.value)) ? { value, from: [layer] } : bound;
      },
      { value: mine, from: mine === null ? [] : ['copy'] },
    );
  const least = <T extends bigint | number>(mine: T | null, of: (limits: ChainLimits) => T | null): Bounded<T> =>
    strictest(mine, of, (value, bound) => value < bound);
  const size = least(copy.caps.maxPositionSize, ({ caps }) => caps.maxPositionSize);
  const notional = least(copy.caps.maxPositionNotional, ({ caps }) => caps.maxPositionNotional);
  const share = least(copy.caps.maxPositionShare, ({ caps }) => caps.maxPositionShare);
  const leverage = least(copy.caps.maxLeverage, ({ caps }) => caps.maxLeverage);
  const gross = least(copy.caps.maxGrossExposure, ({ caps }) => caps.maxGrossExposure);
  const distance = strictest(
    copy.caps.minLiquidationDistance,
    ({ caps }) => caps.minLiquidationDistance,
    (value, bound) => value > bound,
  );
  const followerGross = least<Money>(null, ({ exposure }) => exposure.followerGross);
  const underlyingShare = least<Rate>(null, ({ exposure }) => exposure.underlyingShare);
  const leaderCapacity = least<Money>(null, ({ exposure }) => exposure.leaderCapacity);
  const alertGross = least<Money>(null, ({ exposure }) => exposure.alertGross);
  const alertShare = least<Rate>(null, ({ exposure }) => exposure.alertShare);
  const alertCapacity = least<Money>(null, ({ exposure }) => exposure.alertCapacity);
  const fromStart = least(copy.breaker.fromStart, ({ losses }) => losses.fromStart);
  const trailing = least(copy.breaker.trailing, ({ losses }) => losses.trailing);
  const daily = least(copy.breaker.daily, ({ losses }) => losses.daily);
  const lossMoney = least(copy.breaker.lossMoney, ({ losses }) => losses.lossMoney);
  const venueLeverage = least<number>(copy.venueLeverage, (limits) => limits.maxVenueLeverage);
  const approveWithin = least<number>(copy.approveWithinMs, (limits) => limits.approveWithinMs);
  const instruments = narrowed(copy.instruments, layers);
  const spread = layers.find(({ limits }) => limits.impact !== null);
  return {
    settings: {
      ...copy,
      caps: {
        maxPositionSize: size.value,
        maxPositionNotional: notional.value,
        maxPositionShare: share.value,
        maxLeverage: leverage.value,
        maxGrossExposure: gross.value,
        minLiquidationDistance: distance.value,
      },
      breaker: { ...copy.breaker, fromStart: fromStart.value, trailing: trailing.value, daily: daily.value, lossMoney: lossMoney.value },
      instruments: instruments.filter,
      venueLeverage: venueLeverage.value ?? copy.venueLeverage,
      approveWithinMs: approveWithin.value,
    },
    exposure: {
      followerGross: followerGross.value,
      underlyingShare: underlyingShare.value,
      leaderCapacity: leaderCapacity.value,
      alertGross: alertGross.value,
      alertShare: alertShare.value,
      alertCapacity: alertCapacity.value,
    },
    impact: spread?.limits.impact ?? null,
    sources: {
      'caps.max_position_size': size.from,
      'caps.max_position_notional': notional.from,
      'caps.max_position_share': share.from,
      'caps.max_leverage': leverage.from,
      'caps.max_gross_exposure': gross.from,
      'caps.min_liquidation_distance': distance.from,
      'breaker.from_start': fromStart.from,
      'breaker.trailing': trailing.from,
      'breaker.daily': daily.from,
      'breaker.loss_money': lossMoney.from,
      instruments: instruments.from,
      venue_leverage: venueLeverage.from,
      approve_within_ms: approveWithin.from,
      'exposure.max_follower_exposure': followerGross.from,
      'exposure.max_underlying_share': underlyingShare.from,
      'exposure.max_leader_exposure': leaderCapacity.from,
      'exposure.alert_follower_exposure': alertGross.from,
      'exposure.alert_underlying_share': alertShare.from,
      'exposure.alert_leader_exposure': alertCapacity.from,
      impact: spread === undefined ? [] : [spread.layer],
    },
    choices,
  };
}

interface Bounded<T> {
  readonly value: T | null;
  readonly from: readonly Layer[];
}

function narrowed(own: InstrumentFilter, layers: readonly LayerLimits[]): { readonly filter: InstrumentFilter; readonly from: readonly Layer[] } {
  const from: Layer[] = own.kind === 'all' ? [] : ['copy'];
  let filter = own;
  for (const { layer, limits } of layers) {
    if (limits.instruments.kind === 'all') continue;
    filter = intersect(filter, limits.instruments);
    if (!from.includes(layer)) from.push(layer);
  }
  return { filter, from };
}

/** Admits exactly what both filters admit. */
export function intersect(a: InstrumentFilter, b: InstrumentFilter): InstrumentFilter {
  if (a.kind === 'all') return b;
  if (b.kind === 'all') return a;
  if (a.kind === 'except' && b.kind === 'except') return { kind: 'except', coins: [...new Set([...a.coins, ...b.coins])] };
  if (a.kind === 'only') return { kind: 'only', coins: a.coins.filter((coin) => (b.kind === 'only') === b.coins.includes(coin)) };
  return intersect(b, a);
}
