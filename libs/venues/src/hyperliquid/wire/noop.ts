import type { L1Action } from '../sign/action-hash';

/** `noop`: does nothing but consume its nonce (facts §6). */
export function noopAction(): L1Action {
  return { type: 'noop' };
}
