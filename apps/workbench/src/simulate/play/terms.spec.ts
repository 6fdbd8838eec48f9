import { ALERTED, decodeCopySettings, encodeCopySettings, validateCopySettings } from '@lockstep/roster';
import { type CopyTerms, scenarioOf } from '@lockstep/simulation';
import { describe, expect, it } from 'vitest';
import { seenOf, settingsOf } from './terms';

const TERMS: CopyTerms = {
  mode: { kind: 'proportional', multiplier: 2_000_000_000_000n, compounding: 'reinvest' },
  direction: 'inverse',
  follow: 'increases_only',
  start: { kind: 'adopt', band: 10_000_000_000n },
  instruments: { kind: 'only', coins: ['BTC'] },
  caps: { maxPositionSize: 1n, maxPositionNotional: 2n, maxPositionShare: 3n, maxLeverage: 4n },
  losses: { fromStart: 5n, trailing: 6n, daily: 7n, lossMoney: 8n, alertAt: 9n, haltNewAt: 10n, closeAfterMarks: 3 },
  entryBound: 11n,
  exitBound: 12n,
  maxAgeMs: 2_000,
  catchUpMs: 30_000,
  venueLeverage: 7,
};

const drawn = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((seed) =>
  scenarioOf(seed, 'standard').steps.flatMap((step) =>
    step.kind === 'copy_create' || step.kind === 'copy_terms' ? [{ seed, terms: step.terms }] : [],
  ),
);

describe('terms of a scenario as settings of the product', () => {
  it('keep every value in its place', () => {
    expect(settingsOf(TERMS)).toEqual({
      mode: TERMS.mode,
      policy: 'positions',
      direction: 'inverse',
      follow: 'increases_only',
      start: { kind: 'adopt', band: 10_000_000_000n },
      instruments: { kind: 'only', coins: ['BTC'] },
      caps: {
        maxPositionSize: 1n,
        maxPositionNotional: 2n,
        maxPositionShare: 3n,
        maxLeverage: 4n,
        maxGrossExposure: null,
        minLiquidationDistance: null,
      },
      slippage: { entryBound: 11n, exitBound: 12n, onBreach: 'reject' },
      breaker: { fromStart: 5n, trailing: 6n, daily: 7n, lossMoney: 8n, alertAt: 9n, haltNewAt: 10n, closeAfterMarks: 3, protectiveStop: false },
      stateLimits: ALERTED,
      maxAgeMs: 2_000,
      catchUpMs: 30_000,
      venueLeverage: 7,
      approveWithinMs: null,
      inherits: [],
    });
  });

  it('are the same the engine reads from its database, whatever a seed draws, and every mode is drawn', () => {
    for (const { seed, terms } of drawn) {
      const settings = settingsOf(terms);
      expect(decodeCopySettings(JSON.parse(JSON.stringify(encodeCopySettings(settings)))), `seed ${seed}`).toEqual({ ok: true, value: settings });
      expect(validateCopySettings(settings).ok, `seed ${seed}`).toBe(true);
    }
    expect(new Set(drawn.map(({ terms }) => terms.mode.kind))).toEqual(new Set(['fixed_ratio', 'proportional', 'fixed_amount', 'risk_normalised']));
  });

  it('are seen by the auditor with the same limits', () => {
    for (const { seed, terms } of [{ seed: 0, terms: TERMS }, ...drawn]) {
      const [seen, settings] = [seenOf(terms), settingsOf(terms)];
      const { alertAt: _, protectiveStop: __, ...losses } = settings.breaker;
      const { maxGrossExposure, minLiquidationDistance, ...others } = settings.caps;
      const floored = minLiquidationDistance === null ? others : { ...others, minLiquidationDistance };
      const caps = maxGrossExposure === null ? floored : { ...floored, maxGrossExposure };
      expect(seen.caps.minLiquidationDistance ?? null).toBe(minLiquidationDistance);
      expect(seen.mode, `seed ${seed}`).toMatchObject({ kind: settings.mode.kind });
      expect(
        [
          seen.direction,
          seen.follow,
          seen.start,
          seen.instruments,
          seen.caps.maxGrossExposure === null ? (({ maxGrossExposure: _none, ...rest }) => rest)(seen.caps) : seen.caps,
          { ...ALERTED, ...seen.stateLimits },
          seen.losses,
          seen.entryBound,
          seen.maxAgeMs,
          seen.catchUpMs,
          seen.venueLeverage,
          seen.approveWithinMs ?? null,
        ],
        `seed ${seed}`,
      ).toEqual([
        settings.direction,
        settings.follow,
        settings.start.kind,
        settings.instruments,
        caps,
        settings.stateLimits,
        losses,
        settings.slippage.entryBound,
        settings.maxAgeMs,
        settings.catchUpMs,
        settings.venueLeverage,
        settings.approveWithinMs,
      ]);
    }
  });
});
