import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contrast, isColor, legible, PLAIN_COLORS, readableOn, TEXT_CONTRAST_MIN } from './colors';

const color = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, '0')}`);

describe('colours', () => {
  it.each([
    ['#000000', '#ffffff', 21],
    ['#ffffff', '#ffffff', 1],
    ['#777777', '#ffffff', 4.48],
    ['#767676', '#ffffff', 4.54],
    ['#ff0000', '#ffffff', 4],
    ['#0000ff', '#000000', 2.44],
  ])('%s and %s contrast by %d', (one, other, expected) => {
    expect(contrast(one, other)).toBeCloseTo(expected, 2);
    expect(contrast(other, one)).toBe(contrast(one, other));
  });

  it.each([
    ['those of a page without a brand', PLAIN_COLORS, true],
    ['white on black', { primary: '#ffcc00', background: '#000000', text: '#ffffff' }, true],
    ['grey on white, as faint as may be', { primary: '#000000', background: '#ffffff', text: '#767676' }, true],
    ['grey on white, fainter', { primary: '#000000', background: '#ffffff', text: '#777777' }, 'text_too_faint'],
    ['text that cannot be seen', { primary: '#000000', background: '#ffffff', text: '#ffffff' }, 'text_too_faint'],
    ['buttons that cannot be seen', { primary: '#ffff00', background: '#ffffff', text: '#000000' }, 'primary_too_faint'],
  ] as const)('%s', (_what, colors, expected) => {
    expect(legible(colors)).toEqual(expected === true ? { ok: true, value: colors } : { ok: false, error: expected });
  });

  it.each([
    ['#1f3a5f', true],
    ['#1F3A5F', false],
    ['#fff', false],
    ['1f3a5f', false],
    ['#1f3a5g', false],
    ['red', false],
    ['#1f3a5f;}', false],
  ])('%s is one: %s', (text, expected) => {
    expect(isColor(text)).toBe(expected);
  });

  it('black or white can be read on every colour', () => {
    fc.assert(fc.property(color, (any) => contrast(readableOn(any), any) >= TEXT_CONTRAST_MIN));
  });
});
