import { unpackClientOrderId } from '@lockstep/replication';
import type { VenueFill } from '@lockstep/venues/port';
import type { AccountRecord, CopyRecord, EndedCopy, Registry } from '../state/registry';

/** The order of ours that a fill is of. */
interface OrderName {
  readonly wave: number;
  readonly leg: number;
  readonly attempt: number;
  readonly instance: number;
}

/** Whose a fill of a venue account is. */
export type FillOwner =
  | ({ readonly kind: 'copy'; readonly copy: CopyRecord } & OrderName)
  /** A copy that ended since: nothing of it was left to be told, so it is told again, and says nothing of what the follower did. */
  | ({ readonly kind: 'ended'; readonly copy: EndedCopy } & OrderName)
  /** The follower's own trade, a liquidation, or whatever else no order of ours explains. */
  | { readonly kind: 'own' };

/** The client order id of ours says copy, wave, leg and attempt; it counts only when that copy trades through this very account. */
export function ownerOf(registry: Registry, account: AccountRecord, fill: VenueFill): FillOwner {
  const named = fill.clientOrderId === null ? null : unpackClientOrderId(fill.clientOrderId);
  if (named === null) return { kind: 'own' };
  const { wave, leg, attempt, instance } = named;
  const name = { wave, leg, attempt, instance };
  const copy = registry.copies.get(named.copyNo);
  if (copy !== undefined) return copy.account === account ? { kind: 'copy', copy, ...name } : { kind: 'own' };
  const ended = registry.ended(named.copyNo);
  return ended?.account === account ? { kind: 'ended', copy: ended, ...name } : { kind: 'own' };
}
