import { formatUnits, formatUsd } from '../decimals';
import type { Exchange } from '../exchange';
import {
  type AccountRates,
  dayOf,
  feeAccount,
  MAKER_TIERS,
  REFERRAL_DISCOUNT_PERCENT,
  ratesOf,
  referralPercent,
  STAKING_TIERS,
  tierDays,
  VIP_TIERS,
} from '../fee-tiers';
import type { JsonObject } from '../json';
import type { Json } from '../port';
import type { VenueAccount } from '../state';
import { forUser } from './request';

const FINE_DECIMALS = 8;
const DAY_MS = 86_400_000;
const DAYS_SHOWN = 15;
const TIER_DAYS = 14;
const USD = 1_000_000;

/** A rate in millionths, possibly with a fraction from a discount, as the venue writes it: `0.00045`. */
const rate = (ppm: number): string => formatUnits(Math.round(ppm * 100), FINE_DECIMALS);
const percent = (whole: number): string => formatUnits(whole, 2);

const schedule = ({ crossPpm, addPpm, spotCrossPpm, spotAddPpm }: AccountRates): JsonObject => ({
  cross: rate(crossPpm),
  add: rate(addPpm),
  spotCross: rate(spotCrossPpm),
  spotAdd: rate(spotAddPpm),
});

function feeSchedule(ex: Exchange): JsonObject {
  const { takerPpm, makerPpm } = ex.settings;
  return {
    ...schedule({ crossPpm: takerPpm, addPpm: makerPpm, spotCrossPpm: 700, spotAddPpm: 400 }),
    tiers: {
      vip: VIP_TIERS.map((tier) => ({ ntlCutoff: formatUnits(tier.cutoff, 0), ...schedule(tier) })),
      mm: MAKER_TIERS.map(({ shareMilli, addPpm }) => ({ makerFractionCutoff: formatUnits(shareMilli, 3), add: rate(addPpm) })),
    },
    referralDiscount: percent(REFERRAL_DISCOUNT_PERCENT),
    stakingDiscountTiers: STAKING_TIERS.map(({ bpsOfMaxSupply, discountPercent }) => ({ bpsOfMaxSupply, discount: percent(discountPercent) })),
  };
}

/** The last fifteen days, today last; an account without trades has them too. */
function dailyVolume(ex: Exchange, account: VenueAccount | undefined): Json {
  const today = dayOf(ex.time);
  const traded = account === undefined ? [] : feeAccount(account).tradedDays;
  const exchange = formatUnits(Math.floor(ex.settings.venueVolumeUsd / TIER_DAYS), 0);
  return Array.from({ length: DAYS_SHOWN }, (_, at): Json => {
    const day = today - DAYS_SHOWN + 1 + at;
    const row = traded.find((candidate) => candidate.day === day);
    const date = new Date(day * DAY_MS).toISOString().slice(0, 'yyyy-mm-dd'.length);
    return { date, userCross: formatUsd(row?.cross ?? 0), userAdd: formatUsd(row?.add ?? 0), exchange };
  });
}

/** Rates after tier and staking; the referral discount stands beside them. A sub-account has its master's. */
export const userFees = forUser((ex, user) => {
  const account = ex.accounts.get(user);
  const { takerPpm, makerPpm, stakingDiscountPercent } = ex.settings;
  const base = { crossPpm: takerPpm, addPpm: makerPpm, spotCrossPpm: 700, spotAddPpm: 400 };
  const rates = account === undefined ? base : ratesOf(ex.settings, account, ex.time);
  const staking = STAKING_TIERS.find(({ discountPercent }) => discountPercent >= stakingDiscountPercent);
  return {
    dailyUserVlm: dailyVolume(ex, account),
    feeSchedule: feeSchedule(ex),
    userCrossRate: rate(rates.crossPpm),
    userAddRate: rate(rates.addPpm),
    userSpotCrossRate: rate(rates.spotCrossPpm),
    userSpotAddRate: rate(rates.spotAddPpm),
    activeReferralDiscount: account === undefined ? '0.0' : percent(referralPercent(account)),
    trial: null,
    feeTrialEscrow: '0.0',
    nextTrialAvailableTimestamp: null,
    stakingLink: null,
    activeStakingDiscount: { bpsOfMaxSupply: staking?.bpsOfMaxSupply ?? '0.0', discount: percent(stakingDiscountPercent) },
  };
});

/** True from the first tier above the base on; null for an account nobody knows. */
export const isVip = forUser((ex, user) => {
  const account = ex.accounts.get(user);
  if (account === undefined) return null;
  const traded = tierDays(account, ex.time).reduce((sum, { cross, add }) => sum + cross + add, 0);
  return traded > (VIP_TIERS[0]?.cutoff ?? 0) * USD;
});
