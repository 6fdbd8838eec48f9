import { parseDecimal, UNIT_SCALE } from '@lockstep/kernel';
import { rejectCodeIndex } from '../../hyperliquid/classify';
import { type RowOutcome, rejectedRow, unknownRow } from '../../hyperliquid/parse/exchange-answer';
import { OUTCOME } from '../../port';
import { failureOf } from '../classify';
import type { RestOutcome } from '../transport/rest';
import { placedAnswer } from '../wire/place-order';

/**
 * Reads the answer to an order of `lots` whose size has `szDecimals` decimals: unknown for everything that is not understood or contradicts itself. An unknown one
 * carries the venue's id where the answer named it: it is asked for by that.
 */
export function readPlaced(outcome: RestOutcome, szDecimals: number, lots: number, immediate: boolean): RowOutcome {
  if (outcome.kind === 'not_sent') return rejectedRow(rejectCodeIndex('not_sent'), outcome.detail);
  if (outcome.kind === 'lost') return unknownRow(outcome.detail);
  if (outcome.status < 200 || outcome.status > 299) {
    const failure = failureOf(outcome.status, outcome.body);
    return failure.kind === 'unknown' ? unknownRow(failure.text) : rejectedRow(rejectCodeIndex(failure.code), failure.text);
  }
  const read = placedAnswer.safeParse(outcome.body);
  if (!read.success) return unknownRow('an order’s answer that cannot be read');
  const { orderId, status, filledSize, avgPrice } = read.data;
  const filledLots = scaled(filledSize, szDecimals);
  const averagePrice = scaled(avgPrice ?? '0', UNIT_SCALE);
  const unclear = (detail: string): RowOutcome => ({ ...unknownRow(detail), orderId: Number(orderId) });
  if (filledLots === null || averagePrice === null) return unclear('an order’s answer with unreadable amounts');
  // What was taken for missing would be ordered again, and what was taken for filled never.
  if (filledLots > lots || (status === 'filled' && filledLots < lots)) return unclear(`${status} with ${filledLots} of ${lots} lots`);
  const told = { rejectCode: 0, filledLots, averagePrice, orderId: Number(orderId), detail: '' };
  if (filledLots > 0 && (immediate || status === 'filled' || status === 'canceled')) return { ...told, outcome: OUTCOME.filled };
  if (status === 'canceled') return rejectedRow(rejectCodeIndex('ioc_no_match'), 'canceled without a fill');
  return immediate ? unclear(`an immediate order answered as ${status}`) : { ...told, outcome: OUTCOME.resting };
}

/** A decimal text scaled by 10^`decimals`, digits past the scale dropped; null when it is none or beyond exact numbers. */
function scaled(text: string, decimals: number): number | null {
  const point = text.indexOf('.');
  const parsed = parseDecimal(point < 0 ? text : text.slice(0, point + 1 + decimals), decimals);
  const value = parsed.ok ? Number(parsed.value) : Number.NaN;
  return Number.isSafeInteger(value) && value >= 0 ? value : null;
}
