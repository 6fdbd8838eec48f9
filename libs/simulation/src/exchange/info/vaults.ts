import { formatUsd } from '../decimals';
import type { Exchange } from '../exchange';
import { asAddress, type JsonObject } from '../json';
import type { Json } from '../port';
import type { VenueAccount } from '../state';
import { stakeValue, vaultEquity } from '../vault';
import type { Stake, Vault } from '../vault-state';
import { vaultAt, vaultSpare } from '../vaults';
import { portfolioJson } from './portfolio';
import { forUser, type InfoAnswerer } from './request';

const DAY_MS = 86_400_000;
const FOLLOWERS_SHOWN = 100;
const USD = 1_000_000;
const NORMAL = { type: 'normal' };

function stakeJson(ex: Exchange, vault: Vault, depositor: VenueAccount, stake: Stake): JsonObject {
  const value = stakeValue(ex, vault, stake);
  const pnl = value - stake.basis;
  return {
    user: depositor.address,
    vaultEquity: formatUsd(value),
    pnl: formatUsd(pnl),
    allTimePnl: formatUsd(pnl + stake.realised),
    daysFollowing: Math.floor((ex.time - stake.since) / DAY_MS),
    vaultEntryTime: stake.since,
    lockupUntil: stake.lockedUntil,
  };
}

/** All about a vault, with the state of `user` where it has a stake; null when there is no such vault. */
export const vaultDetails: InfoAnswerer = (ex, request) => {
  const address = asAddress(request.vaultAddress);
  const user = request.user === undefined || request.user === null ? null : asAddress(request.user);
  if (address === null || (user === null && request.user !== undefined && request.user !== null)) return undefined;
  const vault = vaultAt(ex, address);
  if (vault === null) return null;
  const viewer = user === null ? undefined : ex.accounts.get(user);
  const own = viewer === undefined ? undefined : vault.stakes.get(viewer);
  const leaderStake = vault.stakes.get(vault.leader);
  const spare = vaultSpare(ex, vault);
  return {
    name: vault.name,
    vaultAddress: address,
    leader: vault.leader.address,
    description: vault.description,
    portfolio: portfolioJson(ex, vault.account),
    apr: 0,
    followerState: viewer === undefined || own === undefined ? null : stakeJson(ex, vault, viewer, own),
    leaderFraction: leaderStake === undefined || vault.shares === 0 ? 0 : leaderStake.shares / vault.shares,
    leaderCommission: ex.settings.vaultProfitSharePercent / 100,
    followers: followersJson(ex, vault),
    maxDistributable: spare / USD,
    maxWithdrawable: own === undefined ? 0 : Math.min(spare, stakeValue(ex, vault, own)) / USD,
    isClosed: vault.isClosed,
    relationship: NORMAL,
    allowDeposits: vault.allowDeposits,
    alwaysCloseOnWithdraw: vault.alwaysCloseOnWithdraw,
  };
};

function followersJson(ex: Exchange, vault: Vault): Json {
  const rows: JsonObject[] = [];
  for (const depositor of [...vault.stakes.keys()].slice(0, FOLLOWERS_SHOWN)) {
    const stake = vault.stakes.get(depositor);
    if (stake === undefined) continue;
    const row = stakeJson(ex, vault, depositor, stake);
    rows.push(depositor === vault.leader ? { ...row, user: 'Leader' } : row);
  }
  return rows;
}

export const userVaultEquities = forUser((ex, user) => {
  const account = ex.accounts.get(user);
  if (account === undefined) return [];
  return [...ex.vaults.values()].flatMap((vault): Json[] => {
    const stake = vault.stakes.get(account);
    if (stake === undefined) return [];
    return [{ vaultAddress: vault.account.address, equity: formatUsd(stakeValue(ex, vault, stake)), lockedUntilTimestamp: stake.lockedUntil }];
  });
});

const summaryJson = (ex: Exchange, vault: Vault): Json => ({
  name: vault.name,
  vaultAddress: vault.account.address,
  leader: vault.leader.address,
  tvl: formatUsd(vaultEquity(ex, vault)),
  isClosed: vault.isClosed,
  relationship: NORMAL,
  createTimeMillis: vault.created,
});

export const vaultSummaries: InfoAnswerer = (ex) => [...ex.vaults.values()].map((vault) => summaryJson(ex, vault));

/** Vaults an address leads. */
export const leadingVaultsOf = (ex: Exchange, user: string): Json =>
  [...ex.vaults.values()].filter(({ leader }) => leader.address === user).map(({ account, name }) => ({ address: account.address, name }));

export const leadingVaults = forUser(leadingVaultsOf);

/** What an address holds in vaults, usd. */
export function vaultEquityOf(ex: Exchange, user: string): number {
  const account = ex.accounts.get(user);
  if (account === undefined) return 0;
  return [...ex.vaults.values()].reduce((sum, vault) => {
    const stake = vault.stakes.get(account);
    return stake === undefined ? sum : sum + stakeValue(ex, vault, stake);
  }, 0);
}
