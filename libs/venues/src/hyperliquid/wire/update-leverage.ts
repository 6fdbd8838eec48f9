import type { L1Action } from '../sign/action-hash';

/** `updateLeverage` of one instrument (facts §7): a whole number from 1 to the instrument's maximum. Key order is signed. */
export function updateLeverageAction(assetId: number, cross: boolean, leverage: number): L1Action {
  return { type: 'updateLeverage', asset: assetId, isCross: cross, leverage };
}
