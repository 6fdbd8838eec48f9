import { toTick } from './asset';
import { unrestOrder } from './book';
import type { Exchange } from './exchange';
import { setMark } from './marks';
import { admitOrder } from './order';
import { execute } from './place';
import { PRODUCT_PER_UNIT } from './spot-holds';
import type { Asset, Ladder, LadderLevel } from './state';

const MILLION = 1_000_000;

/** Replaces everything the house has in a book by a ladder, in one step. Levels that cross resting orders trade with them. */
export function placeLadder(ex: Exchange, asset: Asset): void {
  clearHouse(asset);
  const { ladder } = asset;
  if (ladder === null || !asset.makersOn || asset.halted) return;
  for (const level of ladder.bids) placeLevel(ex, asset, true, level);
  for (const level of ladder.asks) placeLevel(ex, asset, false, level);
}

/** Takes everything the house has out of a book. */
export function clearHouse(asset: Asset): void {
  for (const order of asset.houseOrders) unrestOrder(order);
  asset.houseOrders.length = 0;
  asset.bookTouched = true;
}

function placeLevel(ex: Exchange, asset: Asset, isBuy: boolean, { px, lots }: LadderLevel): void {
  const owner = ex.house;
  execute(ex, admitOrder(ex, { owner, asset, isBuy, px, lots, tif: 'Gtc', reduceOnly: false, cloid: null, builder: null, trigger: null }));
}

/** Puts the ladder back when takers have eaten into it. */
export function refreshLadder(ex: Exchange, asset: Asset): void {
  const { ladder } = asset;
  if (ladder === null || !asset.makersOn) return;
  const wanted = sumLots(ladder.bids) + sumLots(ladder.asks);
  const resting = asset.houseOrders.reduce((sum, order) => sum + (order.level === null ? 0 : order.lots), 0);
  if (resting !== wanted) placeLadder(ex, asset);
}

const sumLots = (levels: readonly LadderLevel[]): number => levels.reduce((sum, level) => sum + level.lots, 0);

/** The built-in makers' ladder: equal dollars on evenly spaced levels around a price. */
export function evenLadder(ex: Exchange, asset: Asset, px: number): Ladder {
  const { makerLevels, makerLevelUsd, makerStepPpm } = ex.settings;
  const perDollar = asset.pair === null ? MILLION : MILLION * PRODUCT_PER_UNIT;
  const lots = Math.max(1, Math.ceil((makerLevelUsd * perDollar) / px));
  const bids: LadderLevel[] = [];
  const asks: LadderLevel[] = [];
  let below = px;
  let above = px;
  for (let rank = 0; rank < makerLevels; rank += 1) {
    const away = (px * makerStepPpm * (rank + 0.5)) / MILLION;
    const under = Math.min(toTick(asset, Math.max(1, px - away), 'down'), toTick(asset, Math.max(1, below - 1), 'down'));
    if (under < below) bids.push({ px: under, lots });
    below = under;
    above = Math.max(toTick(asset, px + away, 'up'), toTick(asset, above + 1, 'up'));
    asks.push({ px: above, lots });
  }
  return { bids, asks };
}

/** Moves oracle, mark and the makers' ladder of an asset to a price. The ladder moves first, so that liquidations meet the new book. */
export function movePrice(ex: Exchange, asset: Asset, px: number): void {
  asset.oraclePx = px;
  asset.basisEma = 0;
  asset.lastPx = px;
  if (asset.makersOn) {
    asset.ladder = evenLadder(ex, asset, px);
    placeLadder(ex, asset);
  }
  setMark(ex, asset, px);
}

/** Starts or stops the makers of an asset; starting again quotes around the oracle. */
export function setMakers(ex: Exchange, asset: Asset, on: boolean): void {
  asset.makersOn = on;
  if (on) asset.ladder ??= evenLadder(ex, asset, asset.oraclePx);
  placeLadder(ex, asset);
}
