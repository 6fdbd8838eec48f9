import { err, ok, type Result } from '@lockstep/kernel';

/** A brand's colours, `#rrggbb` in lower case. */
export interface BrandColors {
  /** The bar at the top, buttons and links. */
  readonly primary: string;
  readonly background: string;
  readonly text: string;
}

/** What a page has without a brand's own. */
export const PLAIN_COLORS: BrandColors = { primary: '#1f3a5f', background: '#ffffff', text: '#1b1f24' };

/** Least contrast (WCAG 2.2): of text on its background, of what is no text against it. */
export const TEXT_CONTRAST_MIN = 4.5;
export const SHAPE_CONTRAST_MIN = 3;

const HEX = /^#[0-9a-f]{6}$/;
export const isColor = (text: string): boolean => HEX.test(text);

/** Relative luminance of `#rrggbb`, 0 to 1. */
function luminance(color: string): number {
  const channel = (at: number): number => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

/** Contrast of two colours, 1 to 21, whichever comes first. */
export function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** Black or white, whichever is read better on a colour: at least one of them is read well on any. */
export const readableOn = (color: string): string => (contrast(color, '#ffffff') >= contrast(color, '#000000') ? '#ffffff' : '#000000');

export type ColorFault = 'text_too_faint' | 'primary_too_faint';

/** Refuses colours that could not be read or told apart. */
export function legible(colors: BrandColors): Result<BrandColors, ColorFault> {
  if (contrast(colors.text, colors.background) < TEXT_CONTRAST_MIN) return err('text_too_faint');
  return contrast(colors.primary, colors.background) < SHAPE_CONTRAST_MIN ? err('primary_too_faint') : ok(colors);
}
