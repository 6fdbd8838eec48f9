import { money, type Price, price, RATE_ONE, rate, type Size, size, UNIT } from '@lockstep/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  announceSchedule,
  effectiveSchedule,
  type FeeScheduleVersion,
  type FeeTerms,
  isRaise,
  markupForOrder,
  NO_MARKUP,
  RAISE_NOTICE_MS,
} from './fee-schedule';
import { apportion, fillNotional, markupOn, splitMarkup } from './fees';
import { applyFill, averageEntry, FLAT, unrealisedPnl } from './position-book';

describe('markup', () => {
  it.each([
    // dollars of notional in units, tenths of bp, markup in units
    [50n * UNIT, 30, 1_500_000n],
    [50n * UNIT, 0, 0n],
    [-50n * UNIT, 30, 1_500_000n],
    [1n, 100, 0n],
    [999n, 100, 0n],
    [1_000n, 100, 1n],
    [1_000_000n * UNIT, 100, 1_000n * UNIT],
  ])('on %s at %i is %s', (notional, tenths, expected) => {
    expect(markupOn(money(notional), tenths)).toBe(expected);
  });

  it('shares and remainder are the whole, the remainder is at most one unit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 18n }), fc.bigInt({ min: 0n, max: RATE_ONE }), (amount, share) => {
        const { tenant, operator, remainder } = splitMarkup(money(amount), rate(share));
        expect(tenant + operator + remainder).toBe(amount);
        expect(remainder === 0n || remainder === 1n).toBe(true);
      }),
    );
  });

  it('the charge is never above the exact share of the notional', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 18n }), fc.integer({ min: 0, max: 100 }), (notional, tenths) => {
        expect(markupOn(money(notional), tenths) * 100_000n <= notional * BigInt(tenths)).toBe(true);
      }),
    );
  });
});

describe('apportion', () => {
  it.each([
    [10n, [1n, 1n, 1n], [4n, 3n, 3n]],
    [-10n, [1n, 1n, 1n], [-3n, -3n, -4n]],
    [7n, [0n, 5n], [0n, 7n]],
    [0n, [2n, 3n], [0n, 0n]],
    [100n, [1n, 2n, 3n], [17n, 33n, 50n]],
  ])('%s, case %#', (total, weights, expected) => {
    expect(apportion(money(total), weights)).toEqual(expected);
  });

  it('adds up to the whole, each within one unit of exact', () => {
    const weights = fc.array(fc.bigInt({ min: 0n, max: 10n ** 10n }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), weights, (total, parts) => {
        const sum = parts.reduce((a, b) => a + b, 0n);
        fc.pre(sum > 0n);
        const shares = apportion(money(total), parts);
        expect(shares.reduce((a: bigint, b) => a + b, 0n)).toBe(total);
        shares.forEach((share, index) => {
          const off = share * sum - total * (parts[index] ?? 0n);
          expect(off < sum && off > -sum).toBe(true);
        });
      }),
    );
  });
});

describe('fee schedule', () => {
  const terms = (over: Partial<FeeTerms>): FeeTerms => ({ ...NO_MARKUP, markupTenthsBp: 30, ...over });
  const version = (over: Partial<FeeScheduleVersion>): FeeScheduleVersion => ({
    ...terms({}),
    version: 1,
    announcedAtMs: 0,
    effectiveFromMs: 0,
    ...over,
  });
  const day = 24 * 60 * 60 * 1_000;
  const NOW = 100 * day;

  it.each([
    ['before the first', [version({ effectiveFromMs: NOW + 1 })], null],
    ['at its first moment', [version({ effectiveFromMs: NOW })], 1],
    ['a raise still waiting', [version({}), version({ version: 2, effectiveFromMs: NOW + day })], 1],
    ['the raise when its time has come', [version({}), version({ version: 2, effectiveFromMs: NOW - 1 })], 2],
    [
      'a later cut replaces a raise that came due since',
      [version({}), version({ version: 2, effectiveFromMs: NOW }), version({ version: 3, effectiveFromMs: NOW - day })],
      3,
    ],
  ])('in force: %s', (_name, versions, expected) => {
    expect(effectiveSchedule(versions, NOW)?.version ?? null).toBe(expected);
  });

  it.each([
    [terms({}), terms({ markupTenthsBp: 31 }), true],
    [terms({}), terms({ markupTenthsBp: 29 }), false],
    [terms({}), terms({ builderOwner: 'tenant', operatorShare: rate(1n) }), false],
    [terms({ flow: 'increases_only' }), terms({}), true],
    [terms({ flow: 'increases_only' }), terms({ markupTenthsBp: 1 }), true],
    [terms({ flow: 'increases_only' }), terms({ markupTenthsBp: 0 }), false],
    [terms({}), terms({ flow: 'increases_only' }), false],
  ])('raise or not, case %#', (current, next, expected) => {
    expect(isRaise(current, next)).toBe(expected);
  });

  const announce = (markupTenthsBp: number, effectiveFromMs: number | null, hasFollowers = true) =>
    announceSchedule([version({})], { terms: terms({ markupTenthsBp }), announcedAtMs: NOW, effectiveFromMs, hasFollowers });

  it('a raise waits for its notice, a cut applies at once', () => {
    expect(announce(31, null)).toMatchObject({ ok: true, value: { version: 2, effectiveFromMs: NOW + RAISE_NOTICE_MS } });
    expect(announce(31, NOW + RAISE_NOTICE_MS - 1)).toEqual({ ok: false, error: 'notice_too_short' });
    expect(announce(31, NOW + RAISE_NOTICE_MS).ok).toBe(true);
    expect(announce(29, null)).toMatchObject({ ok: true, value: { version: 2, effectiveFromMs: NOW } });
    expect(announce(29, NOW - 1)).toEqual({ ok: false, error: 'effective_in_the_past' });
    expect(announce(31, null, false)).toMatchObject({ ok: true, value: { effectiveFromMs: NOW } });
  });

  it.each([
    [{ markupTenthsBp: 101 }, 'markup_out_of_range'],
    [{ markupTenthsBp: 1.5 }, 'markup_out_of_range'],
    [{ operatorShare: rate(RATE_ONE + 1n) }, 'operator_share_out_of_range'],
    [{ builderAddress: '0xABC' }, 'bad_builder_address'],
  ])('terms out of range, case %#', (over, error) => {
    expect(announceSchedule([], { terms: terms(over), announcedAtMs: NOW, effectiveFromMs: null, hasFollowers: true })).toEqual({ ok: false, error });
  });

  it('spares reductions under increases_only', () => {
    expect(markupForOrder(terms({ flow: 'increases_only' }), false)).toBe(0);
    expect(markupForOrder(terms({ flow: 'increases_only' }), true)).toBe(30);
    expect(markupForOrder(terms({}), false)).toBe(30);
  });

  it('nobody pays more within the notice, whatever the announcements', () => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 10 * day }),
      rate: fc.integer({ min: 0, max: 100 }),
      delay: fc.integer({ min: 0, max: 20 * day }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        const versions: FeeScheduleVersion[] = [version({})];
        let now = NOW;
        for (const { wait, rate: markupTenthsBp, delay } of steps) {
          now += wait;
          const before = effectiveSchedule(versions, now);
          const made = announceSchedule(versions, {
            terms: terms({ markupTenthsBp }),
            announcedAtMs: now,
            effectiveFromMs: now + delay,
            hasFollowers: true,
          });
          if (!made.ok) continue;
          versions.push(made.value);
          if (markupTenthsBp > (before?.markupTenthsBp ?? 0))
            expect(effectiveSchedule(versions, now + RAISE_NOTICE_MS - 1)?.version).not.toBe(made.value.version);
        }
      }),
    );
  });
});

describe('position book', () => {
  const units = (value: number): Size => size(BigInt(Math.round(value * 1_000)) * (UNIT / 1_000n));
  const at = (value: number): Price => price(BigInt(Math.round(value * 100)) * (UNIT / 100n));

  it('keeps the average on closes, realises against it, and opens anew through zero', () => {
    const first = applyFill(FLAT, units(1), at(100));
    const second = applyFill(first.book, units(1), at(110));
    expect(averageEntry(second.book)).toBe(at(105));
    expect(unrealisedPnl(second.book, at(104))).toBe(-2n * UNIT);
    const third = applyFill(second.book, units(-0.5), at(115));
    expect(third.closedPnl).toBe(5n * UNIT);
    expect(averageEntry(third.book)).toBe(at(105));
    const flip = applyFill(third.book, units(-2), at(95));
    expect(flip.closedPnl).toBe(-15n * UNIT);
    expect(flip.book).toEqual({ quantity: units(-0.5), cost: (-95n * UNIT) / 2n });
    expect(applyFill(flip.book, units(0.5), at(90)).book).toEqual(FLAT);
  });

  it('closed PnL of an episode is exactly received minus paid, even where the average does not divide', () => {
    const trade = fc.tuple(fc.integer({ min: -999, max: 999 }), fc.integer({ min: 1, max: 99_999 }));
    fc.assert(
      fc.property(fc.array(trade, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 99_999 }), (trades, last) => {
        let book = FLAT;
        let pnl = 0n;
        let cash = 0n;
        const run = (quantity: bigint, cents: number): void => {
          if (quantity === 0n) return;
          const paid = fillNotional(size(quantity), at(cents / 100));
          cash += quantity > 0n ? -paid : paid;
          const booked = applyFill(book, size(quantity), at(cents / 100));
          book = booked.book;
          pnl += booked.closedPnl;
        };
        for (const [quantity, cents] of trades) run(units(quantity / 1_000), cents);
        run(-book.quantity, last);
        expect(book).toEqual(FLAT);
        expect(pnl).toBe(cash);
      }),
    );
  });
});
