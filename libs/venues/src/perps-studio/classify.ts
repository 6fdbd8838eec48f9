import { classifyReject } from '../hyperliquid/classify';
import type { RejectCode } from '../port';
import { errorBody } from './wire/error';

/** What an answer that is no success proves: refused for good with a code, or nothing. */
export type Failure =
  | { readonly kind: 'rejected'; readonly code: RejectCode; readonly text: string }
  | { readonly kind: 'unknown'; readonly text: string };

/** Codes that say enough by themselves. `ORDER_REJECTED` gathers what the exchange refuses for many reasons: its text, passed through, tells which. */
const CODES: ReadonlyMap<string, RejectCode> = new Map<string, RejectCode>([
  // Our own key was refused: that says nothing about the wallet's agent.
  ['INVALID_API_KEY', 'other'],
  ['SIGNATURE_ERROR', 'unknown_signer'],
  ['SESSION_EXPIRED', 'unknown_signer'],
  ['INVALID_PARAMS', 'other'],
  ['MISSING_REQUIRED_FIELD', 'other'],
  ['UNSUPPORTED_PROVIDER', 'other'],
  ['UNSUPPORTED_NETWORK', 'other'],
  ['INVALID_ORDER', 'invalid_price'],
  ['ORDER_NOT_FOUND', 'missing_order'],
  ['POSITION_NOT_FOUND', 'reduce_only'],
  ['INSUFFICIENT_MARGIN', 'margin'],
  ['ORDER_REJECTED', 'other'],
  ['PRICE_TOO_FAR', 'oracle_distance'],
  ['SIZE_TOO_SMALL', 'min_notional'],
  ['MAX_LEVERAGE_EXCEEDED', 'leverage'],
  ['REDUCE_ONLY_REJECTED', 'reduce_only'],
  ['TOO_MANY_ORDERS', 'too_many_open_orders'],
  ['RATE_LIMITED', 'ip_rate_limited'],
  ['NOT_FOUND', 'other'],
]);

/**
 * Reads a failed answer. Only codes of refusals prove that nothing landed: behind a 5xx the API may have passed the request on before it failed, so those,
 * and whatever has no readable code, stay unknown.
 */
export function failureOf(status: number, body: unknown): Failure {
  const read = errorBody.safeParse(body);
  if (!read.success) return { kind: 'unknown', text: `status ${status} without a readable error` };
  const { code, message } = read.data.error;
  const text = `${code}: ${message}`;
  const own = CODES.get(code);
  if (status >= 500 || own === undefined) return { kind: 'unknown', text };
  // The exchange's text is finer where it is known, but never turns one of the API's own refusals into another.
  const finer = own === 'other' || code === 'INVALID_ORDER' ? classifyReject(message) : own;
  return { kind: 'rejected', code: finer === 'other' ? own : finer, text };
}
