import { err, money, ok, RATE_ONE, type Rate, type Result, rate } from '@lockstep/kernel';
import type { CopyMode, CopySettings, InstrumentFilter } from './copy-settings';

/** Why settings are refused. Closed set; `field` names the setting in dotted form. */
export const SETTINGS_ERRORS = [
  'not_an_object',
  'missing',
  'unknown_field',
  'not_a_decimal',
  'too_many_decimals',
  'not_an_integer',
  'not_a_boolean',
  'unknown_kind',
  'below_minimum',
  'above_maximum',
  'empty_list',
  'too_many_entries',
  'bad_coin',
  'not_with_orders',
] as const;
export interface SettingsError {
  readonly field: string;
  readonly code: (typeof SETTINGS_ERRORS)[number];
}

/** Bounds of every number in the settings; inclusive. Money and sizes are 10^-8, rates 10^-12. */
export const SETTINGS_BOUNDS = {
  ratioMin: rate(1_000_000n),
  ratioMax: rate(1_000n * RATE_ONE),
  /** Least amount per leader order: the smallest order of the venue. */
  amountMin: money(1_000_000_000n),
  maxAddsMax: 10_000,
  /** Volatilities of a year: 1 % to 1,000 %. */
  volatilityMin: rate(RATE_ONE / 100n),
  volatilityMax: rate(10n * RATE_ONE),
  /** Corridor of the volatility factor. */
  scaleMin: rate(RATE_ONE / 100n),
  scaleMax: rate(100n * RATE_ONE),
  adoptBandMax: rate(RATE_ONE),
  /** Largest money limit: 50 million quote units. Columns are exact far beyond it. */
  moneyMax: money(5_000_000_000_000_000n),
  sizeMax: 9_000_000_000_000_000n,
  shareMax: rate(100n * RATE_ONE),
  leverageMax: rate(100n * RATE_ONE),
  distanceMax: rate(RATE_ONE),
  entryBoundMax: rate(RATE_ONE / 5n),
  exitBoundMin: rate(RATE_ONE / 1_000n),
  exitBoundMax: rate((RATE_ONE * 3n) / 4n),
  closeAfterMarksMax: 20,
  maxAgeMinMs: 100,
  maxAgeMaxMs: 60_000,
  catchUpMaxMs: 600_000,
  venueLeverageMax: 100,
  /** A second to a week. */
  approveWithinMinMs: 1_000,
  approveWithinMaxMs: 604_800_000,
  filterCoinsMax: 500,
  /** Shares of the depth: of one percent, up to a hundred times all of it. */
  spreadAboveMin: rate(RATE_ONE / 100n),
  spreadAboveMax: rate(100n * RATE_ONE),
  participationMin: rate(RATE_ONE / 100n),
  spreadWithinMaxMs: 60_000,
  jitterMax: rate((RATE_ONE * 9n) / 10n),
} as const;

/** Every limit that is passed is told. */
export const ALERTED: CopySettings['stateLimits'] = {
  position_notional: 'alert',
  position_share: 'alert',
  leverage: 'alert',
  gross_exposure: 'alert',
  liquidation_distance: 'alert',
};

/** Default settings: multiplier 1 on equity, every instrument, 50 bp entry bound, 2 % first exit bound, leverage at most 10. */
export function defaultCopySettings(): CopySettings {
  return {
    mode: { kind: 'proportional', multiplier: rate(RATE_ONE), compounding: 'reinvest' },
    policy: 'positions',
    direction: 'same',
    follow: 'all',
    start: { kind: 'next_open' },
    instruments: { kind: 'all' },
    caps: {
      maxPositionSize: null,
      maxPositionNotional: null,
      maxPositionShare: null,
      maxLeverage: rate(10n * RATE_ONE),
      maxGrossExposure: null,
      minLiquidationDistance: null,
    },
    slippage: { entryBound: rate(RATE_ONE / 200n), exitBound: rate(RATE_ONE / 50n), onBreach: 'reject' },
    breaker: {
      fromStart: null,
      trailing: null,
      daily: null,
      lossMoney: null,
      alertAt: null,
      haltNewAt: null,
      closeAfterMarks: 1,
      protectiveStop: true,
    },
    stateLimits: ALERTED,
    maxAgeMs: 2_000,
    catchUpMs: 10_000,
    venueLeverage: 10,
    approveWithinMs: null,
    inherits: [],
  };
}

/** A number with the least and the most it may be; null is not checked. */
export type Check = readonly [field: string, value: bigint | null, least: bigint, most: bigint];

/** Checks every number against its bound and the filter's coins; returns the settings unchanged or every fault found. */
export function validateCopySettings(settings: CopySettings): Result<CopySettings, readonly SettingsError[]> {
  const faults = [...rangeFaults(settings), ...filterFaults(settings.instruments), ...policyFaults(settings)];
  return faults.length === 0 ? ok(settings) : err(faults);
}

/**
 * What cannot go with mirrored orders. The inverse of a limit order is a stop at the same price, which fills at another; an amount per order is owed whole at
 * its first fill, whatever part of the order that is; and a copy that follows one half of the leader's changes would hold mirrors nothing ever answers.
 */
function policyFaults({ policy, direction, mode, follow }: CopySettings): readonly SettingsError[] {
  if (policy !== 'orders') return [];
  const faults: SettingsError[] = [];
  if (direction !== 'same') faults.push({ field: 'direction', code: 'not_with_orders' });
  if (mode.kind === 'fixed_amount') faults.push({ field: 'mode.kind', code: 'not_with_orders' });
  if (follow !== 'all') faults.push({ field: 'follow', code: 'not_with_orders' });
  return faults;
}

function rangeFaults(settings: CopySettings): readonly SettingsError[] {
  const { mode, caps, slippage, breaker } = settings;
  const b = SETTINGS_BOUNDS;
  const checks: readonly Check[] = [
    ...modeChecks(mode),
    ['start.band', settings.start.kind === 'adopt' ? settings.start.band : null, 0n, b.adoptBandMax],
    ['caps.max_position_size', caps.maxPositionSize, 0n, b.sizeMax],
    ['caps.max_position_notional', caps.maxPositionNotional, 0n, b.moneyMax],
    ['caps.max_position_share', caps.maxPositionShare, 0n, b.shareMax],
    ['caps.max_leverage', caps.maxLeverage, 0n, b.leverageMax],
    ['caps.max_gross_exposure', caps.maxGrossExposure, 0n, b.moneyMax],
    ['caps.min_liquidation_distance', caps.minLiquidationDistance, 0n, b.distanceMax],
    ['slippage.entry_bound', slippage.entryBound, 0n, b.entryBoundMax],
    ['slippage.exit_bound', slippage.exitBound, b.exitBoundMin, b.exitBoundMax],
    ['breaker.from_start', breaker.fromStart, 1n, RATE_ONE],
    ['breaker.trailing', breaker.trailing, 1n, RATE_ONE],
    ['breaker.daily', breaker.daily, 1n, RATE_ONE],
    ['breaker.loss_money', breaker.lossMoney, 1n, b.moneyMax],
    ['breaker.alert_at', breaker.alertAt, 1n, RATE_ONE],
    ['breaker.halt_new_at', breaker.haltNewAt, 1n, RATE_ONE],
    ['breaker.close_after_marks', whole(breaker.closeAfterMarks), 1n, BigInt(b.closeAfterMarksMax)],
    ['max_age_ms', whole(settings.maxAgeMs), BigInt(b.maxAgeMinMs), BigInt(b.maxAgeMaxMs)],
    ['catch_up_ms', whole(settings.catchUpMs), 0n, BigInt(b.catchUpMaxMs)],
    ['venue_leverage', whole(settings.venueLeverage), 1n, BigInt(b.venueLeverageMax)],
    [
      'approve_within_ms',
      settings.approveWithinMs === null ? null : whole(settings.approveWithinMs),
      BigInt(b.approveWithinMinMs),
      BigInt(b.approveWithinMaxMs),
    ],
  ];
  return rangeFaultsOf(checks);
}

/** Faults of numbers outside of their bounds. */
export function rangeFaultsOf(checks: readonly Check[]): readonly SettingsError[] {
  return checks.flatMap(([field, value, least, most]): readonly SettingsError[] => {
    if (value === null) return [];
    if (value < least) return [{ field, code: 'below_minimum' }];
    return value > most ? [{ field, code: 'above_maximum' }] : [];
  });
}

function modeChecks(mode: CopyMode): readonly Check[] {
  const b = SETTINGS_BOUNDS;
  switch (mode.kind) {
    case 'fixed_ratio':
      return [['mode.ratio', mode.ratio, b.ratioMin, b.ratioMax]];
    case 'proportional':
      return [['mode.multiplier', mode.multiplier, b.ratioMin, b.ratioMax]];
    case 'fixed_amount':
      return [
        ['mode.amount', mode.amount, b.amountMin, b.moneyMax],
        ['mode.max_adds', mode.maxAdds === null ? null : whole(mode.maxAdds), 1n, BigInt(b.maxAddsMax)],
      ];
    case 'risk_normalised':
      return [
        ['mode.multiplier', mode.multiplier, b.ratioMin, b.ratioMax],
        ['mode.target_volatility', mode.targetVolatility, b.volatilityMin, b.volatilityMax],
        ['mode.scale_least', mode.scaleLeast, b.scaleMin, mode.scaleMost],
        ['mode.scale_most', mode.scaleMost, b.scaleMin, b.scaleMax],
      ];
  }
}

/** An integer setting as a bigint; anything else falls below every minimum. */
export const whole = (value: number): bigint => (Number.isSafeInteger(value) ? BigInt(value) : -1n);

const COIN = /^[A-Za-z0-9@:_/.-]{1,40}$/;

/** Faults of an instrument filter. */
export function filterFaults(filter: InstrumentFilter): readonly SettingsError[] {
  if (filter.kind === 'all') return [];
  if (filter.coins.length === 0) return [{ field: 'instruments.coins', code: 'empty_list' }];
  if (filter.coins.length > SETTINGS_BOUNDS.filterCoinsMax) return [{ field: 'instruments.coins', code: 'too_many_entries' }];
  return filter.coins.every((coin) => COIN.test(coin)) ? [] : [{ field: 'instruments.coins', code: 'bad_coin' }];
}

/** True when an exit bound is at least twice the entry bound, as the field advises; a warning, not a refusal. */
export const exitBoundIsWide = (entry: Rate, exit: Rate): boolean => exit >= 2n * entry;
