import type { SignerHandle } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import type { AccountRecord } from '../state/registry';

/**
 * Whether a key may still be needed that signs nothing new for an account: only the key that signed an order of unknown outcome can spend its nonce. Orders of
 * waves, protective stops and mirrors that were sent and are not known to stand, and those an earlier process began to end: whether its action still can is found
 * out in the same way.
 */
export function needsSigner(
  { openOrders, standingStops }: Pick<EngineContext, 'openOrders' | 'standingStops'>,
  account: AccountRecord,
  signer: SignerHandle,
): boolean {
  for (const { signers } of openOrders.ofAccount(account.index)) if (signers.includes(signer)) return true;
  return standingStops
    .ofAccount(account)
    .some(({ signers, state, endsBefore }) => (state === 'sent' || (state === 'ending' && endsBefore === true)) && signers.includes(signer));
}
