import type { L1Action } from '../sign/action-hash';

/** `scheduleCancel` (facts §7): a time in ms, or none to call it off. */
export function scheduleCancelAction(at: number | null): L1Action {
  return at === null ? { type: 'scheduleCancel' } : { type: 'scheduleCancel', time: at };
}
