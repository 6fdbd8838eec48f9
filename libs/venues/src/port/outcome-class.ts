import { OUTCOME, type RejectCode } from './submit';

/**
 * What an outcome means for who asked: `confirmed` by the venue; `rejected` by the venue, which executed nothing; `denied` by us, nothing left;
 * `unknown`: it may have executed, and only the venue can tell. Closed set.
 */
export const OUTCOME_CLASSES = ['confirmed', 'rejected', 'denied', 'unknown'] as const;
export type OutcomeClass = (typeof OUTCOME_CLASSES)[number];

/**
 * The class of an order's outcome code with its refusal. `not_sent` is ours, although it looks like a refusal; a duplicate nonce says that an action
 * with it was processed before, perhaps this very order, hence unknown. Codes nobody defined are unknown, never a refusal.
 */
export function outcomeClass(outcome: number, code: RejectCode): OutcomeClass {
  if (outcome === OUTCOME.filled || outcome === OUTCOME.resting) return 'confirmed';
  if (outcome !== OUTCOME.rejected) return 'unknown';
  if (code === 'not_sent') return 'denied';
  return code === 'nonce_duplicate' ? 'unknown' : 'rejected';
}
