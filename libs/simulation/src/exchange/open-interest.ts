import { tenTo } from './decimals';
import type { Asset, Dex } from './state';

/*
 * Caps of open interest. The main dex has none until one is set by control. A builder dex has those its limits tell (fact sheet §13; recorded of
 * xyz): one for each coin, one for all coins together, and one for the size of each.
 */

const USD = 1_000_000;
/** Usd: of a coin nobody set another for, and of all coins of the dex. */
export const COIN_CAP_USD = 25_000_000 * USD;
export const DEX_CAP_USD = 400_000_000 * USD;
/** Units of a coin. */
export const COIN_CAP_SIZE = 1_000_000_000;

/** From this open interest on, usd at the mark, positions of a coin may not grow; null for no cap. */
export const coinCapUsd = (asset: Asset): number | null => asset.openInterestCapUsd ?? (asset.dex.index === 0 ? null : COIN_CAP_USD);

/** Open interest of an asset at its mark, usd. */
export const openInterestUsd = (asset: Asset): number => asset.openInterestLots * asset.markPx;

const openInterestOf = ({ assets }: Dex): number => assets.reduce((sum, asset) => sum + openInterestUsd(asset), 0);

/** True while the open interest of a coin, or of its builder dex, has reached a cap. */
export function isAtCap(asset: Asset): boolean {
  const cap = coinCapUsd(asset);
  if (cap === null) return false;
  if (openInterestUsd(asset) >= cap) return true;
  if (asset.dex.index === 0) return false;
  return asset.openInterestLots >= COIN_CAP_SIZE * tenTo(asset.spec.szDecimals) || openInterestOf(asset.dex) >= DEX_CAP_USD;
}
