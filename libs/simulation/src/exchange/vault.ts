import { mulDiv, mulDivAway } from './decimals';
import { clearingOf, type Exchange, mainDex } from './exchange';
import { accountValue } from './margin';
import type { Stake, Vault } from './vault-state';

/** Equity of a vault, usd. */
export const vaultEquity = (ex: Exchange, vault: Vault): number => accountValue(clearingOf(vault.account, mainDex(ex)));

/** Value of a stake at the vault's equity, rounded down: usd. */
export const stakeValue = (ex: Exchange, vault: Vault, stake: Stake): number =>
  vault.shares === 0 ? 0 : Math.max(0, mulDiv(vaultEquity(ex, vault), stake.shares, vault.shares));

/** Shares for a deposit, at the price of those there are, rounded down. Zero when the vault is worth nothing. */
export function sharesFor(ex: Exchange, vault: Vault, usd: number): number {
  if (vault.shares === 0) return usd;
  const equity = vaultEquity(ex, vault);
  return equity <= 0 ? 0 : mulDiv(usd, vault.shares, equity);
}

/** Shares that a withdrawal of `usd` takes, rounded up; no more than the stake has. */
export function sharesOf(ex: Exchange, vault: Vault, stake: Stake, usd: number): number {
  return Math.min(stake.shares, mulDivAway(usd, vault.shares, Math.max(1, vaultEquity(ex, vault))));
}
