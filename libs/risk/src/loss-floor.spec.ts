import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOSS_LIMITS, lossUnder, type NavColumns, thresholdOf } from './breaker';
import { lossFloor } from './loss-floor';

const UNIT = 100_000_000;
const ONE = 1_000_000_000_000;

interface Terms {
  readonly allocation?: number;
  readonly factor?: number;
  readonly linked?: number;
  readonly peak?: number;
  readonly day?: number;
  readonly anchor?: number;
  /** By the index of the limit; −1: none. */
  readonly limits: readonly [fromStart: number, trailing: number, daily: number, money: number];
}

/** One row; money in whole dollars, rates in whole parts of 10^12. */
function columnsOf(terms: Terms, equity: number): NavColumns {
  const one = (value: number) => Float64Array.of(value);
  const byte = () => Uint8Array.of(0);
  const allocation = terms.allocation ?? 1_000 * UNIT;
  return {
    copyNo: one(1),
    allocation: one(allocation),
    equity: one(equity),
    chargedUnbooked: one(0),
    navFactor: one(terms.factor ?? ONE),
    navEquity: one(terms.linked ?? allocation),
    navPeak: one(terms.peak ?? ONE),
    navDay: one(terms.day ?? ONE),
    dayEndsAt: one(0),
    pnlAnchor: one(terms.anchor ?? 0),
    breakerFromStart: one(terms.limits[0]),
    breakerTrailing: one(terms.limits[1]),
    breakerDaily: one(terms.limits[2]),
    breakerMoney: one(terms.limits[3]),
    alertAt: one(-1),
    haltAt: one(-1),
    closeAfter: byte(),
    breachedMarks: byte(),
    breakerStep: byte(),
    breakerLimit: byte(),
  };
}

const floorOf = (terms: Terms) => lossFloor(columnsOf(terms, 1_000 * UNIT), 0);
const dollars = (floor: ReturnType<typeof floorOf>) => (floor === null ? null : [Number(floor.equity) / UNIT, LOSS_LIMITS[floor.limit]]);

describe('the equity at which the first loss limit is met', () => {
  it.each<[string, Terms, number, string]>([
    ['a fifth from the start', { limits: [0.2 * ONE, -1, -1, -1] }, 800, 'from_start'],
    ['a tenth from a high of 1.5', { peak: 1.5 * ONE, limits: [-1, 0.1 * ONE, -1, -1] }, 1_350, 'trailing'],
    ['a tenth of the day', { day: 0.9 * ONE, limits: [-1, -1, 0.1 * ONE, -1] }, 810, 'daily'],
    ['an amount of money', { limits: [-1, -1, -1, 150 * UNIT] }, 850, 'loss_money'],
    ['the nearest of several counts', { limits: [0.2 * ONE, 0.5 * ONE, -1, 150 * UNIT] }, 850, 'loss_money'],
    ['the whole', { limits: [ONE, -1, -1, -1] }, 0, 'from_start'],
    ['more money than there is', { limits: [-1, -1, -1, 5_000 * UNIT] }, 0, 'loss_money'],
  ])('%s', (_name, terms, equity, limit) => {
    expect(dollars(floorOf(terms))?.[1]).toBe(limit);
    expect(Number(dollars(floorOf(terms))?.[0])).toBeCloseTo(equity, 6);
  });

  it('there is none without a limit', () => {
    expect(floorOf({ limits: [-1, -1, -1, -1] })).toBeNull();
  });

  it('a limit is met at the floor, and none is one hundred-millionth of a dollar above it', () => {
    const share = fc.oneof(fc.constant(-1), fc.integer({ min: 1, max: ONE }));
    const cash = fc.oneof(fc.constant(-1), fc.integer({ min: 1, max: 2_000 * UNIT }));
    const nav = fc.integer({ min: 1, max: 3 * ONE });
    const money = fc.integer({ min: 1, max: 1_000_000 * UNIT });
    const terms = fc.record({
      allocation: money,
      factor: nav,
      linked: money,
      peak: nav,
      day: nav,
      anchor: fc.integer({ min: -1_000 * UNIT, max: 1_000 * UNIT }),
      limits: fc.tuple(share, share, share, cash),
    });
    const isMet = (given: Terms, equity: number): boolean => {
      const columns = columnsOf(given, equity);
      return LOSS_LIMITS.some(
        (_name, limit) => thresholdOf(columns, 0, limit) >= 0 && lossUnder(columns, 0, limit) >= thresholdOf(columns, 0, limit),
      );
    };
    fc.assert(
      fc.property(terms, (given) => {
        const floor = floorOf(given);
        if (floor === null) return;
        const equity = Number(floor.equity);
        fc.pre(Number.isSafeInteger(equity));
        if (equity > 0) expect(isMet(given, equity)).toBe(true);
        expect(isMet(given, equity + 1)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });
});
