import type { EpochMs } from '@lockstep/kernel';

/** What the venue said when last asked for the order by its client order id; `not_asked` before the first answer. */
export type AskedStatus = 'not_asked' | 'open' | 'closed' | 'unknown_order' | 'unreachable';

/** What a re-sent action or a `noop` with the order's own nonce led to. */
export type FollowUp =
  | 'none'
  | 'resend_accepted'
  | 'resend_rejected'
  | 'resend_duplicate_nonce'
  | 'noop_accepted'
  | 'noop_duplicate_nonce'
  | 'unanswered';

export interface UnknownOrder {
  readonly kind: 'exit' | 'entry';
  readonly status: AskedStatus;
  readonly followUp: FollowUp;
  /** Time since the order left. */
  readonly elapsedMs: number;
  readonly now: EpochMs;
  /** Venue time after which the action cannot execute; null: none. */
  readonly expiresAfter: EpochMs | null;
  /** True when the nonce still lies in the venue's window, so that the same action may be repeated. */
  readonly nonceUsable: boolean;
}

/**
 * The next step for an order whose outcome is unknown (product §2.9). Never a second order: only the question, the same action again
 * (same nonce, expiry and signer), or a `noop` that takes the nonce away.
 */
export type UnknownStep =
  /** Ask the venue by client order id (again after `afterMs`). */
  | { readonly step: 'ask'; readonly afterMs: number }
  /** Send the same action with the same nonce and expiry. */
  | { readonly step: 'resend_same' }
  /** Send `noop` with the same nonce: accepted proves that the order never landed and never will. */
  | { readonly step: 'close_with_noop' }
  /** Known: `standing` holds the venue's answer, `absent` means it never executed, `processed` means it did: read its fills. */
  | { readonly step: 'settled'; readonly as: 'standing' | 'absent' | 'processed' | 'refused' };

/** How long to leave the venue alone between questions, and how long an order may be missing before its nonce is taken away. */
export const ASK_AGAIN_MS = 500;
export const MISSING_FOR_MS = 1_500;
/** A venue clock may run behind ours by this much when an expiry is judged. */
export const EXPIRY_SLACK_MS = 5_000;

/** Decides the next step. `unknown_order` alone is never taken as proof of absence. */
export function resolveUnknown(order: UnknownOrder): UnknownStep {
  const settled = settledBy(order);
  if (settled !== null) return { step: 'settled', as: settled };
  if (order.followUp === 'resend_duplicate_nonce' || order.followUp === 'noop_duplicate_nonce') return { step: 'ask', afterMs: ASK_AGAIN_MS };
  if (order.status === 'not_asked') return { step: 'ask', afterMs: 0 };
  if (order.status === 'unreachable' || order.elapsedMs < MISSING_FOR_MS) return { step: 'ask', afterMs: ASK_AGAIN_MS };
  if (!order.nonceUsable) return { step: 'ask', afterMs: ASK_AGAIN_MS };
  // An exit is still wanted, so its own action goes again; an entry's moment has passed, so its nonce is closed for good.
  return order.kind === 'exit' && order.expiresAfter === null && order.followUp === 'none' ? { step: 'resend_same' } : { step: 'close_with_noop' };
}

function settledBy(order: UnknownOrder): 'standing' | 'absent' | 'processed' | 'refused' | null {
  if (order.status === 'open' || order.status === 'closed') return 'standing';
  if (order.followUp === 'noop_accepted') return 'absent';
  if (order.followUp === 'resend_accepted') return 'processed';
  if (order.followUp === 'resend_rejected') return 'refused';
  // The nonce is used up although we never saw the order: after its expiry and the venue's silence it was processed and refused, or closed by us.
  const spent = order.followUp === 'resend_duplicate_nonce' || order.followUp === 'noop_duplicate_nonce';
  if (spent && order.status === 'unknown_order' && order.elapsedMs >= 4 * MISSING_FOR_MS) return 'refused';
  const expired = order.expiresAfter !== null && order.now > order.expiresAfter + EXPIRY_SLACK_MS;
  return expired && order.status === 'unknown_order' ? 'absent' : null;
}
