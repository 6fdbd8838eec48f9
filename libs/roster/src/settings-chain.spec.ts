import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { money, RATE_ONE, rate, size, unwrap } from '@lockstep/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CopySettings, filterAdmits, type InstrumentFilter } from './copy-settings';
import { LAYERS, type Layer } from './layers';
import { decodeChainLimits, encodeChainLimits, IMPACT_DEFAULTS } from './limits-codec';
import { type ChainLimits, effectiveSettings, type LayerLimits, LIMIT_NAMES, type LimitName, NO_CHAIN_LIMITS } from './settings-chain';
import { decodeCopySettings, encodeCopySettings } from './settings-codec';
import { defaultCopySettings } from './settings-rules';

const COINS = ['A', 'B', 'C'] as const;
const own = defaultCopySettings();

/** Each limit of a layer and of settings by its name; null: none. */
const LAYER_VALUE: Readonly<Record<Exclude<LimitName, 'instruments' | 'impact'>, (limits: ChainLimits) => bigint | number | null>> = {
  'caps.max_position_size': ({ caps }) => caps.maxPositionSize,
  'caps.max_position_notional': ({ caps }) => caps.maxPositionNotional,
  'caps.max_position_share': ({ caps }) => caps.maxPositionShare,
  'caps.max_leverage': ({ caps }) => caps.maxLeverage,
  'caps.max_gross_exposure': ({ caps }) => caps.maxGrossExposure,
  'caps.min_liquidation_distance': ({ caps }) => caps.minLiquidationDistance,
  'exposure.max_follower_exposure': ({ exposure }) => exposure.followerGross,
  'exposure.max_underlying_share': ({ exposure }) => exposure.underlyingShare,
  'exposure.max_leader_exposure': ({ exposure }) => exposure.leaderCapacity,
  'exposure.alert_follower_exposure': ({ exposure }) => exposure.alertGross,
  'exposure.alert_underlying_share': ({ exposure }) => exposure.alertShare,
  'exposure.alert_leader_exposure': ({ exposure }) => exposure.alertCapacity,
  'breaker.from_start': ({ losses }) => losses.fromStart,
  'breaker.trailing': ({ losses }) => losses.trailing,
  'breaker.daily': ({ losses }) => losses.daily,
  'breaker.loss_money': ({ losses }) => losses.lossMoney,
  venue_leverage: ({ maxVenueLeverage }) => maxVenueLeverage,
  approve_within_ms: ({ approveWithinMs }) => approveWithinMs,
};
/** A floor binds by its greatest value, a limit by its least. */
const isStricter = (name: LimitName, value: bigint | number, bound: bigint | number): boolean =>
  name === 'caps.min_liquidation_distance' ? value > bound : value < bound;
const NUMBERS = LIMIT_NAMES.filter((name) => name !== 'instruments' && name !== 'impact');
const asLimits = (
  { caps, breaker, instruments, venueLeverage, approveWithinMs }: CopySettings,
  exposure = NO_CHAIN_LIMITS.exposure,
): ChainLimits => ({
  caps,
  exposure,
  losses: { fromStart: breaker.fromStart, trailing: breaker.trailing, daily: breaker.daily, lossMoney: breaker.lossMoney },
  instruments,
  maxVenueLeverage: venueLeverage,
  approveWithinMs,
  impact: null,
  choices: {},
});

const orNone = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });
// Few different values, so that layers often agree.
const small = fc.bigInt({ min: 1n, max: 4n });
const share = orNone(small.map((value) => rate((value * RATE_ONE) / 4n)));
const filter: fc.Arbitrary<InstrumentFilter> = fc.oneof(
  fc.constant<InstrumentFilter>({ kind: 'all' }),
  fc.subarray([...COINS], { minLength: 1 }).map((coins): InstrumentFilter => ({ kind: 'only', coins })),
  fc.subarray([...COINS], { minLength: 1 }).map((coins): InstrumentFilter => ({ kind: 'except', coins })),
);
const limits: fc.Arbitrary<ChainLimits> = fc.record({
  caps: fc.record({
    maxPositionSize: orNone(small.map((value) => size(value))),
    maxPositionNotional: orNone(small.map((value) => money(value))),
    maxPositionShare: share,
    maxLeverage: share,
    maxGrossExposure: orNone(small.map((value) => money(value))),
    minLiquidationDistance: share,
  }),
  exposure: fc.record({
    followerGross: orNone(small.map((value) => money(value))),
    underlyingShare: share,
    leaderCapacity: orNone(small.map((value) => money(value))),
    alertGross: orNone(small.map((value) => money(value))),
    alertShare: share,
    alertCapacity: orNone(small.map((value) => money(value))),
  }),
  losses: fc.record({ fromStart: share, trailing: share, daily: share, lossMoney: orNone(small.map((value) => money(value))) }),
  instruments: filter,
  maxVenueLeverage: orNone(fc.integer({ min: 1, max: 20 })),
  approveWithinMs: orNone(fc.integer({ min: 1_000, max: 1_003 })),
  impact: orNone(
    fc.record({
      spreadAbove: small.map((value) => rate((value * RATE_ONE) / 4n)),
      participation: small.map((value) => rate((value * RATE_ONE) / 4n)),
      withinMs: fc.integer({ min: 0, max: 60_000 }),
      jitter: small.map((value) => rate((value * RATE_ONE) / 5n)),
    }),
  ),
  choices: fc.constant({}),
});
const layer = fc.constantFrom(...LAYERS.filter((name): name is LayerLimits['layer'] => name !== 'copy'));
const chain: fc.Arbitrary<readonly LayerLimits[]> = fc.array(fc.record({ layer, limits }), { maxLength: 6 });
const settings: fc.Arbitrary<CopySettings> = limits.map(({ caps, losses, instruments, maxVenueLeverage, approveWithinMs }) => ({
  ...own,
  caps,
  breaker: { ...own.breaker, ...losses },
  instruments,
  venueLeverage: maxVenueLeverage ?? 10,
  approveWithinMs,
}));

describe('the settings chain', () => {
  it('gives each limit the least of all layers, a floor the greatest, and names the nearest layer that set it', () => {
    fc.assert(
      fc.property(settings, chain, (copy, layers) => {
        const { settings: effective, exposure, sources } = effectiveSettings(copy, layers);
        const all: readonly { readonly layer: Layer; readonly limits: ChainLimits }[] = [...layers, { layer: 'copy', limits: asLimits(copy) }];
        for (const name of NUMBERS) {
          const of = LAYER_VALUE[name];
          const set = all.flatMap((one) => {
            const value = of(one.limits);
            return value === null ? [] : [{ layer: one.layer, value }];
          });
          const least = set.reduce<bigint | number | null>(
            (bound, { value }) => (bound === null || isStricter(name, value, bound) ? value : bound),
            null,
          );
          expect([name, of(asLimits(effective, exposure))]).toEqual([name, least]);
          const holders = set.filter(({ value }) => value === least).map((one) => LAYERS.indexOf(one.layer));
          expect([name, sources[name]]).toEqual([name, least === null ? [] : [LAYERS[Math.max(...holders)]]]);
        }
      }),
    );
  });

  it('admits an instrument where every layer does, names all that narrow it, and leaves every choice to the copy', () => {
    fc.assert(
      fc.property(settings, chain, (copy, layers) => {
        const { settings: effective, sources } = effectiveSettings(copy, layers);
        const filters = [copy.instruments, ...layers.map((one) => one.limits.instruments)];
        for (const coin of [...COINS, 'D']) expect(filterAdmits(effective.instruments, coin)).toBe(filters.every((one) => filterAdmits(one, coin)));
        const narrowing = new Set<Layer>(layers.filter((one) => one.limits.instruments.kind !== 'all').map((one) => one.layer));
        if (copy.instruments.kind !== 'all') narrowing.add('copy');
        expect(new Set(sources.instruments)).toEqual(narrowing);
        const { caps: _caps, instruments: _instruments, venueLeverage: _leverage, approveWithinMs: _approval, breaker, ...choices } = effective;
        expect({ ...copy, ...choices, breaker: { ...breaker, ...asLimits(copy).losses } }).toEqual(copy);
      }),
    );
  });

  it('does not depend on the order in which layers are given, and a layer more never loosens anything', () => {
    fc.assert(
      fc.property(settings, chain, fc.record({ layer, limits }), (copy, layers, more) => {
        const before = effectiveSettings(copy, layers);
        expect(effectiveSettings(copy, [...layers].reverse()).settings.caps).toEqual(before.settings.caps);
        const stricter = effectiveSettings(copy, [...layers, more]);
        const after = stricter.settings;
        for (const name of NUMBERS) {
          const [from, to] = [LAYER_VALUE[name](asLimits(before.settings, before.exposure)), LAYER_VALUE[name](asLimits(after, stricter.exposure))];
          expect(from === null || (to !== null && !isStricter(name, from, to)), name).toBe(true);
        }
        for (const coin of COINS) if (filterAdmits(after.instruments, coin)) expect(filterAdmits(before.settings.instruments, coin)).toBe(true);
      }),
    );
  });
});

describe('how waves are spread', () => {
  const terms = (withinMs: number): ChainLimits => ({ ...NO_CHAIN_LIMITS, impact: { ...IMPACT_DEFAULTS, withinMs } });
  it.each<[string, readonly LayerLimits[], number | null, readonly Layer[]]>([
    ['nobody says', [{ layer: 'leader', limits: NO_CHAIN_LIMITS }], null, []],
    ['the platform says for all', [{ layer: 'platform', limits: terms(3_000) }], 3_000, ['platform']],
    [
      'the leader says otherwise',
      [
        { layer: 'leader', limits: terms(9_000) },
        { layer: 'platform', limits: terms(3_000) },
      ],
      9_000,
      ['leader'],
    ],
    [
      'the leader says never',
      [
        { layer: 'platform', limits: terms(3_000) },
        { layer: 'leader', limits: terms(0) },
      ],
      0,
      ['leader'],
    ],
    [
      'the follower has the last word',
      [
        { layer: 'follower', limits: terms(1_500) },
        { layer: 'leader', limits: terms(9_000) },
      ],
      1_500,
      ['follower'],
    ],
  ])('%s', (_who, layers, withinMs, from) => {
    const { impact, sources } = effectiveSettings(own, layers);
    expect([impact?.withinMs ?? null, sources.impact]).toEqual([withinMs, from]);
  });

  it.each([
    ['asked for without more', {}, { ...IMPACT_DEFAULTS }],
    ['with one figure', { within_ms: 0 }, { ...IMPACT_DEFAULTS, withinMs: 0 }],
    ['taken away', null, null],
  ])('%s', (_what, impact, expected) => {
    const decoded = decodeChainLimits({ impact });
    expect(decoded.ok ? decoded.value.impact : decoded.error).toEqual(expected);
  });

  it.each([
    [{ participation: '0' }, 'impact.participation: below_minimum'],
    [{ participation: '1.1' }, 'impact.participation: above_maximum'],
    [{ within_ms: 60_001 }, 'impact.within_ms: above_maximum'],
    [{ jitter: '1' }, 'impact.jitter: above_maximum'],
    [{ spread_above: '0.001' }, 'impact.spread_above: below_minimum'],
    [{ slices: 4 }, 'impact.slices: unknown_field'],
  ])('%j is refused by name', (impact, fault) => {
    const decoded = decodeChainLimits({ impact });
    expect(decoded.ok ? [] : decoded.error.map(({ field, code }) => `${field}: ${code}`)).toEqual([fault]);
  });
});

describe('limits as JSON', () => {
  it('come back as they were, and absent ones are none', () => {
    fc.assert(
      fc.property(limits, (some) => {
        expect(decodeChainLimits(encodeChainLimits(some))).toEqual({ ok: true, value: some });
      }),
    );
    expect(decodeChainLimits({})).toEqual({ ok: true, value: NO_CHAIN_LIMITS });
  });

  it.each([
    ['nothing', null, ': not_an_object'],
    ['a limit that is misspelt', { caps: { max_levrage: '2' } }, 'caps.max_levrage: unknown_field'],
    ['a layer of its own making', { cap: {} }, 'cap: unknown_field'],
    ['a loss of nothing', { losses: { daily: '0' } }, 'losses.daily: below_minimum'],
    ['a loss of more than all', { losses: { daily: '1.1' } }, 'losses.daily: above_maximum'],
    ['half a leverage', { max_venue_leverage: 1.5 }, 'max_venue_leverage: not_an_integer'],
    ['no leverage', { max_venue_leverage: 0 }, 'max_venue_leverage: below_minimum'],
    ['an empty list', { instruments: { kind: 'only', coins: [] } }, 'instruments.coins: empty_list'],
  ])('%s is refused by name', (_what, json, fault) => {
    const decoded = decodeChainLimits(json);
    expect(decoded.ok ? [] : decoded.error.map(({ field, code }) => `${field}: ${code}`)).toContain(fault);
  });
});

describe('docs/copying.md', () => {
  const page = readFileSync(join(__dirname, '../../../docs/copying.md'), 'utf8');
  const examples = page
    .split(/^#{2,3} /m)
    .filter((section) => section.startsWith('Limits example: '))
    .map((section) => ({
      name: section.slice('Limits example: '.length, section.indexOf('\n')),
      json: JSON.parse(/```json\n(.*?)```/s.exec(section)?.[1] ?? 'null'),
      rows: section
        .split('\n')
        .filter((line) => line.startsWith('|'))
        .slice(2)
        .map((line) => line.split('|').map((cell) => cell.trim())),
    }));

  it('has an example of limits from every layer', () => {
    expect(new Set(examples.flatMap(({ json }) => Object.keys(json)))).toEqual(new Set(LAYERS));
  });

  it.each(examples)('limits: $name', ({ json, rows }) => {
    const defaults = encodeCopySettings(own);
    const copy = {
      ...defaults,
      ...json.copy,
      caps: { ...defaults.caps, ...json.copy?.caps },
      breaker: { ...defaults.breaker, ...json.copy?.breaker },
    };
    const layers = LAYERS.filter((name): name is LayerLimits['layer'] => name !== 'copy' && json[name] !== undefined);
    const { settings: effective, sources } = effectiveSettings(
      unwrap(decodeCopySettings(copy), 'the copy’s settings'),
      layers.map((name) => ({ layer: name, limits: unwrap(decodeChainLimits(json[name]), `limits of the ${name}`) })),
    );
    for (const [, name = '', value, from] of rows) {
      const limit = LIMIT_NAMES.find((one) => one === name);
      if (limit === undefined) throw new Error(`the page names a limit "${name}"`);
      const told = name.split('.').reduce<unknown>((part, key) => Reflect.get(Object(part), key), encodeCopySettings(effective));
      const coins: unknown = told === null ? undefined : Reflect.get(Object(told), 'coins');
      expect([name, Array.isArray(coins) ? coins.join(' ') : String(told), sources[limit].join(', ')]).toEqual([name, value, from]);
    }
  });
});
