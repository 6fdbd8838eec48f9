import type { ClientOrderId, WorkingTarget } from '../../port';
import type { L1Action } from '../sign/action-hash';

/** `cancelByCloid` of one order (facts §7). Key order is signed. */
export function cancelByCloidAction(assetId: number, cloid: ClientOrderId): L1Action {
  return { type: 'cancelByCloid', cancels: [{ asset: assetId, cloid: cloid.toLowerCase() }] };
}

/** The same for several orders. */
export function cancelAllByCloidAction(targets: readonly WorkingTarget[]): L1Action {
  const cancels = targets.map(({ instrument, clientOrderId }) => ({ asset: instrument.assetId, cloid: clientOrderId.toLowerCase() }));
  return { type: 'cancelByCloid', cancels };
}
