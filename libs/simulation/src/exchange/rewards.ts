import { formatUsd } from './decimals';
import type { Exchange } from './exchange';
import { noteLedger } from './ledger-updates';
import type { Address } from './port';
import type { Reward } from './reward-state';
import { SmallMap } from './small-map';
import type { Token, VenueAccount } from './state';

/** Owes an amount to an address until it is claimed. */
export function owe(ex: Exchange, address: Address, token: Token, kind: 'builder' | 'referral', amount: number): void {
  if (amount === 0) return;
  const rewards = ex.rewards.get(address) ?? new SmallMap<Token, Reward>();
  ex.rewards.set(address, rewards);
  const reward = rewards.get(token) ?? { builder: 0, referral: 0, claimed: 0 };
  rewards.set(token, reward);
  reward[kind] += amount;
  token.totals.rewards += amount;
}

export const rewardOf = (ex: Exchange, address: Address, token: Token): Reward =>
  ex.rewards.get(address)?.get(token) ?? { builder: 0, referral: 0, claimed: 0 };

/** Pays everything owed to the account's spot balances. False when nothing is owed. */
export function claim(ex: Exchange, account: VenueAccount): boolean {
  let paid = false;
  for (const token of ex.tokens) {
    const reward = ex.rewards.get(account.address)?.get(token);
    const amount = reward === undefined ? 0 : reward.builder + reward.referral;
    if (reward === undefined || amount === 0) continue;
    reward.builder = 0;
    reward.referral = 0;
    reward.claimed += amount;
    token.totals.rewards -= amount;
    account.spot.set(token, (account.spot.get(token) ?? 0) + amount);
    noteLedger(ex, account, { type: 'rewardsClaim', amount: formatUsd(amount), token: token.spec.name });
    paid = true;
  }
  return paid;
}
