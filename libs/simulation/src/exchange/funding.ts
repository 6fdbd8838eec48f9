import { mulDiv, RATE_DECIMALS, tenTo } from './decimals';
import { type Exchange, touch } from './exchange';
import type { Asset, FundingPayment, Position } from './state';

const ONE = tenTo(RATE_DECIMALS);
const INTEREST = ONE / 10_000;
const CLAMP = ONE / 2_000;
const HOURS = 8;
const CAP_HOURLY = (ONE * 4) / 100;
const HISTORY_KEPT = 5_000;
const PAYMENTS_KEPT = 5_000;

const clamp = (value: number, bound: number): number => Math.max(-bound, Math.min(bound, value));

/** Average premium of the hour so far, 10^-10. */
export const averagePremium = (asset: Asset): number => (asset.premiumCount === 0 ? 0 : Math.round(asset.premiumSum / asset.premiumCount));

/**
 * The hourly rate as it stands, 10^-10: an eighth of premium + clamp(0.0001 − premium, ±0.0005), capped at 4 % an hour. Positive: longs pay.
 * A builder dex may set a coin's interest rate and multiplier; that the latter multiplies the rate before the cap is assumed.
 */
export function hourlyRate(asset: Asset): number {
  const { spec, fundingOverride } = asset;
  if (fundingOverride !== null) return fundingOverride;
  const rate = eightHourRate(averagePremium(asset), CLAMP, spec.fundingInterestRate);
  return clamp(Math.round((rate * ((spec.fundingMultiplier ?? ONE) / ONE)) / HOURS), CAP_HOURLY);
}

/** The rate of eight hours, 10^-10: premium + clamp(interest − premium, ±bound). */
export const eightHourRate = (premium: number, bound: number, interest = INTEREST): number => premium + clamp(interest - premium, bound);

/** Charges one hour of funding on every position of every dex and begins a new hour of samples. */
export function chargeFunding(ex: Exchange): void {
  for (const dex of ex.dexes) for (const asset of dex.assets) if (!asset.halted) chargeAsset(ex, asset);
}

function chargeAsset(ex: Exchange, asset: Asset): void {
  const rate = hourlyRate(asset);
  asset.fundingHistory.push({ time: ex.time, rate, premium: averagePremium(asset) });
  if (asset.fundingHistory.length > 2 * HISTORY_KEPT) asset.fundingHistory.splice(0, HISTORY_KEPT);
  asset.premiumSum = 0;
  asset.premiumCount = 0;
  for (const position of asset.holders) if (position.lots !== 0) charge(ex, position, rate);
}

/** Received (positive) or paid: −size × oracle price × rate, rounded towards zero; the remainder stays in the funding total. */
function charge(ex: Exchange, position: Position, rate: number): void {
  const { asset, clearing, lots } = position;
  const received = -mulDiv(lots * asset.oraclePx, rate, ONE);
  const usd = received === 0 ? 0 : received;
  if (position.isIsolated) position.rawUsd += usd;
  else clearing.cash += usd;
  asset.dex.collateral.totals.funding -= usd;
  clearing.fundingPaid.set(asset, (clearing.fundingPaid.get(asset) ?? 0) - usd);
  position.fundingSinceOpen -= usd;
  position.fundingSinceChange -= usd;
  if (clearing.owner.isHouse) return;
  touch(ex, clearing);
  const payment: FundingPayment = { asset, time: ex.time, usd, lots, rate };
  const { fundings, topic } = clearing.owner;
  fundings.push(payment);
  if (fundings.length > 2 * PAYMENTS_KEPT) fundings.splice(0, PAYMENTS_KEPT);
  topic?.fundings.push(payment);
}
