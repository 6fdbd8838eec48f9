import { must } from '@lockstep/kernel';
import type { VenueSettings } from './config';
import { mulDivAway } from './decimals';
import { entryUnits } from './entry';
import { heldOf } from './spot-holds';
import type { Asset, Clearing, LeverageSetting, Position, Token, VenueAccount } from './state';

/* Formulas: Hyperliquid fact sheet §12 and §14. Every amount is usd (10^-6 of the dex's collateral token). */

const USD = 1_000_000;

/** Leverage and margin mode of a coin for an account; the coin's default while nobody set one. */
export function leverageOf(account: VenueAccount, asset: Asset, settings: VenueSettings): LeverageSetting {
  return account.leverage.get(asset) ?? { isCross: !isIsolatedOnly(asset), leverage: Math.min(settings.defaultLeverage, asset.spec.maxLeverage) };
}

export const isIsolatedOnly = (asset: Asset): boolean => asset.spec.onlyIsolated === true || asset.spec.marginMode !== undefined;

/** |size| × mark. */
export const notionalAtMark = (position: Position): number => Math.abs(position.lots) * position.asset.markPx;

/** Equity of one isolated position. */
export const isolatedEquity = (position: Position): number => position.rawUsd + position.lots * position.asset.markPx;

/** Against the average entry as it is printed, cut down to the price grid. */
export const unrealizedPnl = (position: Position): number => position.lots * (position.asset.markPx - entryUnits(position));

/** Initial margin of a cross position at its leverage. */
export const initialMargin = (position: Position): number => Math.ceil(notionalAtMark(position) / position.leverage);

/** Margin a position uses: initial margin when cross, its whole equity when isolated. */
export const marginUsed = (position: Position): number => (position.isIsolated ? isolatedEquity(position) : initialMargin(position));

/** Maintenance margin of a notional: half the initial margin at the tier's maximum leverage, less the tier's deduction. */
export function maintenanceOf(asset: Asset, notional: number): number {
  let deduction = 0;
  let previous: number | null = null;
  let required = 0;
  for (const { lowerBound, maxLeverage } of asset.tiers) {
    if (previous !== null && notional <= lowerBound * USD) break;
    if (previous !== null) deduction += lowerBound * USD * (1 / (2 * maxLeverage) - 1 / (2 * previous));
    required = notional / (2 * maxLeverage) - deduction;
    previous = maxLeverage;
  }
  return Math.ceil(required);
}

/** The highest leverage the margin table allows at a notional. */
export function tierLeverage(asset: Asset, notional: number): number {
  let allowed = asset.spec.maxLeverage;
  for (const { lowerBound, maxLeverage } of asset.tiers) if (notional > lowerBound * USD || lowerBound === 0) allowed = maxLeverage;
  return allowed;
}

export const maintenanceAtMark = (position: Position): number => maintenanceOf(position.asset, notionalAtMark(position));

/** A sum of cross positions and what carries them, at their marks. */
export interface CrossSummary {
  equity: number;
  notional: number;
  initial: number;
  maintenance: number;
}

/** True for accounts that keep one balance per collateral token. Portfolio margin is treated so too, without its lower requirements. */
export const isUnified = (account: VenueAccount): boolean => account.abstraction !== 'disabled';

/** The clearinghouses whose cross positions stand or fall together: one alone, or all of a unified account in the same collateral. */
export function poolOf(clearing: Clearing): readonly Clearing[] {
  const { owner, dex } = clearing;
  if (!isUnified(owner)) return [clearing];
  return [...owner.clearings.values()].filter((each) => each.dex.collateral === dex.collateral);
}

/** The cross positions of the pool a clearinghouse belongs to. */
export function crossPositions(clearing: Clearing): Position[] {
  return poolOf(clearing).flatMap((each) => [...each.positions.values()].filter((position) => !position.isIsolated));
}

/** The cross part of one clearinghouse by itself: all there is of a standard account, not meaningful as equity of a unified one. */
export function ownSummary(clearing: Clearing): CrossSummary {
  const sum: CrossSummary = { equity: 0, notional: 0, initial: 0, maintenance: 0 };
  addOwn(sum, clearing);
  return sum;
}

function addOwn(sum: CrossSummary, clearing: Clearing): void {
  sum.equity += clearing.cash;
  for (const position of clearing.positions.values()) {
    if (position.isIsolated) continue;
    sum.equity += position.lots * position.asset.markPx;
    sum.notional += notionalAtMark(position);
    sum.initial += initialMargin(position);
    sum.maintenance += maintenanceAtMark(position);
  }
  must(Number.isSafeInteger(sum.equity), 'equity of a clearinghouse stays inside 2^53');
}

/** What a unified account has in a token, and what its cross positions of that collateral and its resting spot orders need of it. */
export function pooledSummary(account: VenueAccount, token: Token): CrossSummary {
  const sum: CrossSummary = { equity: account.spot.get(token) ?? 0, notional: 0, initial: heldOf(account, token), maintenance: 0 };
  for (const clearing of account.clearings.values()) if (clearing.dex.collateral === token) addOwn(sum, clearing);
  return sum;
}

/** What carries a clearinghouse's cross positions: its own money, or the whole pool of a unified account. */
export const crossSummary = (clearing: Clearing): CrossSummary =>
  isUnified(clearing.owner) ? pooledSummary(clearing.owner, clearing.dex.collateral) : ownSummary(clearing);

/** Equity above the initial margins and above a tenth of the notional. Never negative. */
const spare = (sum: CrossSummary): number => Math.max(0, Math.floor(sum.equity - Math.max(sum.initial, sum.notional / 10)));

/** What may leave a clearinghouse, or the pool it belongs to. Never negative. */
export const withdrawable = (clearing: Clearing): number => spare(crossSummary(clearing));

/** What a unified account may send away of a token. Never negative. */
export const pooledSpare = (account: VenueAccount, token: Token): number => spare(pooledSummary(account, token));

const isolatedValue = (clearing: Clearing): number => {
  let value = 0;
  for (const position of clearing.positions.values()) if (position.isIsolated) value += isolatedEquity(position);
  return value;
};

/** Cross equity plus the equity of isolated positions, of a clearinghouse or of the pool it belongs to. */
export const accountValue = (clearing: Clearing): number =>
  poolOf(clearing).reduce((value, each) => value + isolatedValue(each), crossSummary(clearing).equity);

/** The same of one clearinghouse by itself. */
export const ownValue = (clearing: Clearing): number => ownSummary(clearing).equity + isolatedValue(clearing);

/**
 * True when the clearinghouse can carry `lots` more (signed) of an asset at a reference price: a trade that only reduces always can;
 * otherwise cross equity must cover every initial margin after the trade, and an isolated one its new margin out of free cross equity, to which a turned position gives back what it holds.
 */
export function canCarry(clearing: Clearing, asset: Asset, lots: number, referencePx: number, setting: LeverageSetting): boolean {
  const held = clearing.positions.get(asset);
  const before = held?.lots ?? 0;
  const after = before + lots;
  const reducesOnly = before !== 0 && before > 0 !== lots > 0 && Math.abs(lots) <= Math.abs(before);
  if (reducesOnly) return true;
  const sum = crossSummary(clearing);
  const isolated = held?.isIsolated ?? !setting.isCross;
  if (isolated) {
    const turns = before !== 0 && before > 0 !== lots > 0;
    const released = turns && held !== undefined ? isolatedEquity(held) : 0;
    return sum.equity - sum.initial + released >= mulDivAway(Math.abs(turns ? after : lots), referencePx, setting.leverage);
  }
  const others = sum.initial - (held === undefined ? 0 : initialMargin(held));
  return sum.equity - others >= mulDivAway(Math.abs(after), referencePx, setting.leverage);
}
