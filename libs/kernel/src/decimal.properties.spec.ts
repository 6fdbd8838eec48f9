import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDecimal, parseDecimal } from './decimal';

/** What a text means, by its letters alone. */
function meant(text: string, scale: number): ReturnType<typeof parseDecimal> {
  if (!/^-?\d{1,30}(\.\d{1,30})?$/.test(text)) return { ok: false, error: 'not_a_decimal' };
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  if (/[1-9]/.test(fraction.slice(scale))) return { ok: false, error: 'too_many_decimals' };
  if (whole.length + scale > 38) return { ok: false, error: 'too_large' };
  const magnitude = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'));
  return { ok: true, value: text.startsWith('-') ? -magnitude : magnitude };
}

const letters = fc.string({ unit: fc.constantFrom(...'-.0000123456789e '), maxLength: 40 });
const digits = (maxLength: number) => fc.string({ unit: fc.constantFrom(...'0000123456789'), minLength: 1, maxLength });
const decimals = fc
  .tuple(fc.constantFrom('', '-'), digits(32), fc.option(digits(32), { nil: null }))
  .map(([minus, whole, fraction]) => `${minus}${whole}${fraction === null ? '' : `.${fraction}`}`);
const near = fc
  .tuple(fc.bigInt({ min: 2n ** 53n - 300n, max: 2n ** 53n + 300n }), fc.nat({ max: 15 }))
  .map(([value, scale]) => formatDecimal(value, scale));

describe('decimals', () => {
  it('of any length and scale are read as their letters say', () => {
    fc.assert(
      fc.property(fc.oneof(letters, decimals, near), fc.nat({ max: 20 }), (text, scale) => {
        expect(parseDecimal(text, scale)).toEqual(meant(text, scale));
      }),
      { numRuns: 3_000 },
    );
  });

  it('are written without trailing zeros, and read back as they were', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), fc.nat({ max: 18 }), (value, scale) => {
        const text = formatDecimal(value, scale);
        expect(text).toMatch(/^-?\d+(\.\d*[1-9])?$/);
        expect(text).not.toBe('-0');
        expect(parseDecimal(text, scale)).toEqual({ ok: true, value });
      }),
      { numRuns: 2_000 },
    );
  });
});
