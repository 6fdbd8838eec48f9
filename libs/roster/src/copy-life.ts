/**
 * States of a copy. `stopping` closes everything and ends in `stopped`, which is final; `winding_down` enters nothing, follows the leader's exits, and ends there once it is
 * flat; `unwinding` does the same and closes the rest in slices until its deadline, then as `stopping`; `handing_over` trades nothing and ends there once all orders are
 * accounted for; `breaker_closed` stays until the follower re-enables it.
 */
export const COPY_STATES = [
  'preparing',
  'active',
  'paused',
  'breaker_closed',
  'winding_down',
  'unwinding',
  'handing_over',
  'stopping',
  'stopped',
] as const;
export type CopyState = (typeof COPY_STATES)[number];

/** Why a copy is in its state. Closed, append-only. */
export const COPY_STATE_REASONS = [
  'created',
  'prepared',
  'preparation_failed',
  'paused_by_follower',
  'paused_by_tenant',
  'resumed',
  'breaker_from_start',
  're_enabled',
  'stop_close_now',
  'leader_closed',
  'operator_kill',
  'flat',
  'dust_listed',
  'breaker_trailing',
  'breaker_daily',
  'breaker_loss_money',
  'stop_follow_to_close',
  'stop_hand_over',
  'handed_over',
  'stop_unwind_by',
  'unwind_deadline',
] as const;
export type CopyStateReason = (typeof COPY_STATE_REASONS)[number];

/** What may happen to a copy. */
export type CopyEvent =
  | 'prepared'
  | 'preparation_failed'
  | 'pause'
  | 'resume'
  | 'break'
  | 're_enable'
  | 'wind_down'
  | 'unwind'
  | 'hand_over'
  | 'handed_over'
  | 'stop'
  | 'proved_flat';

const NEXT: Readonly<Record<CopyState, Readonly<Partial<Record<CopyEvent, CopyState>>>>> = {
  preparing: { prepared: 'active', preparation_failed: 'stopped', stop: 'stopping' },
  active: { pause: 'paused', break: 'breaker_closed', wind_down: 'winding_down', unwind: 'unwinding', hand_over: 'handing_over', stop: 'stopping' },
  paused: { resume: 'active', break: 'breaker_closed', wind_down: 'winding_down', unwind: 'unwinding', hand_over: 'handing_over', stop: 'stopping' },
  winding_down: { break: 'breaker_closed', unwind: 'unwinding', hand_over: 'handing_over', stop: 'stopping', proved_flat: 'stopped' },
  unwinding: { break: 'breaker_closed', hand_over: 'handing_over', stop: 'stopping', proved_flat: 'stopped' },
  breaker_closed: { re_enable: 'active', stop: 'stopping' },
  handing_over: { stop: 'stopping', handed_over: 'stopped' },
  stopping: { proved_flat: 'stopped' },
  stopped: {},
};

/** The state after an event; null when the event is not allowed in that state. */
export function nextCopyState(state: CopyState, event: CopyEvent): CopyState | null {
  return NEXT[state][event] ?? null;
}

/** Whether a copy in this state may take new risk. Exits are followed in every state that holds a position. */
export const takesNewRisk = (state: CopyState): boolean => state === 'active';
/** Whether everything the copy holds is being closed. */
export const isClosing = (state: CopyState): boolean => state === 'stopping' || state === 'breaker_closed';
/** Whether the engine still follows the copy at all. */
export const isFollowed = (state: CopyState): boolean => state !== 'preparing' && state !== 'stopped';
