import { ACCOUNT_TEXTS } from '../account-texts';
import type { Exchange } from '../exchange';
import { asAddress, asFlag, asText, asWhole } from '../json';
import type { Address, ExchangeAnswer, Json } from '../port';
import type { VenueAccount } from '../state';
import { unknownVault } from '../texts';
import type { Vault } from '../vault-state';
import { createVault, deposit, distribute, vaultAt, withdraw } from '../vaults';
import { done, ofMaster, okay, type Prepare, refused } from './prepared';

const verdict = (refusal: string | null): ExchangeAnswer => (refusal === null ? done : refused(refusal));

function textBetween(value: Json | undefined, least: number, most: number): string | null {
  const text = asText(value);
  return text !== null && text.length >= least && text.length <= most ? text : null;
}

/** `createVault`: the answer's data is the new vault's address. Its inner nonce is not looked at. */
export const prepareCreateVault: Prepare = (action) => {
  const name = textBetween(action.name, 3, 50);
  const description = textBetween(action.description, 10, 250);
  const initialUsd = asWhole(action.initialUsd);
  if (name === null || description === null || initialUsd === null || asWhole(action.nonce) === null) return null;
  return ofMaster((ex, { owner }) => {
    const vault = createVault(ex, owner, { name, description, initialUsd });
    return typeof vault === 'string' ? refused(vault) : okay('createVault', vault.account.address);
  });
};

/** `vaultTransfer`: a deposit into a vault, or a withdrawal. */
export const prepareVaultTransfer: Prepare = (action) => {
  const address = asAddress(action.vaultAddress);
  const isDeposit = asFlag(action.isDeposit);
  const usd = asWhole(action.usd);
  if (address === null || isDeposit === null || usd === null || usd <= 0) return null;
  return ofMaster((ex, { owner }) => {
    const vault = vaultAt(ex, address);
    if (vault === null) return refused(unknownVault(address));
    return verdict(isDeposit ? deposit(ex, vault, owner, usd) : withdraw(ex, vault, owner, usd));
  });
};

/** `vaultDistribute`: pays all depositors by their shares; zero closes the vault. */
export const prepareVaultDistribute: Prepare = (action) => {
  const address = asAddress(action.vaultAddress);
  const usd = asWhole(action.usd);
  if (address === null || usd === null || usd < 0) return null;
  return ofMaster((ex, { owner }) => led(ex, owner, address, (vault) => distribute(ex, vault, usd)));
};

/** `vaultModify`: what depositors may do; a null leaves a setting as it is. */
export const prepareVaultModify: Prepare = (action) => {
  const address = asAddress(action.vaultAddress);
  const flags = [action.allowDeposits, action.alwaysCloseOnWithdraw];
  if (address === null || flags.some((flag) => flag !== undefined && flag !== null && asFlag(flag) === null)) return null;
  return ofMaster((ex, { owner }) =>
    led(ex, owner, address, (vault) => {
      vault.allowDeposits = asFlag(action.allowDeposits) ?? vault.allowDeposits;
      vault.alwaysCloseOnWithdraw = asFlag(action.alwaysCloseOnWithdraw) ?? vault.alwaysCloseOnWithdraw;
      return null;
    }),
  );
};

/** Runs what only the leader of a vault may do. */
function led(ex: Exchange, owner: VenueAccount, address: Address, run: (vault: Vault) => string | null): ExchangeAnswer {
  const vault = vaultAt(ex, address);
  if (vault === null) return refused(unknownVault(address));
  return vault.leader === owner ? verdict(run(vault)) : refused(ACCOUNT_TEXTS.onlyLeader);
}
