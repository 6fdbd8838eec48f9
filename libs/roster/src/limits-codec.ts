import { err, formatMoney, formatRate, formatSize, ok, parseMoney, parseRate, parseSize, RATE_ONE, type Result, rate } from '@lockstep/kernel';
import type { InstrumentFilter, PositionCaps } from './copy-settings';
import { Fields } from './json-fields';
import type { ChainLimits, ExposureLimits, ImpactTerms, LossBounds } from './settings-chain';
import { type ChainChoices, choicesOf } from './settings-choices';
import { filterOf, orNull } from './settings-codec';
import { filterFaults, rangeFaultsOf, SETTINGS_BOUNDS, type SettingsError, whole } from './settings-rules';

/** Limits of a layer as JSON, in the names of a copy's settings. What is absent when read is null: no limit of that kind. */
export interface ChainLimitsJson {
  readonly caps: {
    readonly max_position_size: string | null;
    readonly max_position_notional: string | null;
    readonly max_position_share: string | null;
    readonly max_leverage: string | null;
    readonly max_gross_exposure: string | null;
    readonly min_liquidation_distance: string | null;
  };
  readonly losses: {
    readonly from_start: string | null;
    readonly trailing: string | null;
    readonly daily: string | null;
    readonly loss_money: string | null;
  };
  readonly exposure: {
    readonly max_follower_exposure: string | null;
    readonly max_underlying_share: string | null;
    readonly max_leader_exposure: string | null;
    readonly alert_follower_exposure: string | null;
    readonly alert_underlying_share: string | null;
    readonly alert_leader_exposure: string | null;
  };
  readonly instruments: InstrumentFilter;
  readonly max_venue_leverage: number | null;
  readonly approve_within_ms: number | null;
  readonly impact: ImpactJson | null;
  readonly choices: ChainChoices;
}

/** How waves are spread, as JSON. */
export interface ImpactJson {
  readonly spread_above: string;
  readonly participation: string;
  readonly within_ms: number;
  readonly jitter: string;
}

/** What is taken where spreading is asked for without saying more: small waves are left alone, and half of a copy's usual catch-up window is enough. */
export const IMPACT_DEFAULTS: ImpactTerms = {
  spreadAbove: rate(RATE_ONE / 2n),
  participation: rate(RATE_ONE / 5n),
  withinMs: 5_000,
  jitter: rate((RATE_ONE * 3n) / 10n),
};

/** Limits as JSON; `decodeChainLimits` gives them back. */
export function encodeChainLimits({
  caps,
  losses,
  exposure,
  instruments,
  maxVenueLeverage,
  approveWithinMs,
  impact,
  choices,
}: ChainLimits): ChainLimitsJson {
  return {
    caps: {
      max_position_size: orNull(caps.maxPositionSize, formatSize),
      max_position_notional: orNull(caps.maxPositionNotional, formatMoney),
      max_position_share: orNull(caps.maxPositionShare, formatRate),
      max_leverage: orNull(caps.maxLeverage, formatRate),
      max_gross_exposure: orNull(caps.maxGrossExposure, formatMoney),
      min_liquidation_distance: orNull(caps.minLiquidationDistance, formatRate),
    },
    losses: {
      from_start: orNull(losses.fromStart, formatRate),
      trailing: orNull(losses.trailing, formatRate),
      daily: orNull(losses.daily, formatRate),
      loss_money: orNull(losses.lossMoney, formatMoney),
    },
    exposure: {
      max_follower_exposure: orNull(exposure.followerGross, formatMoney),
      max_underlying_share: orNull(exposure.underlyingShare, formatRate),
      max_leader_exposure: orNull(exposure.leaderCapacity, formatMoney),
      alert_follower_exposure: orNull(exposure.alertGross, formatMoney),
      alert_underlying_share: orNull(exposure.alertShare, formatRate),
      alert_leader_exposure: orNull(exposure.alertCapacity, formatMoney),
    },
    instruments,
    max_venue_leverage: maxVenueLeverage,
    approve_within_ms: approveWithinMs,
    impact:
      impact === null
        ? null
        : {
            spread_above: formatRate(impact.spreadAbove),
            participation: formatRate(impact.participation),
            within_ms: impact.withinMs,
            jitter: formatRate(impact.jitter),
          },
    choices,
  };
}

/** Reads limits from untrusted JSON; every fault is named by its field. Unknown names are refused: a limit that is misspelt must not bind nothing. */
export function decodeChainLimits(json: unknown): Result<ChainLimits, readonly SettingsError[]> {
  const faults: SettingsError[] = [];
  const root = new Fields(json, '', faults);
  const none = new Fields({}, '', []);
  const limits: ChainLimits = {
    caps: capsOf(root.objectIfAny('caps') ?? none),
    losses: lossesOf(root.objectIfAny('losses') ?? none),
    exposure: exposureOf(root.objectIfAny('exposure') ?? none),
    instruments: instrumentsOf(root.objectIfAny('instruments')),
    maxVenueLeverage: root.integerIfAny('max_venue_leverage'),
    approveWithinMs: root.integerIfAny('approve_within_ms'),
    impact: impactOf(root.objectOrNullIfAny('impact')),
    choices: choicesOf(root.objectIfAny('choices'), faults),
  };
  root.refuseRest();
  if (faults.length === 0) faults.push(...boundFaults(limits), ...filterFaults(limits.instruments));
  return faults.length > 0 ? err(faults) : ok(limits);
}

/** What is left out is the default. */
function impactOf(fields: Fields | null): ImpactTerms | null {
  if (fields === null) return null;
  const impact: ImpactTerms = {
    spreadAbove: fields.decimalIfAny('spread_above', parseRate) ?? IMPACT_DEFAULTS.spreadAbove,
    participation: fields.decimalIfAny('participation', parseRate) ?? IMPACT_DEFAULTS.participation,
    withinMs: fields.integerIfAny('within_ms') ?? IMPACT_DEFAULTS.withinMs,
    jitter: fields.decimalIfAny('jitter', parseRate) ?? IMPACT_DEFAULTS.jitter,
  };
  fields.refuseRest();
  return impact;
}

const instrumentsOf = (fields: Fields | null): InstrumentFilter => (fields === null ? { kind: 'all' } : filterOf(fields));

function capsOf(fields: Fields): PositionCaps {
  const caps: PositionCaps = {
    maxPositionSize: fields.decimalIfAny('max_position_size', parseSize),
    maxPositionNotional: fields.decimalIfAny('max_position_notional', parseMoney),
    maxPositionShare: fields.decimalIfAny('max_position_share', parseRate),
    maxLeverage: fields.decimalIfAny('max_leverage', parseRate),
    maxGrossExposure: fields.decimalIfAny('max_gross_exposure', parseMoney),
    minLiquidationDistance: fields.decimalIfAny('min_liquidation_distance', parseRate),
  };
  fields.refuseRest();
  return caps;
}

function lossesOf(fields: Fields): LossBounds {
  const losses: LossBounds = {
    fromStart: fields.decimalIfAny('from_start', parseRate),
    trailing: fields.decimalIfAny('trailing', parseRate),
    daily: fields.decimalIfAny('daily', parseRate),
    lossMoney: fields.decimalIfAny('loss_money', parseMoney),
  };
  fields.refuseRest();
  return losses;
}

function exposureOf(fields: Fields): ExposureLimits {
  const exposure: ExposureLimits = {
    followerGross: fields.decimalIfAny('max_follower_exposure', parseMoney),
    underlyingShare: fields.decimalIfAny('max_underlying_share', parseRate),
    leaderCapacity: fields.decimalIfAny('max_leader_exposure', parseMoney),
    alertGross: fields.decimalIfAny('alert_follower_exposure', parseMoney),
    alertShare: fields.decimalIfAny('alert_underlying_share', parseRate),
    alertCapacity: fields.decimalIfAny('alert_leader_exposure', parseMoney),
  };
  fields.refuseRest();
  return exposure;
}

function boundFaults({ caps, losses, exposure, maxVenueLeverage, approveWithinMs, impact }: ChainLimits): readonly SettingsError[] {
  const b = SETTINGS_BOUNDS;
  return rangeFaultsOf([
    ['caps.max_position_size', caps.maxPositionSize, 0n, b.sizeMax],
    ['caps.max_position_notional', caps.maxPositionNotional, 0n, b.moneyMax],
    ['caps.max_position_share', caps.maxPositionShare, 0n, b.shareMax],
    ['caps.max_leverage', caps.maxLeverage, 0n, b.leverageMax],
    ['caps.max_gross_exposure', caps.maxGrossExposure, 0n, b.moneyMax],
    ['caps.min_liquidation_distance', caps.minLiquidationDistance, 0n, b.distanceMax],
    ['exposure.max_follower_exposure', exposure.followerGross, 0n, b.moneyMax],
    ['exposure.max_underlying_share', exposure.underlyingShare, 0n, b.shareMax],
    ['exposure.max_leader_exposure', exposure.leaderCapacity, 0n, b.moneyMax],
    ['exposure.alert_follower_exposure', exposure.alertGross, 0n, b.moneyMax],
    ['exposure.alert_underlying_share', exposure.alertShare, 0n, b.shareMax],
    ['exposure.alert_leader_exposure', exposure.alertCapacity, 0n, b.moneyMax],
    ['losses.from_start', losses.fromStart, 1n, RATE_ONE],
    ['losses.trailing', losses.trailing, 1n, RATE_ONE],
    ['losses.daily', losses.daily, 1n, RATE_ONE],
    ['losses.loss_money', losses.lossMoney, 1n, b.moneyMax],
    ['max_venue_leverage', maxVenueLeverage === null ? null : whole(maxVenueLeverage), 1n, BigInt(b.venueLeverageMax)],
    ['approve_within_ms', approveWithinMs === null ? null : whole(approveWithinMs), BigInt(b.approveWithinMinMs), BigInt(b.approveWithinMaxMs)],
    ['impact.spread_above', impact?.spreadAbove ?? null, b.spreadAboveMin, b.spreadAboveMax],
    ['impact.participation', impact?.participation ?? null, b.participationMin, RATE_ONE],
    ['impact.within_ms', impact === null ? null : whole(impact.withinMs), 0n, BigInt(b.spreadWithinMaxMs)],
    ['impact.jitter', impact?.jitter ?? null, 0n, b.jitterMax],
  ]);
}
