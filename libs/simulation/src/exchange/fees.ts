import type { VenueSettings } from './config';
import { mulDiv } from './decimals';
import type { Exchange } from './exchange';
import { type AccountRates, countTraded, feeAccount, ratesOf, referralPercent } from './fee-tiers';
import { owe } from './rewards';
import { isStablePair, type Received } from './spot';
import type { Asset, BuilderFee, VenueAccount } from './state';

const MILLION = 1_000_000;
const GROWTH_DIVISOR = 10;
/** Rates here are 10^-12 of the notional, so that every factor of the formula stays whole. */
const ONE = 1_000_000_000_000;

/** Factor of a builder dex on the user's rate, in thousandths: 1 + s below s = 1, else 2·s. The main dex: 1. */
export function feeScaleMilli(asset: Asset): number {
  if (asset.dex.index === 0) return 1_000;
  const scale = asset.dex.spec.deployerFeeScaleMilli;
  return scale < 1_000 ? 1_000 + scale : 2 * scale;
}

/** The deployer's part of a fee: s / (1 + s) below s = 1, else a half; nothing on the main dex. */
export function deployerShare(asset: Asset): { readonly part: number; readonly of: number } {
  if (asset.dex.index === 0) return { part: 0, of: 1 };
  const scale = asset.dex.spec.deployerFeeScaleMilli;
  return scale < 1_000 ? { part: scale, of: 1_000 + scale } : { part: 1, of: 2 };
}

/**
 * The rate of one side of a trade, 10^-12 of the notional (fact sheet §13): the account's rate × dex scale × growth mode × (1 − referral);
 * in an aligned collateral the protocol's part of a taker fee is 20 % less and that of a rebate 50 % more. Rebates know neither
 * scale nor referral.
 */
export function ratePpt(rates: AccountRates, asset: Asset, crossed: boolean, discountPercent: number): number {
  if (asset.pair !== null) return spotRatePpt(rates, asset, crossed, discountPercent);
  const ppm = crossed ? rates.crossPpm : rates.addPpm;
  const growth = asset.spec.growthMode === true ? GROWTH_DIVISOR : 1;
  const share = deployerShare(asset);
  const aligned = asset.dex.collateral.spec.isAligned === true;
  const plain = (ppm * MILLION) / growth;
  if (ppm <= 0) return Math.round(aligned ? (plain * (3 * (share.of - share.part) + 2 * share.part)) / (2 * share.of) : plain);
  const scaled = (plain * feeScaleMilli(asset) * (100 - discountPercent)) / 100_000;
  return Math.round(aligned && crossed ? (scaled * (4 * (share.of - share.part) + 5 * share.part)) / (5 * share.of) : scaled);
}

const STABLE_PAIR_DIVISOR = 5;

/** The same of a spot trade: a fifth between two quote tokens; rebates know no referral. */
function spotRatePpt(rates: AccountRates, asset: Asset, crossed: boolean, discountPercent: number): number {
  const plain = ((crossed ? rates.spotCrossPpm : rates.spotAddPpm) * MILLION) / (isStablePair(asset) ? STABLE_PAIR_DIVISOR : 1);
  return Math.round(plain <= 0 ? plain : (plain * (100 - discountPercent)) / 100);
}

/** An account's fee on a notional, rounded towards zero: usd. Negative for a rebate. */
export function tradingFee(settings: VenueSettings, account: VenueAccount, asset: Asset, time: number, crossed: boolean, notional: number): number {
  const ppt = ratePpt(ratesOf(settings, account, time), asset, crossed, referralPercent(account));
  return mulDiv(notional, ppt, ONE);
}

/** Whose consent a builder fee needs: sub-accounts and vaults have no wallet, so that it is their master's or leader's. */
export const builderApprover = (owner: VenueAccount): VenueAccount => owner.leader ?? owner.master ?? owner;

/** The builder's part on a notional, rounded towards zero: usd. It comes on top of the venue's fee. */
export const builderFee = (builder: BuilderFee | null, notional: number): number => (builder === null ? 0 : mulDiv(notional, builder.ppm, MILLION));

/** One side of a trade, as far as fees go. Notional in usd, of a spot trade in its quote. */
export interface TradedSide {
  readonly owner: VenueAccount;
  readonly asset: Asset;
  /** Null where the builder has no part in this trade: a spot trade pays one only in the quote, so a buyer none. */
  readonly builder: BuilderFee | null;
  readonly crossed: boolean;
  readonly notional: number;
  /** What fees are counted on and taken from: the notional, or what a side of a spot trade receives. */
  readonly received: Received;
}

/** The deployer's part of a fee that was charged: the discount of aligned collateral is the protocol's alone. Nothing of a rebate. */
export function deployerPart(asset: Asset, crossed: boolean, venueFee: number): number {
  const { part, of } = deployerShare(asset);
  if (venueFee <= 0 || part === 0) return 0;
  const discounted = crossed && asset.dex.collateral.spec.isAligned === true;
  return discounted ? mulDiv(venueFee, 5 * part, 4 * (of - part) + 5 * part) : mulDiv(venueFee, part, of);
}

/** What it costs its owner, usd: the two add up. */
export interface Charged {
  readonly venueFee: number;
  readonly builderFee: number;
}

/** Part of a referred account's fees that its referrer earns. */
const REFERRER_DIVISOR = 10;

/** Works out the fees of one side, books them with the venue, deployer, builder and referrer, and counts the volume. The owner pays in `settle.ts`. */
export function chargeTrade(ex: Exchange, side: TradedSide): Charged {
  const { owner, asset, builder, crossed, notional, received } = side;
  const { token } = received;
  const venueFee = tradingFee(ex.settings, owner, asset, ex.time, crossed, received.amount);
  const extra = builderFee(builder, notional);
  const { referredBy } = feeAccount(owner);
  const reward = referredBy === null || venueFee <= 0 ? 0 : Math.trunc(venueFee / REFERRER_DIVISOR);
  token.totals.fees += venueFee - reward;
  token.totals.deployerFees += deployerPart(asset, crossed, venueFee);
  if (referredBy !== null) owe(ex, referredBy.referrer.address, token, 'referral', reward);
  if (builder !== null) owe(ex, builder.address, token, 'builder', extra);
  const counted = countedVolume(asset, notional);
  owner.volume += counted;
  if (owner.master !== null) owner.master.subVolume += counted;
  countTraded(owner, ex.time, { crossed, usd: counted, isSpot: asset.pair !== null });
  return { venueFee, builderFee: extra };
}

function countedVolume(asset: Asset, notional: number): number {
  if (isStablePair(asset)) return Math.trunc(notional / STABLE_PAIR_DIVISOR);
  return asset.spec.growthMode === true ? Math.trunc(notional / GROWTH_DIVISOR) : notional;
}
