import {
  type Environment,
  type EpochMs,
  formatMoney,
  formatPrice,
  formatRate,
  formatSize,
  type Money,
  type Price,
  type Rate,
  type Size,
} from '@lockstep/kernel';
import { z } from 'zod';

/** How values look outside: numbers with fractions as plain decimal texts, times as RFC 3339 UTC with milliseconds, ids as texts. */
export const DECIMAL_PATTERN = /^-?\d{1,30}(\.\d{1,18})?$/;
export const TIME_PATTERN = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** A plain decimal as text; no exponent, no plus sign. */
export const decimalText = z
  .string()
  .regex(DECIMAL_PATTERN)
  .describe('Plain decimal as text, e.g. "-12.5".')
  .meta({ examples: ['12.5'] });
/** RFC 3339, UTC, milliseconds. */
export const timeText = z
  .string()
  .regex(TIME_PATTERN)
  .describe('RFC 3339 time in UTC with milliseconds.')
  .meta({ examples: ['2026-01-02T03:04:05.678Z'] });
/** A typed id of one prefix. */
export const idText = (prefix: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`))
    .describe(`Id beginning with ${prefix}_.`);

/** Milliseconds since 1970 as RFC 3339 UTC with ms. */
export const wireTime = (at: EpochMs): string => new Date(at).toISOString();
export const wireMoney = (amount: Money): string => formatMoney(amount);
export const wirePrice = (at: Price): string => formatPrice(at);
export const wireSize = (quantity: Size): string => formatSize(quantity);
export const wireRate = (value: Rate): string => formatRate(value);
/** The `livemode` of every object. */
export const livemode = (environment: Environment): boolean => environment === 'live';

/** RFC 3339 UTC text back to milliseconds; null when it is not a time. */
export function parseWireTime(text: string): EpochMs | null {
  if (!TIME_PATTERN.test(text)) return null;
  const at = Date.parse(text);
  // 30 February parses as 2 March: only a time that prints the same is one.
  return Number.isNaN(at) || wireTime(at) !== text ? null : at;
}
