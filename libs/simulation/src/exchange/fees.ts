import type { VenueSettings } from './config';
import { mulDiv } from './decimals';
import type { Asset, BuilderFee } from './state';

const MILLION = 1_000_000;
const GROWTH_DIVISOR = 10;

/** Scale of a builder dex: 2·s from s = 1 on, else 1 + s; the main dex pays its plain rate. In thousandths. */
export function feeScaleMilli(asset: Asset): number {
  if (asset.dex.index === 0) return 1_000;
  const scale = asset.dex.spec.deployerFeeScaleMilli;
  return scale < 1_000 ? 1_000 + scale : 2 * scale;
}

/** The rate of one side of a trade, in billionths of the notional. */
export function ratePpb(settings: VenueSettings, asset: Asset, crossed: boolean): number {
  const ppm = crossed ? settings.takerPpm : settings.makerPpm;
  const scaled = ppm * feeScaleMilli(asset);
  return asset.spec.growthMode === true ? scaled / GROWTH_DIVISOR : scaled;
}

/** The venue's fee on a notional, rounded towards zero: usd. */
export const tradingFee = (settings: VenueSettings, asset: Asset, crossed: boolean, notional: number): number =>
  mulDiv(notional, ratePpb(settings, asset, crossed), 1_000 * MILLION);

/** The builder's part on a notional, rounded towards zero: usd. It comes on top of the venue's fee. */
export const builderFee = (builder: BuilderFee | null, notional: number): number => (builder === null ? 0 : mulDiv(notional, builder.ppm, MILLION));
