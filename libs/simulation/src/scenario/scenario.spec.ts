import { createHash } from 'node:crypto';
import { money, rate, size } from '@lockstep/kernel';
import { ALERTED, type CopySettings, validateCopySettings } from '@lockstep/roster';
import { describe, expect, it } from 'vitest';
import { defaultUniverse } from '../exchange/universe';
import { countsOf, describeScenario } from './describe';
import { FAULT_KINDS } from './faults';
import { printScenario, printStep } from './print';
import { brokenPromises } from './promises';
import { scenarioOf } from './scenario-of';
import { REGIMES, STEP_KINDS, TRADE_INTENTS } from './steps';
import type { CopyTerms } from './terms';
import { RECORDED_SOURCES as SOURCES } from './testing/sources';

const SEEDS = Array.from({ length: 20 }, (_, nth) => nth + 1);
const scenarios = SEEDS.map((seed) => scenarioOf(seed, 'standard', SOURCES));
const textOf = (seed: number): string => printScenario(scenarioOf(seed, 'standard', SOURCES));

describe('a scenario', () => {
  it('is the same for the same seed, to the last character, and another for another seed', () => {
    expect(textOf(7)).toBe(textOf(7));
    expect(textOf(7)).not.toBe(textOf(8));
  });

  it('is what it was: no machine and no change of another room moves it', () => {
    const hash = createHash('sha256')
      .update(printScenario(scenarioOf(2)))
      .digest('hex');
    expect(hash.slice(0, 16)).toBe('b4fab48bc72c5785');
  });

  it.each(SEEDS)('keeps every promise, seed %i', (seed) => {
    expect(brokenPromises(scenarioOf(seed, 'standard', SOURCES))).toEqual([]);
  });

  it.each(['small', 'large'] as const)('keeps every promise when %s, with and without sources', (extent) => {
    for (const seed of [1, 2, 3]) {
      expect(brokenPromises(scenarioOf(seed, extent))).toEqual([]);
      expect(brokenPromises(scenarioOf(seed, extent, SOURCES))).toEqual([]);
    }
  });

  it('has 2,000 steps at least, two to six leaders, beside one who works with orders in some, and 6 to 400 followers of two or three tenants', () => {
    for (const { steps, leaders, followers, tenants, seed } of scenarios) {
      expect(steps.length, `seed ${seed}`).toBeGreaterThanOrEqual(2_000);
      expect([2, 3]).toContain(tenants.length);
      const traders = leaders.filter(({ style }) => style !== 'orders');
      expect(traders.length).toBeGreaterThanOrEqual(2);
      expect(traders.length).toBeLessThanOrEqual(6);
      expect(leaders.length - traders.length).toBeLessThanOrEqual(1);
      expect(followers.length).toBeGreaterThanOrEqual(6);
      expect(followers.length).toBeLessThanOrEqual(400);
      expect(new Set([...leaders, ...followers].map(({ address }) => address)).size).toBe(leaders.length + followers.length);
    }
  });

  it.each([100, 3_000])('has at least the %i steps it is asked for, and not many more', (asked) => {
    const scenario = scenarioOf(3, 'standard', SOURCES, asked);
    expect(scenario.steps.length).toBeGreaterThanOrEqual(asked);
    expect(scenario.steps.length).toBeLessThan(asked + 250);
    expect(brokenPromises(scenario)).toEqual([]);
  });

  it('has the steps of its size when asked for as many as by default', () => {
    expect(printScenario(scenarioOf(3, 'standard', SOURCES, 2_000))).toBe(textOf(3));
  });

  it('has hundreds of followers in some seeds', () => {
    expect(scenarios.filter(({ followers }) => followers.length >= 150).map(({ seed }) => seed)).not.toEqual([]);
  });

  it('asks for 100 decisions on new risk at least in each seed, and for 1,000 on the average', () => {
    const asked = scenarios.map((scenario) => countsOf(scenario).increasesToDecide);
    for (const [index, count] of asked.entries()) expect(count, `seed ${scenarios[index]?.seed}`).toBeGreaterThan(100);
    expect(asked.reduce((sum, count) => sum + count, 0) / asked.length).toBeGreaterThan(1_000);
  });

  it('trades a coin of a builder dex, one of whole-coin lots and three others of the simulated exchange', () => {
    const known = new Set(defaultUniverse.dexes.flatMap(({ assets }) => assets.map(({ coin }) => coin)));
    for (const { coins } of scenarios) {
      expect(coins).toHaveLength(5);
      expect(coins.every(({ coin }) => known.has(coin))).toBe(true);
      expect(coins.filter(({ dex }) => dex !== '')).toHaveLength(1);
      expect(coins.some(({ szDecimals }) => szDecimals === 0)).toBe(true);
    }
  });
});

describe('twenty seeds', () => {
  const all = scenarios.map(countsOf);
  const seen = (part: 'kinds' | 'intents' | 'faults' | 'regimes', name: string): number =>
    all.reduce((sum, counts) => sum + (counts[part][name] ?? 0), 0);

  it.each(STEP_KINDS)('have a step of kind %s', (kind) => expect(seen('kinds', kind)).toBeGreaterThan(0));
  it.each(TRADE_INTENTS)('have a leader %s', (intent) => expect(seen('intents', intent)).toBeGreaterThan(0));
  it.each(FAULT_KINDS)('have a window of %s', (fault) => expect(seen('faults', fault)).toBeGreaterThan(0));
  it.each(REGIMES)('have a market in %s', (regime) => expect(seen('regimes', regime)).toBeGreaterThan(0));

  const terms = scenarios.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'copy_create' ? [step.terms] : [])));
  it.each<[string, (each: CopyTerms) => boolean]>([
    ['fixed ratio', ({ mode }) => mode.kind === 'fixed_ratio'],
    ['proportional, reinvesting', ({ mode }) => mode.kind === 'proportional' && mode.compounding === 'reinvest'],
    ['proportional, nominal', ({ mode }) => mode.kind === 'proportional' && mode.compounding === 'fixed_nominal'],
    ['fixed amount', ({ mode }) => mode.kind === 'fixed_amount'],
    ['risk normalised', ({ mode }) => mode.kind === 'risk_normalised'],
    ['mirroring orders', ({ policy }) => policy === 'orders'],
    ['inverse', ({ direction }) => direction === 'inverse'],
    ['increases only', ({ follow }) => follow === 'increases_only'],
    ['decreases only', ({ follow }) => follow === 'decreases_only'],
    ['adopting in a band', ({ start }) => start.kind === 'adopt' && start.band !== null],
    ['some coins only', ({ instruments }) => instruments.kind === 'only'],
    ['all but some coins', ({ instruments }) => instruments.kind === 'except'],
    ['a cap of size', ({ caps }) => caps.maxPositionSize !== null],
    ['a cap of notional', ({ caps }) => caps.maxPositionNotional !== null],
    ['a cap of share', ({ caps }) => caps.maxPositionShare !== null],
    ['no cap of leverage', ({ caps }) => caps.maxLeverage === null],
    ['a loss from the start', ({ losses }) => losses.fromStart !== null],
    ['a trailing loss', ({ losses }) => losses.trailing !== null],
    ['a daily loss', ({ losses }) => losses.daily !== null],
    ['a loss in money', ({ losses }) => losses.lossMoney !== null],
    ['a ladder', ({ losses }) => losses.alertAt !== null && losses.haltNewAt !== null],
    ['several marks before it closes', ({ losses }) => losses.closeAfterMarks > 1],
    ['no catching up', ({ catchUpMs }) => catchUpMs === 0],
  ])('have copies with %s', (_what, has) => expect(terms.some(has)).toBe(true));

  it('have nothing but terms the product takes', () => {
    const refused = scenarios.flatMap(({ seed, steps }) =>
      steps.flatMap((step) => {
        if (step.kind !== 'copy_create' && step.kind !== 'copy_terms') return [];
        const checked = validateCopySettings(settingsOf(step.terms));
        return checked.ok ? [] : [`seed ${seed}: ${JSON.stringify(checked.error)} in ${printStep(step)}`];
      }),
    );
    expect(refused).toEqual([]);
  });

  it('replay a recorded leader', () => {
    const replayed = scenarios.flatMap(({ leaders, steps }) => {
      const who = leaders.filter(({ style }) => style === 'replayed').map(({ leader }) => leader);
      return steps.filter((step) => step.kind === 'leader_trades' && who.includes(step.leader));
    });
    expect(replayed.length).toBeGreaterThan(100);
  });

  it('let a coin fall by a fifth within minutes', () => {
    expect(scenarios.some(({ steps }) => deepestFall(steps.flatMap((step) => (step.kind === 'prices' ? [step] : []))) > 0.2)).toBe(true);
  });

  it('count the same as the description of a seed', () => {
    expect(describeScenario(3, 'standard', SOURCES)).toEqual(all[2]);
  });
});

/** Largest share by which BTC fell within four minutes. */
function deepestFall(
  moves: readonly { readonly at: number; readonly moves: readonly { readonly coin: string; readonly price: bigint }[] }[],
): number {
  const path = moves.flatMap(({ at, moves: each }) => each.filter(({ coin }) => coin === 'BTC').map(({ price }) => ({ at, price: Number(price) })));
  return Math.max(
    ...path.map((high, from) =>
      Math.max(0, ...path.slice(from, from + 240).map((low) => (low.at - high.at > 240_000 ? 0 : 1 - low.price / high.price))),
    ),
  );
}

const whole = <T>(value: bigint | null, unit: (raw: bigint) => T): T | null => (value === null ? null : unit(value));

/** The terms as the product's own settings. */
function settingsOf(terms: CopyTerms): CopySettings {
  const { mode, caps, losses, start } = terms;
  return {
    mode: modeOf(mode),
    policy: 'positions',
    direction: terms.direction,
    follow: terms.follow,
    start: start.kind === 'adopt' ? { kind: 'adopt', band: whole(start.band, rate) } : start,
    instruments: terms.instruments,
    caps: {
      maxPositionSize: whole(caps.maxPositionSize, size),
      maxPositionNotional: whole(caps.maxPositionNotional, money),
      maxPositionShare: whole(caps.maxPositionShare, rate),
      maxLeverage: whole(caps.maxLeverage, rate),
      maxGrossExposure: null,
      minLiquidationDistance: null,
    },
    slippage: { entryBound: rate(terms.entryBound), exitBound: rate(terms.exitBound), onBreach: 'reject' },
    breaker: {
      fromStart: whole(losses.fromStart, rate),
      trailing: whole(losses.trailing, rate),
      daily: whole(losses.daily, rate),
      lossMoney: whole(losses.lossMoney, money),
      alertAt: whole(losses.alertAt, rate),
      haltNewAt: whole(losses.haltNewAt, rate),
      closeAfterMarks: losses.closeAfterMarks,
      protectiveStop: false,
    },
    stateLimits: ALERTED,
    maxAgeMs: terms.maxAgeMs,
    catchUpMs: terms.catchUpMs,
    venueLeverage: terms.venueLeverage,
    approveWithinMs: null,
    inherits: [],
  };
}

function modeOf(mode: CopyTerms['mode']): CopySettings['mode'] {
  switch (mode.kind) {
    case 'fixed_ratio':
      return { kind: mode.kind, ratio: rate(mode.ratio) };
    case 'proportional':
      return { ...mode, multiplier: rate(mode.multiplier) };
    case 'fixed_amount':
      return { ...mode, amount: money(mode.amount) };
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
