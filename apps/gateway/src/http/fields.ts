import { formatMoney, formatPrice, formatSize, money, type Price, parseMoney, type Size } from '@lockstep/kernel';
import { z } from 'zod';

/** A text without control characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it keeps out.
export const PLAIN_TEXT = /^[^\u0000-\u001f\u007f]*$/;

/** Request fields several resources share. Unknown names in a body are refused, so that a misspelt one is not ignored. */
export const textField = (most: number) => z.string().trim().min(1).max(most).regex(PLAIN_TEXT, { error: 'a text without control characters' });
export const nameField = textField(120);
export const addressField = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, { error: 'an address is 0x and 40 hex digits' })
  .transform((text) => text.toLowerCase());
export const idField = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`), { error: `an id beginning with ${prefix}_` });
/** A zero with a sign, which arithmetic takes for one without. */
const SIGNED_ZERO = /^-0+(\.0+)?$/;
/**
 * A decimal of a request, as the document shows it. What is wrong with one is told by the field it stands in, with a code of its own, so the text is taken as it is
 * here, but for a zero with a sign: `decimals` is only shown.
 */
export const decimalField = (decimals: 8 | 12, example: string) =>
  z
    .string()
    .max(40)
    .refine((text) => !SIGNED_ZERO.test(text), 'a plain decimal without a sign, as text')
    .meta({ pattern: `^\\d{1,18}(\\.\\d{1,${decimals}})?$`, examples: [example] });
/** A share, ratio or multiple of a request: 1 is all of it. */
export const rateField = decimalField(12, '0.5');
/** An amount of money, or a size, of a request. */
export const quantityField = decimalField(8, '250');
/** A whole number whose bounds are judged where it is used, and shown here. */
export const boundedInt = (minimum: number, maximum: number) => z.int().meta({ minimum, maximum });

/** A positive amount of money as text. */
export const amountField = z
  .string()
  .refine((text) => {
    const parsed = parseMoney(text);
    return parsed.ok && parsed.value > 0n && parsed.value < 2n ** 62n;
  }, 'a plain decimal above 0 with at most 8 decimals, as text')
  .meta({ pattern: '^\\d{1,10}(\\.\\d{1,8})?$', examples: ['1000'] });

/** A moment; whatever offset it is written with, it is kept and shown in UTC. */
export const timeField = z.iso.datetime({ offset: true, error: 'RFC 3339, e.g. 2026-01-02T00:00:00.000Z' });

/** 10^-8 integers as wire texts. */
export const moneyText = (value: bigint): string => formatMoney(money(value));
export const priceText = (value: Price): string => formatPrice(value);
export const sizeText = (value: Size): string => formatSize(value);
export const timeOrNull = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
export const timeCursor = z.object({ at: z.number(), id: z.string() });

/** Fields of answers several resources share. */
export const livemodeField = z.boolean().describe('True for real money, false in the test environment.');
export const coinField = z
  .string()
  .describe('Instrument as the venue names it, e.g. `BTC`.')
  .meta({ examples: ['BTC'] });
export const sideField = z.enum(['buy', 'sell']);
export const waveIdField = z
  .string()
  .regex(/^\d{1,18}$/)
  .describe('Number of the wave: one move of a leader fanned out to all its copies.');
export const sha256Field = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('SHA-256, lower-case hexadecimal.');
export const epochMsField = z.number().describe('Milliseconds since 1970 with fractions.');

/** A reason of a closed set. `unknown_reason` stands for one that a newer process wrote and this gateway does not know yet. */
export const reasonField = <const Codes extends readonly string[]>(codes: Codes) => z.enum([...codes, 'unknown_reason']);
export function knownReason<const Codes extends readonly string[]>(codes: Codes, text: string | null): Codes[number] | 'unknown_reason' | null {
  return text === null ? null : (codes.find((code) => code === text) ?? 'unknown_reason');
}
