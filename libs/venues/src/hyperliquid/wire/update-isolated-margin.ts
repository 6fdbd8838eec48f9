import { type Money, must } from '@lockstep/kernel';
import type { L1Action } from '../sign/action-hash';

/** Units of 10^-8 in one millionth. */
const PER_MILLIONTH = 100n;

/** `updateIsolatedMargin` (facts §7): millionths of the collateral, below zero takes back. `isBuy` is ignored by the venue. */
export function updateIsolatedMarginAction(assetId: number, change: Money): L1Action {
  must(change % PER_MILLIONTH === 0n, 'margin changes by whole millionths');
  return { type: 'updateIsolatedMargin', asset: assetId, isBuy: true, ntli: Number(change / PER_MILLIONTH) };
}
