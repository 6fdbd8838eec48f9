import type { VenueSettings } from './config';
import type { TradedDay, VenueAccount } from './state';

/* Fee schedule of the fact sheet §12. Rates are millionths of the notional. */

export interface FeeTier {
  /** Dollars traded in the 14 days before today, from which on (exclusive) the tier holds. */
  readonly cutoff: number;
  readonly crossPpm: number;
  readonly addPpm: number;
  readonly spotCrossPpm: number;
  readonly spotAddPpm: number;
}

const tier = (cutoff: number, crossPpm: number, addPpm: number, spotCrossPpm: number, spotAddPpm: number): FeeTier => ({
  cutoff,
  crossPpm,
  addPpm,
  spotCrossPpm,
  spotAddPpm,
});

export const VIP_TIERS: readonly FeeTier[] = [
  tier(5_000_000, 400, 120, 600, 300),
  tier(25_000_000, 350, 80, 500, 200),
  tier(100_000_000, 300, 40, 400, 100),
  tier(500_000_000, 280, 0, 350, 0),
  tier(2_000_000_000, 260, 0, 300, 0),
  tier(7_000_000_000, 240, 0, 250, 0),
];

/** Rebates by share of the venue's volume that rested: the share in thousandths, the rate below zero. */
export const MAKER_TIERS: readonly { readonly shareMilli: number; readonly addPpm: number }[] = [
  { shareMilli: 5, addPpm: -10 },
  { shareMilli: 15, addPpm: -20 },
  { shareMilli: 30, addPpm: -30 },
];

export const STAKING_TIERS: readonly { readonly bpsOfMaxSupply: string; readonly discountPercent: number }[] = [
  { bpsOfMaxSupply: '0.0', discountPercent: 0 },
  { bpsOfMaxSupply: '0.0001', discountPercent: 5 },
  { bpsOfMaxSupply: '0.001', discountPercent: 10 },
  { bpsOfMaxSupply: '0.01', discountPercent: 15 },
  { bpsOfMaxSupply: '0.1', discountPercent: 20 },
  { bpsOfMaxSupply: '1.0', discountPercent: 30 },
  { bpsOfMaxSupply: '5.0', discountPercent: 40 },
];

export const REFERRAL_DISCOUNT_PERCENT = 4;
/** The discount of a referred account ends with this lifetime volume, dollars. */
export const REFERRAL_VOLUME_MOST = 25_000_000;

const DAY_MS = 86_400_000;
const TIER_DAYS = 14;
const DAYS_KEPT = 31;
const USD = 1_000_000;

export const dayOf = (time: number): number => Math.floor(time / DAY_MS);

/** Whose volume and tier count: the master's for a sub-account. Vaults stand for themselves. */
export const feeAccount = (account: VenueAccount): VenueAccount => account.master ?? account;

export interface CountedTrade {
  readonly crossed: boolean;
  readonly usd: number;
  readonly isSpot: boolean;
}

/** Adds a trade to the day's volume, usd. */
export function countTraded(account: VenueAccount, time: number, { crossed, usd, isSpot }: CountedTrade): void {
  const { tradedDays } = feeAccount(account);
  const day = dayOf(time);
  let today = tradedDays[tradedDays.length - 1];
  if (today === undefined || today.day !== day) {
    today = { day, cross: 0, add: 0, spot: 0 };
    tradedDays.push(today);
    if (tradedDays.length > DAYS_KEPT) tradedDays.shift();
  }
  if (crossed) today.cross += usd;
  else today.add += usd;
  if (isSpot) today.spot += usd;
}

/** The days a tier is judged by: the fourteen before today. */
export const tierDays = (account: VenueAccount, time: number): readonly TradedDay[] =>
  feeAccount(account).tradedDays.filter(({ day }) => day < dayOf(time) && day >= dayOf(time) - TIER_DAYS);

/** Rates of an account before dex, referral and growth mode, in millionths of the notional. A maker rebate is negative. */
export interface AccountRates {
  readonly crossPpm: number;
  readonly addPpm: number;
  readonly spotCrossPpm: number;
  readonly spotAddPpm: number;
}

/** The tier's rates with the staking discount taken off what is not a rebate. */
export function ratesOf(settings: VenueSettings, account: VenueAccount, time: number): AccountRates {
  const days = tierDays(account, time);
  const cross = days.reduce((sum, day) => sum + day.cross, 0);
  const add = days.reduce((sum, day) => sum + day.add, 0);
  const base = tier(0, settings.takerPpm, settings.makerPpm, 700, 400);
  // Spot counts twice in the tier.
  const spot = days.reduce((sum, day) => sum + day.spot, 0);
  const vip = VIP_TIERS.findLast(({ cutoff }) => cross + add + spot > cutoff * USD) ?? base;
  const maker = MAKER_TIERS.findLast(({ shareMilli }) => add / USD > (settings.venueVolumeUsd * shareMilli) / 1_000);
  const left = 100 - settings.stakingDiscountPercent;
  const discounted = (ppm: number): number => (ppm <= 0 ? ppm : (ppm * left) / 100);
  return {
    crossPpm: discounted(vip.crossPpm),
    addPpm: discounted(maker?.addPpm ?? vip.addPpm),
    spotCrossPpm: discounted(vip.spotCrossPpm),
    spotAddPpm: discounted(vip.spotAddPpm),
  };
}

/** Percent off for a referred account while its volume, that of its sub-accounts counted, is small. */
export function referralPercent(account: VenueAccount): number {
  const { referredBy, volume, subVolume } = feeAccount(account);
  return referredBy !== null && volume + subVolume < REFERRAL_VOLUME_MOST * USD ? REFERRAL_DISCOUNT_PERCENT : 0;
}
