import { formatUsd } from '../decimals';
import { type Exchange, usdc } from '../exchange';
import type { JsonObject } from '../json';
import type { Json } from '../port';
import type { Reward } from '../reward-state';
import { rewardOf } from '../rewards';
import type { VenueAccount } from '../state';
import { forUser } from './request';

const rewardJson = (volume: number, { builder, referral, claimed }: Reward): JsonObject => ({
  cumVlm: formatUsd(volume),
  unclaimedRewards: formatUsd(referral),
  claimedRewards: formatUsd(claimed),
  builderRewards: formatUsd(builder),
});

/** Rewards in USDC, and in every token earned; `builderRewards` are builder fees not yet claimed. */
export const referral = forUser((ex, user) => {
  const account = ex.accounts.get(user);
  const volume = account?.volume ?? 0;
  const link = account?.referredBy ?? null;
  return {
    referredBy: link === null ? null : { referrer: link.referrer.address, code: link.code },
    ...rewardJson(volume, rewardOf(ex, user, usdc(ex))),
    referrerState: referrerJson(ex, account),
    rewardHistory: [],
    tokenToState: ex.tokens
      .filter((token) => ex.rewards.get(user)?.has(token) === true)
      .map((token): Json => [token.spec.index, rewardJson(volume, rewardOf(ex, user, token))]),
  };
});

function referrerJson(ex: Exchange, account: VenueAccount | undefined): Json {
  const required = ex.settings.referrerVolumeUsd;
  if (account === undefined || (account.referralCode === null && account.volume < required))
    return { stage: 'needToTrade', data: { required: formatUsd(required - (account?.volume ?? 0)) } };
  const { referralCode } = account;
  if (referralCode === null) return { stage: 'needToCreateCode' };
  const referred = [...ex.accounts.values()].filter(({ referredBy }) => referredBy?.referrer === account);
  return {
    stage: 'ready',
    data: {
      code: referralCode,
      nReferrals: referred.length,
      referralStates: referred.map(({ address, volume, referredBy }) => ({
        cumVlm: formatUsd(volume),
        cumRewardedFeesSinceReferred: '0.0',
        cumFeesRewardedToReferrer: '0.0',
        timeJoined: referredBy?.time ?? 0,
        user: address,
        tokenToState: [],
      })),
    },
  };
}
