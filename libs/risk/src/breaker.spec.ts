import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anchorLosses, BREAKER_STEPS, evaluateBreakers, LOSS_LIMITS, lossFromStart, lossUnder, type NavColumns, STEP, unitNav } from './breaker';

const ONE = 1e12;
const DAY = 86_400_000;
const NONE = -1;
const one = (value: number): Float64Array => Float64Array.of(value);
const small = (value: number): Uint8Array => Uint8Array.of(value);

interface Terms {
  readonly fromStart?: number;
  readonly trailing?: number;
  readonly daily?: number;
  readonly money?: number;
  readonly alertAt?: number;
  readonly haltAt?: number;
  readonly closeAfter?: number;
}

/** A copy of 100 dollars whose equity is set by hand. */
class Copy {
  readonly columns: NavColumns;
  now = 1_000;
  dayEnds = DAY;

  constructor(terms: Terms) {
    const share = (value: number | undefined): Float64Array => one(value === undefined ? NONE : Math.round(value * ONE));
    this.columns = {
      copyNo: one(1),
      allocation: one(100e8),
      equity: one(100e8),
      chargedUnbooked: one(0),
      navFactor: one(ONE),
      navEquity: one(100e8),
      navPeak: one(ONE),
      navDay: one(ONE),
      dayEndsAt: one(0),
      pnlAnchor: one(0),
      breakerFromStart: share(terms.fromStart),
      breakerTrailing: share(terms.trailing),
      breakerDaily: share(terms.daily),
      breakerMoney: one(terms.money === undefined ? NONE : terms.money * 1e8),
      alertAt: share(terms.alertAt),
      haltAt: share(terms.haltAt),
      closeAfter: small(terms.closeAfter ?? 1),
      breachedMarks: small(0),
      breakerStep: small(0),
      breakerLimit: small(0),
    };
  }

  /** The step after a valuation at so many dollars. */
  at(dollars: number, isNewMark = true, confirms?: () => boolean): string {
    this.columns.equity[0] = Math.round(dollars * 1e8);
    const changes = { rows: new Int32Array(1), before: new Uint8Array(1) };
    evaluateBreakers(this.columns, 1, { now: this.now, isNewMark, nextDay: () => this.dayEnds, ...(confirms && { confirms }) }, changes);
    return BREAKER_STEPS[this.columns.breakerStep[0] ?? 0] ?? '';
  }

  get limit(): string {
    return LOSS_LIMITS[this.columns.breakerLimit[0] ?? 0] ?? '';
  }
}

describe('a loss limit', () => {
  it.each<[string, Terms, readonly number[], string]>([
    ['from the start is met exactly at it', { fromStart: 0.2 }, [100, 80], 'close'],
    ['from the start is not met a unit above', { fromStart: 0.2 }, [100, 80.000_000_01], 'none'],
    ['from the start counts no fall from a profit', { fromStart: 0.2 }, [150, 81], 'none'],
    ['trailing is met from the highest value', { trailing: 0.2 }, [150, 120], 'close'],
    ['trailing is not met a unit above', { trailing: 0.2 }, [150, 120.000_000_01], 'none'],
    ['trailing counts a new copy from its start', { trailing: 0.2 }, [80], 'close'],
    ['in money is met exactly at it', { money: 30 }, [110, 70], 'close'],
    ['in money is not met a unit above', { money: 30 }, [110, 70.000_000_01], 'none'],
    ['of a day is met from the day’s first value', { daily: 0.1 }, [110, 99], 'close'],
    ['that is off is never met', {}, [100, 0], 'none'],
    ['counts equity that is gone as the whole', { fromStart: 1 }, [0], 'close'],
    ['in money is met where equity is gone, however large', { money: 150 }, [0], 'close'],
    ['in money is not met where a unit of equity is left', { money: 150 }, [0.000_000_01], 'none'],
  ])('%s', (_what, terms, path, step) => {
    const copy = new Copy(terms);
    expect(path.map((dollars) => copy.at(dollars)).at(-1)).toBe(step);
  });

  it('of a day begins anew with the tenant’s day', () => {
    const copy = new Copy({ daily: 0.1 });
    expect([copy.at(100), copy.at(91)]).toEqual(['none', 'none']);
    copy.now = DAY;
    copy.dayEnds = 2 * DAY;
    // Another 9 % lost, of what the day began with.
    expect([copy.at(91), copy.at(83), copy.at(81.9)]).toEqual(['none', 'none', 'close']);
  });

  it('of a day counts from the beginning of the day also where it is set later', () => {
    const copy = new Copy({});
    expect([copy.at(100), copy.at(89)]).toEqual(['none', 'none']);
    copy.columns.breakerDaily[0] = 0.1 * ONE;
    expect(copy.at(89)).toBe('close');
  });

  it('is measured on the chain: a copy down 10 %, topped up, then down 10 % again has lost 19 %', () => {
    const { columns } = new Copy({});
    Object.assign(columns, { equity: one(180e8), navFactor: one(0.9 * ONE), navEquity: one(200e8) });
    expect(unitNav(columns, 0)).toBe(0.81 * ONE);
    expect(lossFromStart(columns, 0)).toBe(0.19 * ONE);
  });

  it('that is closed stays so whatever the value, until losses are anchored anew', () => {
    const copy = new Copy({ fromStart: 0.2, money: 50, trailing: 0.5 });
    copy.at(70);
    expect([copy.at(100), copy.at(200)]).toEqual(['close', 'close']);
    copy.columns.equity[0] = 70e8;
    anchorLosses(copy.columns, 0);
    expect(LOSS_LIMITS.map((_, limit) => lossUnder(copy.columns, 0, limit))).toEqual([0, 0, 0, 0]);
    expect([copy.at(60), copy.at(56)]).toEqual(['none', 'close']);
  });
});

describe('a copy that is enabled again in the middle of a day', () => {
  it('loses from there: what its first entries cost before the next valuation counts under the day’s limit', () => {
    const copy = new Copy({ daily: 0.01 });
    copy.at(100);
    copy.at(98);
    anchorLosses(copy.columns, 0);
    expect([copy.at(97.5), copy.at(97)]).toEqual(['none', 'close']);
  });
});

describe('the ladder', () => {
  it('alerts, halts new risk, and closes, each at its share of the limit; and comes down again while nothing was closed', () => {
    const copy = new Copy({ fromStart: 0.2, alertAt: 0.5, haltAt: 0.75 });
    expect([95, 90.01, 90, 85.01, 85, 80.01, 86, 91, 80].map((dollars) => copy.at(dollars))).toEqual([
      'none',
      'none',
      'alert',
      'alert',
      'halt_new',
      'halt_new',
      'alert',
      'none',
      'close',
    ]);
  });

  it('takes the hardest step of all limits, and names its limit', () => {
    const copy = new Copy({ fromStart: 0.5, trailing: 0.2, alertAt: 0.3 });
    copy.at(150);
    expect([copy.at(125), copy.limit]).toEqual(['alert', 'trailing']);
    expect([copy.at(120), copy.limit]).toEqual(['close', 'trailing']);
  });

  it('halts new risk at the first breach and closes at as many new marks in a row as told: a wick closes nothing and delays no halt', () => {
    const copy = new Copy({ fromStart: 0.2, closeAfter: 3 });
    expect([79, 79, 81, 79, 79, 79].map((dollars) => copy.at(dollars))).toEqual(['halt_new', 'halt_new', 'none', 'halt_new', 'halt_new', 'close']);
  });

  it('is not confirmed by valuations without a new mark', () => {
    const copy = new Copy({ fromStart: 0.2, closeAfter: 2 });
    expect([copy.at(79), copy.at(79, false), copy.at(79, false), copy.at(79)]).toEqual(['halt_new', 'halt_new', 'halt_new', 'close']);
  });

  it('is not confirmed by new marks of what the copy does not hold, which may be the first all the same', () => {
    const copy = new Copy({ fromStart: 0.2, closeAfter: 2 });
    expect([copy.at(79, true, () => false), copy.at(79, true, () => false), copy.at(79, true, () => true)]).toEqual([
      'halt_new',
      'halt_new',
      'close',
    ]);
    expect(new Copy({ fromStart: 0.2 }).at(79, true, () => false)).toBe('close');
  });
});

describe('funding that was read and is not booked', () => {
  const after = (terms: Terms, charged: number, dollars: number): readonly [string, number] => {
    const copy = new Copy(terms);
    copy.columns.chargedUnbooked[0] = charged * 1e8;
    const step = copy.at(dollars);
    return [step, lossUnder(copy.columns, 0, copy.columns.breakerLimit[0] ?? 0)];
  };

  it.each<[string, Terms, number, number, readonly [string, number]]>([
    ['halts new risk where a limit is met with it, and closes nothing', { fromStart: 0.2 }, 5, 85, ['halt_new', 0.2 * ONE]],
    ['halts nothing a unit above', { fromStart: 0.2 }, 5, 85.000_000_01, ['none', 0.199_999_999_9 * ONE]],
    ['takes the milder steps of the ladder', { fromStart: 0.2, alertAt: 0.5, haltAt: 0.75 }, 2, 92, ['alert', 0.1 * ONE]],
    ['counts under a limit in money', { money: 30 }, 5, 75, ['halt_new', 30e8]],
    ['leaves what is met without it to close', { fromStart: 0.2 }, 5, 80, ['close', 0.25 * ONE]],
  ])('%s', (_what, terms, charged, dollars, found) => {
    expect(after(terms, charged, dollars)).toEqual(found);
  });

  it('counts once when it is booked', () => {
    const copy = new Copy({ fromStart: 0.2 });
    copy.columns.chargedUnbooked[0] = 5e8;
    expect([copy.at(85), copy.at(86)]).toEqual(['halt_new', 'none']);
    copy.columns.chargedUnbooked[0] = 0;
    expect([copy.at(81), copy.at(80)]).toEqual(['none', 'close']);
  });
});

describe('over random paths', () => {
  const dollars = fc.integer({ min: 0, max: 300_00 }).map((cents) => cents / 100);
  const limit = fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined });

  it('the first mark at which a limit is met halts new risk, and none before it closes', () => {
    fc.assert(
      fc.property(
        fc.array(dollars, { minLength: 1, maxLength: 40 }),
        limit,
        limit,
        limit,
        fc.integer({ min: 1, max: 4 }),
        (path, start, trail, money, k) => {
          const copy = new Copy({
            ...(start === undefined ? {} : { fromStart: start / 100 }),
            ...(trail === undefined ? {} : { trailing: trail / 100 }),
            ...(money === undefined ? {} : { money }),
            closeAfter: k,
          });
          let peak = 100;
          let inRow = 0;
          let closed = false;
          for (const value of path) {
            peak = Math.max(peak, value);
            // In whole cents, where doubles are exact.
            const cents = (amount: number): number => Math.round(amount * 100);
            const met =
              (start !== undefined && cents(value) * 100 <= cents(100) * (100 - start)) ||
              (trail !== undefined && cents(value) * 100 <= cents(peak) * (100 - trail)) ||
              (money !== undefined && cents(value) <= cents(100 - money));
            inRow = met ? inRow + 1 : 0;
            closed ||= inRow >= k;
            const step = copy.at(value);
            expect(step).toBe(closed ? 'close' : met ? 'halt_new' : 'none');
          }
          expect(copy.columns.breakerStep[0] === STEP.close).toBe(closed);
        },
      ),
      { numRuns: 500 },
    );
  });
});
