import { mulDiv, tenTo, USD_DECIMALS } from './decimals';
import { isUnified, pooledSpare, pooledSummary } from './margin';
import { heldOf, needOf, PRODUCT_PER_UNIT } from './spot-holds';
import type { Asset, Order, Token, VenueAccount } from './state';

/*
 * Spot books trade a base token for a quote token; nothing is margined. Prices have 8 − szDecimals decimals (fact sheet §4), so price × lots
 * is 10^-8 of the quote and cut down to the 10^-6 that every token is counted in; sizes are whole lots of the base and exact.
 */

/** What lots cost at a price: usd of the dex's collateral, or 10^-6 of a pair's quote token, cut down. */
export const notionalOf = (asset: Asset, px: number, lots: number): number => (asset.pair === null ? px * lots : mulDiv(px, lots, PRODUCT_PER_UNIT));

/** Lots of a base token as 10^-6 of it. */
export const baseUnits = ({ spec }: Pick<Asset, 'spec'>, lots: number): number => lots * tenTo(USD_DECIMALS - spec.szDecimals);

/** What one side of a spot trade receives, 10^-6: its fee is taken from it. */
export interface Received {
  readonly token: Token;
  readonly amount: number;
}

/** A buyer of a pair receives the base, a seller the quote; a perp trade pays in its dex's collateral. */
export function receivedOf(asset: Asset, isBuy: boolean, lots: number, notional: number): Received {
  const { pair, dex } = asset;
  if (pair === null) return { token: dex.collateral, amount: notional };
  return isBuy ? { token: pair.base, amount: baseUnits(asset, lots) } : { token: pair.quote, amount: notional };
}

/** What an account may spend of a token: its balance less what its resting orders hold; of a unified account what its positions leave. */
export const spendable = (account: VenueAccount, token: Token): number =>
  isUnified(account) ? pooledSpare(account, token) : Math.max(0, (account.spot.get(token) ?? 0) - heldOf(account, token));

/** True when an account can pay for an order that does not rest yet. */
export function canPay(order: Pick<Order, 'owner' | 'asset' | 'isBuy' | 'px' | 'lots'>): boolean {
  const { pair } = order.asset;
  return pair === null || order.owner.isHouse || spendable(order.owner, order.isBuy ? pair.quote : pair.base) >= needOf(order);
}

/** True while what a resting order holds is still there: losses of a unified account's positions may have eaten into it. */
export function isCovered({ owner, asset, isBuy }: Order): boolean {
  const { pair } = asset;
  if (pair === null || owner.isHouse || !isUnified(owner)) return true;
  const { equity, initial } = pooledSummary(owner, isBuy ? pair.quote : pair.base);
  return equity >= initial;
}

/** The stable pairs: both tokens are quote tokens of the venue. */
export const isStablePair = ({ pair }: Asset): boolean => pair !== null && pair.base.spec.isQuote === true && pair.quote.spec.isQuote === true;
