import { money, RATE_ONE, rate } from '@lockstep/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COPY_STATES, isClosing, nextCopyState, takesNewRisk } from './copy-life';
import { type CopyMode, DIRECTIONS, FOLLOWS, filterAdmits, type InstrumentFilter } from './copy-settings';
import { intersect } from './settings-chain';
import { decodeCopySettings, encodeCopySettings } from './settings-codec';
import { defaultCopySettings, SETTINGS_BOUNDS, validateCopySettings } from './settings-rules';

const base = defaultCopySettings();
const faultsOf = (json: unknown): readonly string[] => {
  const result = decodeCopySettings(json);
  return result.ok ? [] : result.error.map(({ field, code }) => `${field}: ${code}`);
};

describe('settings', () => {
  it('the defaults are valid and survive JSON text', () => {
    expect(validateCopySettings(base).ok).toBe(true);
    expect(decodeCopySettings(JSON.parse(JSON.stringify(encodeCopySettings(base))))).toEqual({ ok: true, value: base });
  });

  it('every valid draft comes back from JSON as it was', () => {
    const ratio = fc.bigInt({ min: SETTINGS_BOUNDS.ratioMin, max: SETTINGS_BOUNDS.ratioMax }).map((value) => rate(value));
    const scale = fc.bigInt({ min: SETTINGS_BOUNDS.scaleMin, max: RATE_ONE });
    const mode: fc.Arbitrary<CopyMode> = fc.oneof(
      ratio.map((value): CopyMode => ({ kind: 'fixed_ratio', ratio: value })),
      ratio.map((multiplier): CopyMode => ({ kind: 'proportional', multiplier, compounding: 'fixed_nominal' })),
      fc
        .tuple(
          fc.bigInt({ min: SETTINGS_BOUNDS.amountMin, max: SETTINGS_BOUNDS.moneyMax }),
          fc.option(fc.integer({ min: 1, max: 10_000 }), { nil: null }),
        )
        .map(([amount, maxAdds]): CopyMode => ({ kind: 'fixed_amount', amount: money(amount), maxAdds })),
      fc.tuple(ratio, scale).map(
        ([multiplier, least]): CopyMode => ({
          kind: 'risk_normalised',
          multiplier,
          targetVolatility: rate(RATE_ONE / 2n),
          scaleLeast: rate(least),
          scaleMost: rate(RATE_ONE),
        }),
      ),
    );
    const draft = fc.record({
      notional: fc.option(fc.bigInt({ min: 0n, max: SETTINGS_BOUNDS.moneyMax - 1n }), { nil: null }),
      coins: fc.uniqueArray(fc.constantFrom('BTC', 'ETH', 'xyz:TSLA'), { minLength: 1 }),
      age: fc.integer({ min: 100, max: 60_000 }),
      mode,
      direction: fc.constantFrom(...DIRECTIONS),
      follow: fc.constantFrom(...FOLLOWS),
      loss: fc.option(fc.bigInt({ min: 1n, max: RATE_ONE }), { nil: null }),
    });
    fc.assert(
      fc.property(draft, ({ notional, coins, age, mode, direction, follow, loss }) => {
        const settings = {
          ...base,
          mode,
          direction,
          follow,
          start: { kind: 'adopt', band: loss === null ? null : rate(loss) } as const,
          breaker: {
            ...base.breaker,
            trailing: loss === null ? null : rate(loss),
            lossMoney: notional === null ? null : money(notional + 1n),
            closeAfterMarks: 3,
          },
          caps: { ...base.caps, maxPositionNotional: notional === null ? null : money(notional) },
          instruments: { kind: 'only', coins } as const,
          maxAgeMs: age,
        };
        expect(decodeCopySettings(encodeCopySettings(settings))).toEqual({ ok: true, value: settings });
      }),
    );
  });

  const json = encodeCopySettings(base);
  it.each([
    ['nothing', null, ': not_an_object'],
    ['a number for a decimal', { ...json, slippage: { ...json.slippage, entry_bound: 0.005 } }, 'slippage.entry_bound: not_a_decimal'],
    ['an unknown name', { ...json, leverage: 3 }, 'leverage: unknown_field'],
    ['an unknown name deeper', { ...json, caps: { ...json.caps, max: '1' } }, 'caps.max: unknown_field'],
    ['a missing part', { ...json, max_age_ms: undefined }, 'max_age_ms: missing'],
    ['a fraction of a ms', { ...json, max_age_ms: 2.5 }, 'max_age_ms: not_an_integer'],
    ['an unknown mode', { ...json, mode: { kind: 'martingale' } }, 'mode.kind: unknown_kind'],
    ['too wide an entry bound', { ...json, slippage: { ...json.slippage, entry_bound: '0.21' } }, 'slippage.entry_bound: above_maximum'],
    ['a breaker of nothing', { ...json, breaker: { ...json.breaker, from_start: '0' } }, 'breaker.from_start: below_minimum'],
    ['an amount below the smallest order', { ...json, mode: { kind: 'fixed_amount', amount: '9.99', max_adds: null } }, 'mode.amount: below_minimum'],
    ['half an order', { ...json, mode: { kind: 'fixed_amount', amount: '10', max_adds: 1.5 } }, 'mode.max_adds: not_an_integer'],
    ['an unknown side', { ...json, direction: 'both' }, 'direction: unknown_kind'],
    ['an unknown way to begin', { ...json, start: { kind: 'now' } }, 'start.kind: unknown_kind'],
    ['a share of a limit beyond it', { ...json, breaker: { ...json.breaker, alert_at: '1.1' } }, 'breaker.alert_at: above_maximum'],
    ['no mark to close after', { ...json, breaker: { ...json.breaker, close_after_marks: 0 } }, 'breaker.close_after_marks: below_minimum'],
    ['an empty list', { ...json, instruments: { kind: 'only', coins: [] } }, 'instruments.coins: empty_list'],
    ['a strange coin', { ...json, instruments: { kind: 'only', coins: ['B TC'] } }, 'instruments.coins: bad_coin'],
  ])('%s is refused by name', (_what, value, fault) => {
    expect(faultsOf(value)).toContain(fault);
  });
});

describe('settings chain', () => {
  it('an intersection admits exactly what both admit', () => {
    const coin = fc.constantFrom('A', 'B', 'C', 'D');
    const filter: fc.Arbitrary<InstrumentFilter> = fc.oneof(
      fc.constant<InstrumentFilter>({ kind: 'all' }),
      fc.array(coin).map((coins): InstrumentFilter => ({ kind: 'only', coins })),
      fc.array(coin).map((coins): InstrumentFilter => ({ kind: 'except', coins })),
    );
    fc.assert(
      fc.property(filter, filter, coin, (a, b, asked) => {
        expect(filterAdmits(intersect(a, b), asked)).toBe(filterAdmits(a, asked) && filterAdmits(b, asked));
      }),
    );
  });
});

describe('life of a copy', () => {
  it.each([
    ['preparing', 'prepared', 'active'],
    ['active', 'pause', 'paused'],
    ['paused', 'resume', 'active'],
    ['paused', 'break', 'breaker_closed'],
    ['breaker_closed', 'resume', null],
    ['breaker_closed', 're_enable', 'active'],
    ['stopping', 'resume', null],
    ['stopping', 'proved_flat', 'stopped'],
    ['stopped', 'resume', null],
  ] as const)('%s on %s becomes %s', (state, event, next) => {
    expect(nextCopyState(state, event)).toBe(next);
  });

  it('only an active copy takes risk; a closing one never', () => {
    expect(COPY_STATES.filter(takesNewRisk)).toEqual(['active']);
    expect(COPY_STATES.filter(isClosing)).toEqual(['breaker_closed', 'stopping']);
  });
});
