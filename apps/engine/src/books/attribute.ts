import { unpackClientOrderId } from '@lockstep/replication';
import type { VenueFill } from '@lockstep/venues/port';
import type { AccountRecord, CopyRecord, Registry } from '../state/registry';

/** Whose a fill of a venue account is. */
export type FillOwner =
  | {
      readonly kind: 'copy';
      readonly copy: CopyRecord;
      readonly wave: number;
      readonly leg: number;
      readonly attempt: number;
      readonly instance: number;
    }
  /** The follower's own trade, a liquidation, or whatever else no order of ours explains. */
  | {
      readonly kind: 'own';
      /** Its order has a name like ours: one of a copy that ended since, told again, or of another engine. It says nothing of what the follower did. */
      readonly named: boolean;
    };

/** The client order id of ours says copy, wave, leg and attempt; it counts only when that copy trades through this very account. */
export function ownerOf(registry: Registry, account: AccountRecord, fill: VenueFill): FillOwner {
  const named = fill.clientOrderId === null ? null : unpackClientOrderId(fill.clientOrderId);
  if (named === null) return { kind: 'own', named: false };
  const copy = registry.copies.get(named.copyNo);
  if (copy === undefined || copy.account !== account) return { kind: 'own', named: true };
  return { kind: 'copy', copy, wave: named.wave, leg: named.leg, attempt: named.attempt, instance: named.instance };
}
