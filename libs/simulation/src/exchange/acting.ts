import type { Exchange } from './exchange';
import type { Address } from './port';
import type { VenueAccount } from './state';

/** The account a signer acts for by `vaultAddress`: one of its sub-accounts or a vault it leads, itself without one. Null where it may not. */
export function actedFor(ex: Exchange, signedFor: VenueAccount, vaultAddress: Address | null): VenueAccount | null {
  if (vaultAddress === null) return signedFor;
  const account = ex.accounts.get(vaultAddress);
  if (account === undefined) return null;
  return account.master === signedFor || account.leader === signedFor ? account : null;
}

/** True for accounts that no key of their own signs for. */
export const isKeyless = (account: VenueAccount): boolean =>
  account.isHouse || account.master !== null || account.leader !== null || account.multiSig !== null;
