import { ACCOUNT_TEXTS } from './account-texts';
import { formatUsd, mulDiv } from './decimals';
import { accountOf, clearingOf, type Exchange, mainDex } from './exchange';
import { derivedAddress } from './hashing';
import { noteLedger } from './ledger-updates';
import type { Address } from './port';
import { SmallMap } from './small-map';
import type { VenueAccount } from './state';
import { add, available, mainPurse, payFee, transfer } from './transfers';
import { sharesFor, sharesOf, stakeValue, vaultEquity } from './vault';
import { closeShare } from './vault-close';
import type { Stake, Vault } from './vault-state';

/*
 * What leaders and depositors do with vaults. Every function answers the venue's text when it refuses, having changed nothing; only a
 * withdrawal that could not be paid after all leaves closed what it closed.
 */

/** The vault of an address; null when there is none. */
export function vaultAt(ex: Exchange, address: Address): Vault | null {
  const account = ex.accounts.get(address);
  return account === undefined ? null : (ex.vaults.get(account) ?? null);
}

export interface VaultDraft {
  readonly name: string;
  readonly description: string;
  readonly initialUsd: number;
}

/** Makes a vault led by an account, which pays its first deposit and the fee of making it. */
export function createVault(ex: Exchange, leader: VenueAccount, { name, description, initialUsd }: VaultDraft): Vault | string {
  const { vaultLeastUsd, vaultFeeUsd } = ex.settings;
  if (initialUsd < vaultLeastUsd) return ACCOUNT_TEXTS.vaultInitialUsd;
  const purse = mainPurse(ex);
  if (available(leader, purse) < initialUsd + vaultFeeUsd) return ACCOUNT_TEXTS.insufficientWithdrawal;
  const account = accountOf(ex, derivedAddress(ex.config.seed, ex.block, ex.index));
  const vault: Vault = {
    account,
    leader,
    name,
    description,
    created: ex.time,
    allowDeposits: true,
    alwaysCloseOnWithdraw: false,
    isClosed: false,
    shares: 0,
    stakes: new SmallMap(),
  };
  account.leader = leader;
  ex.vaults.set(account, vault);
  payFee(ex, leader, purse, vaultFeeUsd);
  enter(ex, vault, leader, initialUsd);
  noteLedger(ex, leader, { type: 'vaultCreate', vault: account.address, usdc: formatUsd(initialUsd), fee: formatUsd(vaultFeeUsd) });
  return vault;
}

function enter(ex: Exchange, vault: Vault, from: VenueAccount, usd: number): void {
  const purse = mainPurse(ex);
  const shares = sharesFor(ex, vault, usd);
  transfer(ex, { from, source: purse, to: vault.account, target: purse, amount: usd });
  const stake = vault.stakes.get(from) ?? { shares: 0, basis: 0, realised: 0, since: ex.time, lockedUntil: 0 };
  vault.stakes.set(from, stake);
  stake.shares += shares;
  stake.basis += usd;
  stake.lockedUntil = ex.time + ex.settings.vaultLockupMs;
  vault.shares += shares;
}

/** A deposit, at the price of the shares there are. The leader must keep its least part of the vault. */
export function deposit(ex: Exchange, vault: Vault, from: VenueAccount, usd: number): string | null {
  if (vault.isClosed) return ACCOUNT_TEXTS.vaultClosed;
  if (!vault.allowDeposits && from !== vault.leader) return ACCOUNT_TEXTS.vaultDepositsOff;
  if (available(from, mainPurse(ex)) < usd) return ACCOUNT_TEXTS.insufficientWithdrawal;
  if (from !== vault.leader && !leaderKeeps(ex, leaderValue(ex, vault), vaultEquity(ex, vault) + usd)) return ACCOUNT_TEXTS.vaultLeaderShare;
  if (sharesFor(ex, vault, usd) <= 0) return ACCOUNT_TEXTS.vaultClosed;
  enter(ex, vault, from, usd);
  noteLedger(ex, from, { type: 'vaultDeposit', vault: vault.account.address, usdc: formatUsd(usd) });
  return null;
}

const leaderValue = (ex: Exchange, vault: Vault): number => {
  const stake = vault.stakes.get(vault.leader);
  return stake === undefined ? 0 : stakeValue(ex, vault, stake);
};

const leaderKeeps = (ex: Exchange, leaderUsd: number, wholeUsd: number): boolean => leaderUsd * 100 >= wholeUsd * ex.settings.vaultLeaderLeastPercent;

/** What a vault can pay out now: what its open positions do not need, usd. */
export const vaultSpare = (ex: Exchange, vault: Vault): number => available(vault.account, mainPurse(ex));

/**
 * A withdrawal: positions are closed by its share where their margin is needed or the leader wants so; the leader is paid its part of the
 * profit, and must itself keep its least part of the vault.
 */
export function withdraw(ex: Exchange, vault: Vault, to: VenueAccount, usd: number): string | null {
  const stake = vault.stakes.get(to);
  if (stake === undefined || usd <= 0 || stakeValue(ex, vault, stake) < usd) return ACCOUNT_TEXTS.insufficientWithdrawal;
  const isLeader = to === vault.leader;
  if (stake.lockedUntil > ex.time && !vault.isClosed) return ACCOUNT_TEXTS.vaultLocked;
  const others = vault.stakes.size > 1;
  if (isLeader && others && !leaderKeeps(ex, leaderValue(ex, vault) - usd, vaultEquity(ex, vault) - usd)) return ACCOUNT_TEXTS.vaultLeaderShare;
  const before = vaultEquity(ex, vault);
  if (vault.alwaysCloseOnWithdraw || vaultSpare(ex, vault) < usd) closeShare(ex, vault, sharesOf(ex, vault, stake, usd));
  const closingCost = Math.max(0, before - vaultEquity(ex, vault));
  // What closing cost is borne by who withdraws.
  const left = Math.min(usd - closingCost, stakeValue(ex, vault, stake));
  if (left <= 0 || vaultSpare(ex, vault) < left) return ACCOUNT_TEXTS.insufficientWithdrawal;
  pay(ex, vault, to, stake, { requested: usd, closingCost, usd: left });
  return null;
}

interface Payment {
  readonly requested: number;
  readonly closingCost: number;
  /** What is paid, commission included. */
  readonly usd: number;
}

/** Pays a stake out and notes it. Commission: the leader's part of what the withdrawn shares are worth above their basis. */
function pay(ex: Exchange, vault: Vault, to: VenueAccount, stake: Stake, { requested, closingCost, usd }: Payment): void {
  const purse = mainPurse(ex);
  const shares = sharesOf(ex, vault, stake, usd + closingCost);
  const basis = shares === stake.shares ? stake.basis : mulDiv(stake.basis, shares, stake.shares);
  const profit = usd - basis;
  const commission = to === vault.leader || profit <= 0 ? 0 : mulDiv(profit, ex.settings.vaultProfitSharePercent, 100);
  stake.shares -= shares;
  stake.basis -= basis;
  stake.realised += profit - commission;
  vault.shares -= shares;
  if (stake.shares === 0) vault.stakes.delete(to);
  transfer(ex, { from: vault.account, source: purse, to, target: purse, amount: usd - commission });
  noteLedger(ex, to, {
    type: 'vaultWithdraw',
    vault: vault.account.address,
    user: to.address,
    requestedUsd: formatUsd(requested),
    commission: formatUsd(commission),
    closingCost: formatUsd(closingCost),
    basis: formatUsd(basis),
    netWithdrawnUsd: formatUsd(usd - commission),
  });
  if (commission === 0) return;
  transfer(ex, { from: vault.account, source: purse, to: vault.leader, target: purse, amount: commission });
  noteLedger(ex, vault.leader, { type: 'vaultLeaderCommission', user: to.address, usdc: formatUsd(commission) });
}

/** Pays an amount to all depositors by their shares, which they keep. Zero closes the vault: everybody is paid out. */
export function distribute(ex: Exchange, vault: Vault, usd: number): string | null {
  if (vault.isClosed) return ACCOUNT_TEXTS.vaultClosed;
  if (usd === 0) return close(ex, vault);
  if (vaultSpare(ex, vault) < usd) return ACCOUNT_TEXTS.insufficientWithdrawal;
  const purse = mainPurse(ex);
  for (const depositor of [...vault.stakes.keys()]) {
    const stake = vault.stakes.get(depositor);
    const part = stake === undefined ? 0 : mulDiv(usd, stake.shares, vault.shares);
    if (stake === undefined || part === 0) continue;
    stake.basis -= Math.min(stake.basis, part);
    transfer(ex, { from: vault.account, source: purse, to: depositor, target: purse, amount: part });
    noteLedger(ex, depositor, { type: 'vaultDistribution', vault: vault.account.address, usdc: formatUsd(part) });
  }
  return null;
}

function close(ex: Exchange, vault: Vault): string | null {
  const clearing = clearingOf(vault.account, mainDex(ex));
  if (clearing.positions.size > 0 || vault.account.open.size > 0) return ACCOUNT_TEXTS.vaultOpenPositions;
  vault.isClosed = true;
  for (const depositor of [...vault.stakes.keys()].reverse()) {
    const stake = vault.stakes.get(depositor);
    const value = stake === undefined ? 0 : stakeValue(ex, vault, stake);
    if (stake !== undefined && value > 0) pay(ex, vault, depositor, stake, { requested: value, closingCost: 0, usd: value });
  }
  const rest = available(vault.account, mainPurse(ex));
  if (rest > 0) {
    add(ex, vault.account, mainPurse(ex), -rest);
    add(ex, vault.leader, mainPurse(ex), rest);
  }
  return null;
}
