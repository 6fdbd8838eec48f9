import { mulDiv, mulDivAway } from './decimals';
import { clearingOf, type Exchange, mainDex } from './exchange';
import { accountValue } from './margin';
import type { SmallMap } from './small-map';
import type { VenueAccount } from './state';

/** What one depositor holds of a vault. */
export interface Stake {
  shares: number;
  /** Deposited and not yet withdrawn, usd: profit is measured against it. */
  basis: number;
  /** Realised by withdrawals and distributions, usd. */
  realised: number;
  readonly since: number;
  lockedUntil: number;
}

/** A pool of depositors' money that its leader trades on the main dex. Shares are whole numbers; the first dollar makes a million of them. */
export interface Vault {
  readonly account: VenueAccount;
  readonly leader: VenueAccount;
  readonly name: string;
  readonly description: string;
  readonly created: number;
  allowDeposits: boolean;
  alwaysCloseOnWithdraw: boolean;
  isClosed: boolean;
  /** All shares there are: the sum of the stakes. */
  shares: number;
  readonly stakes: SmallMap<VenueAccount, Stake>;
}

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
