import { mulDivAway, tenTo, USD_DECIMALS } from './decimals';
import type { Order, Token, VenueAccount } from './state';

/** Price × lots of a spot book is 10^-8 of the quote; tokens are counted in 10^-6. */
export const PRODUCT_PER_UNIT = 100;

/** What a spot order spends at most, 10^-6: of the quote when it buys, of the base when it sells. */
export const needOf = ({ asset, isBuy, px, lots }: Pick<Order, 'asset' | 'isBuy' | 'px' | 'lots'>): number =>
  isBuy ? mulDivAway(px, lots, PRODUCT_PER_UNIT) : lots * tenTo(USD_DECIMALS - asset.spec.szDecimals);

/** What the resting spot orders of an account hold of a token, 10^-6. */
export function heldOf(account: VenueAccount, token: Token): number {
  if (account.restingSpot === 0) return 0;
  let held = 0;
  for (const order of account.open.values()) {
    const { pair } = order.asset;
    if (pair !== null && (order.isBuy ? pair.quote : pair.base) === token) held += needOf(order);
  }
  return held;
}
