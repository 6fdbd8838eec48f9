import { isBeyond } from './check';
import type { Exchange } from './exchange';
import { houseOrder, venueOrder } from './house-order';
import { clearHouse, placeLadder } from './ladder';
import { oracleAverage, setMark } from './marks';
import { reducible, trade } from './matching';
import { isAtCap } from './open-interest';
import { endByVenue, noteStatus } from './order';
import type { Asset, BookSide, Order, Position } from './state';
import { endTwap } from './twap';

/* How trading in an asset stops and goes on. */

/**
 * Halts an asset. On a builder dex this is its deployer's `haltTrading`: every order is cancelled and every position settled at the
 * mark. On the main dex orders are only refused until trading resumes.
 */
export function haltTrading(ex: Exchange, asset: Asset): void {
  if (asset.halted) return;
  if (asset.dex.index > 0) settleAll(ex, asset, asset.markPx);
  asset.halted = true;
}

/** Takes orders again, with the makers' book as it stood. A delisted asset stays halted. */
export function resumeTrading(ex: Exchange, asset: Asset): void {
  if (asset.spec.isDelisted === true) return;
  asset.halted = false;
  placeLadder(ex, asset);
}

/** Ends an asset for good: orders are cancelled, positions settled at the oracle's average over the last hour; its slot stays. */
export function delist(ex: Exchange, asset: Asset): void {
  if (asset.spec.isDelisted === true) return;
  const px = oracleAverage(asset, ex.time);
  setMark(ex, asset, px);
  settleAll(ex, asset, px);
  asset.halted = true;
  asset.spec = { ...asset.spec, isDelisted: true };
}

function settleAll(ex: Exchange, asset: Asset, px: number): void {
  for (const twap of [...ex.twaps]) if (twap.asset === asset) endTwap(ex, twap, 'terminated');
  clearHouse(asset);
  for (const order of openIn(asset)) if (order.owner.open.has(order.oid)) endByVenue(ex, order, 'delistedCanceled');
  for (const position of [...asset.holders]) if (!position.clearing.owner.isHouse && position.lots !== 0) settle(ex, position, px);
}

/** Every order that rests or waits for its trigger; children end with their parents. */
function openIn(asset: Asset): Order[] {
  return [...resting(asset.bids), ...resting(asset.asks), ...asset.triggers];
}

function resting({ levels }: BookSide): Order[] {
  const orders: Order[] = [];
  for (const level of levels.values()) for (let order = level.head; order !== null; order = order.next) orders.push(order);
  return orders;
}

function settle(ex: Exchange, position: Position, px: number): void {
  const taker = venueOrder(ex, position, px, Math.abs(position.lots));
  const { lots } = taker;
  trade(ex, { taker, maker: houseOrder(ex, taker), lots, px, notional: px * lots, exactPx: null, liquidation: null, label: 'Settlement' });
  noteStatus(ex, taker, 'filled');
}

/** While open interest stands at its cap, nothing may wait beyond the oracle to raise it further. */
export function enforceOpenInterestCap(ex: Exchange, asset: Asset): void {
  if (!isAtCap(asset)) return;
  for (const side of [asset.bids, asset.asks])
    for (const order of resting(side))
      if (!order.owner.isHouse && order.lots > reducible(order) && isBeyond(order.isBuy, order.px, asset.oraclePx))
        endByVenue(ex, order, 'openInterestCapCanceled');
}
