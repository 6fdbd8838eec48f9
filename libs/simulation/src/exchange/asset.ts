import { must, PERP_PRICE_DECIMALS, PRICE_FIGURES } from '@lockstep/kernel';
import { emptySide } from './book';
import { parseUnits, tenTo, USD_DECIMALS } from './decimals';
import type { Asset, Dex, Position, SpotPair } from './state';
import { TriggerHeap } from './trigger-heap';
import { type AssetSpec, tiersOf } from './universe';

const DEX_ID_BASE = 100_000;
const DEX_ID_STEP = 10_000;
const SPOT_ID_BASE = 10_000;
const SPOT_PRICE_DECIMALS = 8;
const stampOf = (position: Position): number => position.watchStamp;

/** A perp with empty books, marked at its start price. */
export function newAsset(dex: Dex, spec: AssetSpec, index: number): Asset {
  const id = dex.index === 0 ? index : DEX_ID_BASE + dex.index * DEX_ID_STEP + index;
  return emptyAsset(dex, spec, { id, pxDecimals: PERP_PRICE_DECIMALS - spec.szDecimals, pair: null });
}

/** A spot pair with empty books, marked at the value of its base. It has no leverage. */
export function newSpotAsset(main: Dex, pair: SpotPair): Asset {
  const { szDecimals, usdPx } = pair.base.spec;
  must(szDecimals <= USD_DECIMALS, `a lot of ${pair.base.spec.name} is a whole number of the units tokens are counted in`);
  const spec: AssetSpec = { coin: pair.spec.name, szDecimals, maxLeverage: 1, marginTableId: 1, startPx: usdPx };
  return emptyAsset(main, spec, { id: SPOT_ID_BASE + pair.spec.index, pxDecimals: SPOT_PRICE_DECIMALS - szDecimals, pair });
}

function emptyAsset(dex: Dex, spec: AssetSpec, { id, pxDecimals, pair }: Pick<Asset, 'id' | 'pxDecimals' | 'pair'>): Asset {
  const start = parseUnits(spec.startPx, pxDecimals);
  must(start > 0, `start price ${spec.startPx} of ${spec.coin} lies on its price grid`);
  return {
    id,
    dex,
    spec,
    coin: spec.coin,
    pair,
    pxDecimals,
    tiers: tiersOf(dex.spec, spec.marginTableId),
    bids: emptySide(true),
    asks: emptySide(false),
    halted: spec.isDelisted ?? false,
    oraclePx: start,
    markPx: start,
    lastPx: start,
    basisEma: 0,
    premiumSum: 0,
    premiumCount: 0,
    fundingOverride: null,
    openInterestLots: 0,
    openInterestCapUsd: null,
    oracleHistory: [],
    volume: { day: 0, openPx: start, usd: 0, lots: 0 },
    fundingHistory: [],
    markHistory: [{ time: 0, px: start }],
    recentTrades: [],
    bars: { minutes: [], hours: [] },
    holders: new Set(),
    triggers: new Set(),
    falls: new TriggerHeap(stampOf),
    rises: new TriggerHeap(stampOf),
    makersOn: false,
    ladder: null,
    houseOrders: [],
    bookTouched: false,
    topic: null,
  };
}

/** True when a price is whole or has at most five significant figures. Decimals were checked when it was parsed. */
export function isOnTick(asset: Asset, px: number): boolean {
  if (px % tenTo(asset.pxDecimals) === 0) return true;
  let figures = px;
  while (figures % 10 === 0) figures /= 10;
  return figures < tenTo(PRICE_FIGURES);
}

/**
 * The price at which an order with a limit needs margin: its own, but a sell below the mark makes a position that is worth the mark.
 * The venue does not say how it reckons there; anything less would let a low limit open what margin does not carry.
 */
export const marginPx = (asset: Asset, isBuy: boolean, px: number): number => (isBuy ? px : Math.max(px, asset.markPx));

/** A price `percent` hundredths worse than a reference for the side that trades, on the grid and not beyond that. */
export function slippageBound(asset: Asset, isBuy: boolean, reference: number, percent: number): number {
  const away = (reference * percent) / 100;
  return isBuy ? toTick(asset, reference + away, 'down') : toTick(asset, Math.max(1, reference - away), 'up');
}

/** The nearest price on the grid at or beyond `px` in the named direction; at least the smallest step. */
export function toTick(asset: Asset, px: number, direction: 'down' | 'up'): number {
  const whole = tenTo(asset.pxDecimals);
  const digits = Math.floor(px).toString().length;
  const step = Math.max(1, Math.min(whole, tenTo(Math.max(0, digits - PRICE_FIGURES))));
  const rounded = direction === 'down' ? Math.floor(px / step) * step : Math.ceil(px / step) * step;
  return Math.max(1, rounded);
}
