import { err, formatMoney, formatRate, formatSize, parseMoney, parseRate, parseSize, type Result } from '@lockstep/kernel';
import {
  type BreakerSettings,
  type CopyMode,
  type CopyPolicy,
  type CopySettings,
  DIRECTIONS,
  type Direction,
  FOLLOWS,
  type Follow,
  type InstrumentFilter,
  ON_BREACH,
  type OnBreach,
  POLICIES,
  type PositionCaps,
  STATE_ACTIONS,
  type StartPolicy,
} from './copy-settings';
import { Fields } from './json-fields';
import { ALERTED, type SettingsError, validateCopySettings } from './settings-rules';

/** Settings as JSON: snake_case names, money, sizes and rates as decimal strings, durations as whole ms. */
export interface CopySettingsJson {
  readonly mode:
    | { readonly kind: 'fixed_ratio'; readonly ratio: string }
    | { readonly kind: 'proportional'; readonly multiplier: string; readonly compounding: 'reinvest' | 'fixed_nominal' }
    | { readonly kind: 'fixed_amount'; readonly amount: string; readonly max_adds: number | null }
    | {
        readonly kind: 'risk_normalised';
        readonly multiplier: string;
        readonly target_volatility: string;
        readonly scale_least: string;
        readonly scale_most: string;
      };
  readonly policy: CopyPolicy;
  readonly direction: Direction;
  readonly follow: Follow;
  readonly start: { readonly kind: 'next_open' } | { readonly kind: 'adopt'; readonly band: string | null };
  readonly instruments: InstrumentFilter;
  readonly caps: {
    readonly max_position_size: string | null;
    readonly max_position_notional: string | null;
    readonly max_position_share: string | null;
    readonly max_leverage: string | null;
    readonly max_gross_exposure: string | null;
    readonly min_liquidation_distance: string | null;
  };
  readonly slippage: { readonly entry_bound: string; readonly exit_bound: string; readonly on_breach: OnBreach };
  readonly breaker: {
    readonly from_start: string | null;
    readonly trailing: string | null;
    readonly daily: string | null;
    readonly loss_money: string | null;
    readonly alert_at: string | null;
    readonly halt_new_at: string | null;
    readonly close_after_marks: number;
    readonly protective_stop: boolean;
  };
  readonly state_limits: CopySettings['stateLimits'];
  readonly max_age_ms: number;
  readonly catch_up_ms: number;
  readonly venue_leverage: number;
  readonly approve_within_ms: number | null;
  readonly inherits: readonly string[];
}

/** Settings as JSON; `decodeCopySettings` gives them back. */
export function encodeCopySettings(settings: CopySettings): CopySettingsJson {
  const { caps, slippage, breaker, start } = settings;
  return {
    mode: encodeMode(settings.mode),
    policy: settings.policy,
    direction: settings.direction,
    follow: settings.follow,
    start: start.kind === 'next_open' ? start : { kind: start.kind, band: orNull(start.band, formatRate) },
    instruments: settings.instruments,
    caps: {
      max_position_size: orNull(caps.maxPositionSize, formatSize),
      max_position_notional: orNull(caps.maxPositionNotional, formatMoney),
      max_position_share: orNull(caps.maxPositionShare, formatRate),
      max_leverage: orNull(caps.maxLeverage, formatRate),
      max_gross_exposure: orNull(caps.maxGrossExposure, formatMoney),
      min_liquidation_distance: orNull(caps.minLiquidationDistance, formatRate),
    },
    slippage: { entry_bound: formatRate(slippage.entryBound), exit_bound: formatRate(slippage.exitBound), on_breach: slippage.onBreach },
    breaker: {
      from_start: orNull(breaker.fromStart, formatRate),
      trailing: orNull(breaker.trailing, formatRate),
      daily: orNull(breaker.daily, formatRate),
      loss_money: orNull(breaker.lossMoney, formatMoney),
      alert_at: orNull(breaker.alertAt, formatRate),
      halt_new_at: orNull(breaker.haltNewAt, formatRate),
      close_after_marks: breaker.closeAfterMarks,
      protective_stop: breaker.protectiveStop,
    },
    state_limits: settings.stateLimits,
    max_age_ms: settings.maxAgeMs,
    catch_up_ms: settings.catchUpMs,
    venue_leverage: settings.venueLeverage,
    approve_within_ms: settings.approveWithinMs,
    inherits: settings.inherits,
  };
}

export const orNull = <T>(value: T | null, format: (value: T) => string): string | null => (value === null ? null : format(value));

function encodeMode(mode: CopyMode): CopySettingsJson['mode'] {
  switch (mode.kind) {
    case 'fixed_ratio':
      return { kind: mode.kind, ratio: formatRate(mode.ratio) };
    case 'proportional':
      return { kind: mode.kind, multiplier: formatRate(mode.multiplier), compounding: mode.compounding };
    case 'fixed_amount':
      return { kind: mode.kind, amount: formatMoney(mode.amount), max_adds: mode.maxAdds };
    case 'risk_normalised':
      return {
        kind: mode.kind,
        multiplier: formatRate(mode.multiplier),
        target_volatility: formatRate(mode.targetVolatility),
        scale_least: formatRate(mode.scaleLeast),
        scale_most: formatRate(mode.scaleMost),
      };
  }
}

/** Reads settings from untrusted JSON and validates them; every fault is named by its field. Unknown names are refused, none is defaulted. */
export function decodeCopySettings(json: unknown): Result<CopySettings, readonly SettingsError[]> {
  const faults: SettingsError[] = [];
  const root = new Fields(json, '', faults);
  const mode = modeOf(root.object('mode'));
  // Versions written before orders were mirrored do not name it.
  const policy = root.oneOfIfAny('policy', POLICIES, 'positions');
  const direction = root.oneOf('direction', DIRECTIONS);
  const follow = root.oneOf('follow', FOLLOWS);
  const start = startOf(root.object('start'));
  const instruments = filterOf(root.object('instruments'));
  const caps = capsOf(root.object('caps'));
  const slippage = root.object('slippage');
  const onBreach = slippage.oneOf('on_breach', ON_BREACH);
  const settings: CopySettings = {
    mode,
    policy,
    direction,
    follow,
    start,
    instruments,
    caps,
    slippage: {
      entryBound: slippage.decimal('entry_bound', parseRate),
      exitBound: slippage.decimal('exit_bound', parseRate),
      onBreach,
    },
    breaker: breakerOf(root.object('breaker')),
    stateLimits: stateLimitsOf(root.objectIfAny('state_limits')),
    maxAgeMs: root.integer('max_age_ms'),
    catchUpMs: root.integer('catch_up_ms'),
    venueLeverage: root.integer('venue_leverage'),
    // Versions written before increases could wait for an approval do not name it.
    approveWithinMs: root.integerIfAny('approve_within_ms'),
    // Nor do those written before choices could be left to others: they are the copy's own.
    inherits: root.textsIfAny('inherits'),
  };
  for (const part of [root, slippage]) part.refuseRest();
  return faults.length > 0 ? err(faults) : validateCopySettings(settings);
}

function modeOf(fields: Fields): CopyMode {
  const mode = modeOfKind(fields.oneOf('kind', ['fixed_ratio', 'proportional', 'fixed_amount', 'risk_normalised']), fields);
  fields.refuseRest();
  return mode;
}

function modeOfKind(kind: CopyMode['kind'], fields: Fields): CopyMode {
  switch (kind) {
    case 'fixed_ratio':
      return { kind, ratio: fields.decimal('ratio', parseRate) };
    case 'proportional':
      return { kind, multiplier: fields.decimal('multiplier', parseRate), compounding: fields.oneOf('compounding', ['reinvest', 'fixed_nominal']) };
    case 'fixed_amount':
      return { kind, amount: fields.decimal('amount', parseMoney), maxAdds: fields.integerOrNull('max_adds') };
    case 'risk_normalised':
      return {
        kind,
        multiplier: fields.decimal('multiplier', parseRate),
        targetVolatility: fields.decimal('target_volatility', parseRate),
        scaleLeast: fields.decimal('scale_least', parseRate),
        scaleMost: fields.decimal('scale_most', parseRate),
      };
  }
}

function breakerOf(fields: Fields): BreakerSettings {
  const breaker: BreakerSettings = {
    fromStart: fields.decimalOrNull('from_start', parseRate),
    trailing: fields.decimalOrNull('trailing', parseRate),
    daily: fields.decimalOrNull('daily', parseRate),
    lossMoney: fields.decimalOrNull('loss_money', parseMoney),
    alertAt: fields.decimalOrNull('alert_at', parseRate),
    haltNewAt: fields.decimalOrNull('halt_new_at', parseRate),
    closeAfterMarks: fields.integer('close_after_marks'),
    protectiveStop: fields.flag('protective_stop'),
  };
  fields.refuseRest();
  return breaker;
}

/** Versions written before these were there do not name them. */
function stateLimitsOf(fields: Fields | null): CopySettings['stateLimits'] {
  if (fields === null) return ALERTED;
  const limits: CopySettings['stateLimits'] = {
    position_notional: fields.oneOf('position_notional', STATE_ACTIONS),
    position_share: fields.oneOf('position_share', STATE_ACTIONS),
    leverage: fields.oneOf('leverage', STATE_ACTIONS),
    gross_exposure: fields.oneOf('gross_exposure', STATE_ACTIONS),
    liquidation_distance: fields.oneOfIfAny('liquidation_distance', STATE_ACTIONS, 'alert'),
  };
  fields.refuseRest();
  return limits;
}

function startOf(fields: Fields): StartPolicy {
  const kind = fields.oneOf('kind', ['next_open', 'adopt']);
  const start: StartPolicy = kind === 'next_open' ? { kind } : { kind, band: fields.decimalOrNull('band', parseRate) };
  fields.refuseRest();
  return start;
}

/** Reads an instrument filter. */
export function filterOf(fields: Fields): InstrumentFilter {
  const kind = fields.oneOf('kind', ['all', 'only', 'except']);
  const filter: InstrumentFilter = kind === 'all' ? { kind } : { kind, coins: fields.texts('coins') };
  fields.refuseRest();
  return filter;
}

function capsOf(fields: Fields): PositionCaps {
  const caps: PositionCaps = {
    maxPositionSize: fields.decimalOrNull('max_position_size', parseSize),
    maxPositionNotional: fields.decimalOrNull('max_position_notional', parseMoney),
    maxPositionShare: fields.decimalOrNull('max_position_share', parseRate),
    maxLeverage: fields.decimalOrNull('max_leverage', parseRate),
    // Versions written before these limits were there do not name them.
    maxGrossExposure: fields.decimalIfAny('max_gross_exposure', parseMoney),
    minLiquidationDistance: fields.decimalIfAny('min_liquidation_distance', parseRate),
  };
  fields.refuseRest();
  return caps;
}
