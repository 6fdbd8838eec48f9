import { money, rate, size } from '@lockstep/kernel';
import { ALERTED, type ChainLimits, type CopySettings } from '@lockstep/roster';
import type { ChainTerms, CopyTerms, SettingsSeen } from '@lockstep/simulation';

const orNull = <T extends bigint>(value: bigint | null, unit: (value: bigint) => T): T | null => (value === null ? null : unit(value));

/** A scenario's terms as the product's settings. */
export function settingsOf(terms: CopyTerms): CopySettings {
  const { caps, losses } = terms;
  return {
    mode: modeOf(terms.mode),
    policy: terms.policy ?? 'positions',
    direction: terms.direction,
    follow: terms.follow,
    start: terms.start.kind === 'next_open' ? { kind: 'next_open' } : { kind: 'adopt', band: orNull(terms.start.band, rate) },
    instruments: terms.instruments,
    caps: {
      maxPositionSize: orNull(caps.maxPositionSize, size),
      maxPositionNotional: orNull(caps.maxPositionNotional, money),
      maxPositionShare: orNull(caps.maxPositionShare, rate),
      maxLeverage: orNull(caps.maxLeverage, rate),
      maxGrossExposure: orNull(caps.maxGrossExposure ?? null, money),
      minLiquidationDistance: orNull(caps.minLiquidationDistance ?? null, rate),
    },
    slippage: { entryBound: rate(terms.entryBound), exitBound: rate(terms.exitBound), onBreach: terms.onBreach ?? 'reject' },
    breaker: {
      fromStart: orNull(losses.fromStart, rate),
      trailing: orNull(losses.trailing, rate),
      daily: orNull(losses.daily, rate),
      lossMoney: orNull(losses.lossMoney, money),
      alertAt: orNull(losses.alertAt, rate),
      haltNewAt: orNull(losses.haltNewAt, rate),
      closeAfterMarks: losses.closeAfterMarks,
      protectiveStop: terms.protectiveStop ?? false,
    },
    stateLimits: { ...ALERTED, ...terms.stateLimits },
    maxAgeMs: terms.maxAgeMs,
    catchUpMs: terms.catchUpMs,
    venueLeverage: terms.venueLeverage,
    approveWithinMs: terms.approveWithinMs ?? null,
    inherits: [],
  };
}

/** A scenario's limits of a layer as the product's. */
export function chainOf({ caps, losses, exposure, instruments }: ChainTerms): ChainLimits {
  return {
    caps: {
      maxPositionSize: orNull(caps.maxPositionSize, size),
      maxPositionNotional: orNull(caps.maxPositionNotional, money),
      maxPositionShare: orNull(caps.maxPositionShare, rate),
      maxLeverage: orNull(caps.maxLeverage, rate),
      maxGrossExposure: orNull(caps.maxGrossExposure, money),
      minLiquidationDistance: orNull(caps.minLiquidationDistance ?? null, rate),
    },
    losses: {
      fromStart: orNull(losses.fromStart, rate),
      trailing: orNull(losses.trailing, rate),
      daily: orNull(losses.daily, rate),
      lossMoney: orNull(losses.lossMoney, money),
    },
    exposure: {
      leaderCapacity: orNull(exposure.leaderCapacity, money),
      followerGross: orNull(exposure.followerGross, money),
      underlyingShare: orNull(exposure.underlyingShare, rate),
      alertCapacity: orNull(exposure.alertCapacity ?? null, money),
      alertGross: orNull(exposure.alertGross ?? null, money),
      alertShare: orNull(exposure.alertShare ?? null, rate),
    },
    instruments,
    maxVenueLeverage: null,
    approveWithinMs: null,
    impact: null,
    choices: {},
  };
}

function modeOf(mode: CopyTerms['mode']): CopySettings['mode'] {
  switch (mode.kind) {
    case 'fixed_ratio':
      return { kind: mode.kind, ratio: rate(mode.ratio) };
    case 'proportional':
      return { kind: mode.kind, multiplier: rate(mode.multiplier), compounding: mode.compounding };
    case 'fixed_amount':
      return { kind: mode.kind, amount: money(mode.amount), maxAdds: mode.maxAdds };
    case 'risk_normalised':
      return {
        kind: mode.kind,
        multiplier: rate(mode.multiplier),
        targetVolatility: rate(mode.targetVolatility),
        scaleLeast: rate(mode.scaleLeast),
        scaleMost: rate(mode.scaleMost),
      };
  }
}

/** A scenario's terms as the auditor sees them. */
export function seenOf(terms: CopyTerms): SettingsSeen {
  const { fromStart, trailing, daily, lossMoney, haltNewAt, closeAfterMarks } = terms.losses;
  return {
    mode: terms.mode,
    direction: terms.direction,
    follow: terms.follow,
    start: terms.start.kind,
    instruments: terms.instruments,
    caps: terms.caps,
    ...(terms.stateLimits !== undefined && { stateLimits: terms.stateLimits }),
    ...(terms.onBreach !== undefined && { onBreach: terms.onBreach }),
    ...(terms.protectiveStop !== undefined && { protectiveStop: terms.protectiveStop }),
    ...(terms.policy !== undefined && { policy: terms.policy }),
    ...(terms.approveWithinMs !== undefined && { approveWithinMs: terms.approveWithinMs }),
    losses: { fromStart, trailing, daily, lossMoney, haltNewAt, closeAfterMarks },
    entryBound: terms.entryBound,
    maxAgeMs: terms.maxAgeMs,
    catchUpMs: terms.catchUpMs,
    venueLeverage: terms.venueLeverage,
  };
}
