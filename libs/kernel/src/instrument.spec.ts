import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDecimal, parseDecimal } from './decimal';
import { type Instrument, isOnTick, roundPrice, toLots, truncateToLot } from './instrument';
import { unwrap } from './result';
import { formatPrice, parsePrice, price, size } from './units';

const coin = (szDecimals: number): Instrument => ({
  venue: 'hyperliquid',
  dex: '',
  coin: 'X',
  assetId: 0,
  szDecimals,
  maxLeverage: 10,
  onlyIsolated: false,
  delisted: false,
  collateral: 'USDC',
});

describe('price grid (Hyperliquid §4)', () => {
  it.each([
    // szDecimals, price, rounded down, rounded up
    [5, '64123.7', '64123', '64124'],
    [5, '123456.7', '123456', '123457'],
    [5, '123456', '123456', '123456'],
    [4, '1670.15', '1670.1', '1670.2'],
    [0, '0.0123456', '0.012345', '0.012346'],
    [2, '0.00019', '0.0001', '0.0002'],
    [1, '1.23456', '1.2345', '1.2346'],
  ])('at %i size decimals %s becomes %s or %s', (szDecimals, text, down, up) => {
    const at = unwrap(parsePrice(text), 'price');
    expect(formatPrice(roundPrice(coin(szDecimals), at, 'down'))).toBe(down);
    expect(formatPrice(roundPrice(coin(szDecimals), at, 'up'))).toBe(up);
  });

  it('rounding ends on the grid, on the named side, less than one step away', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 }), fc.bigInt({ min: 1n, max: 10n ** 14n }), (szDecimals, raw) => {
        const instrument = coin(szDecimals);
        const up = roundPrice(instrument, price(raw), 'up');
        const down = roundPrice(instrument, price(raw), 'down');
        expect(up >= raw && down <= raw).toBe(true);
        expect(isOnTick(instrument, up)).toBe(true);
        expect(down === 0n || isOnTick(instrument, down)).toBe(true);
      }),
    );
  });
});

describe('decimals', () => {
  it('print and read back without loss', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 28n), max: 10n ** 28n }), fc.integer({ min: 0, max: 12 }), (value, scale) => {
        expect(parseDecimal(formatDecimal(value, scale), scale)).toEqual({ ok: true, value });
      }),
    );
  });

  it.each(['', '1e5', '+1', '.5', '1.', '0x1', ' 1', '1,0', 'NaN'])('%j is not a decimal', (text) => {
    expect(parseDecimal(text, 8)).toEqual({ ok: false, error: 'not_a_decimal' });
  });

  it('refuses digits past the scale instead of rounding', () => {
    expect(parseDecimal('0.123456789', 8)).toEqual({ ok: false, error: 'too_many_decimals' });
    expect(parseDecimal('0.1234567800', 8).ok).toBe(true);
  });
});

describe('lots', () => {
  it('truncate towards zero on both sides', () => {
    expect(truncateToLot(coin(2), size(123_999_999n))).toBe(123_000_000n);
    expect(truncateToLot(coin(2), size(-123_999_999n))).toBe(-123_000_000n);
    expect(toLots(coin(2), size(-123_000_000n))).toBe(-123);
  });
});
