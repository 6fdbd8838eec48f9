import { clearingOf, type Exchange } from './exchange';
import { isUnified, poolOf } from './margin';
import type { Clearing, VenueAccount } from './state';

/**
 * Puts what a clearinghouse without positions holds where it belongs: a unified account's goes to the balance of its token. Nothing
 * can repay a balance below zero without positions: the house makes it good.
 */
export function settleDebt(ex: Exchange, clearing: Clearing): void {
  if (clearing.positions.size > 0) return;
  const { owner, dex } = clearing;
  if (isUnified(owner)) {
    sweep(owner, clearing);
    const balance = owner.spot.get(dex.collateral) ?? 0;
    if (balance >= 0 || poolOf(clearing).some((each) => each.positions.size > 0)) return;
    clearingOf(ex.house, dex).cash += balance;
    owner.spot.delete(dex.collateral);
  } else if (clearing.cash < 0) {
    clearingOf(ex.house, dex).cash += clearing.cash;
    clearing.cash = 0;
  }
}

/** Moves the cash of a clearinghouse to the spot balance of its collateral. */
export function sweep(owner: VenueAccount, clearing: Clearing): void {
  if (clearing.cash === 0) return;
  const token = clearing.dex.collateral;
  owner.spot.set(token, (owner.spot.get(token) ?? 0) + clearing.cash);
  clearing.cash = 0;
}
