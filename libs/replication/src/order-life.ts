/**
 * The life of an order: PREPARED → SENT → RESTING → PARTIAL → FILLED | CANCELLED | REJECTED, with UNKNOWN reachable from every state
 * between sending and the end. Only a terminal state frees what the order reserved; a new attempt begins only after one.
 */
export const ORDER_STATES = ['prepared', 'sent', 'resting', 'partial', 'unknown', 'filled', 'cancelled', 'rejected', 'withheld'] as const;
export type OrderState = (typeof ORDER_STATES)[number];

/** What can happen to an order. `expired` and `cancelled` come from the venue; `withheld` is ours, before sending. */
export type OrderEvent = 'send' | 'withhold' | 'rest' | 'partial_fill' | 'fill' | 'cancel' | 'reject' | 'lose_sight' | 'prove_absent';

const NEXT: Readonly<Record<OrderState, Readonly<Partial<Record<OrderEvent, OrderState>>>>> = {
  prepared: { send: 'sent', withhold: 'withheld', lose_sight: 'unknown' },
  sent: { rest: 'resting', partial_fill: 'partial', fill: 'filled', cancel: 'cancelled', reject: 'rejected', lose_sight: 'unknown' },
  resting: { partial_fill: 'partial', fill: 'filled', cancel: 'cancelled', lose_sight: 'unknown' },
  partial: { partial_fill: 'partial', fill: 'filled', cancel: 'cancelled', lose_sight: 'unknown' },
  unknown: {
    rest: 'resting',
    partial_fill: 'partial',
    fill: 'filled',
    cancel: 'cancelled',
    reject: 'rejected',
    prove_absent: 'cancelled',
    lose_sight: 'unknown',
  },
  filled: {},
  cancelled: {},
  rejected: {},
  withheld: {},
};

/** The state after an event; null when the event cannot happen in that state (a defect or a repeated message: ignore and count it). */
export function nextOrderState(state: OrderState, event: OrderEvent): OrderState | null {
  return NEXT[state][event] ?? null;
}

/** True when nothing more can happen to the order. */
export const isTerminal = (state: OrderState): boolean => Object.keys(NEXT[state]).length === 0;
