import { settleDebt } from './debt';
import { formatUnits, formatUsd } from './decimals';
import type { Exchange } from './exchange';
import { noteLedger } from './ledger-updates';
import { crossPositions, crossSummary, isolatedEquity, maintenanceAtMark, notionalAtMark, poolOf } from './margin';
import { take, trade } from './matching';
import { admitOrder, endByVenue, endOrder, noteStatus, type OrderDraft } from './order';
import type { Clearing, Fill, Order, Position } from './state';

/** A liquidation order trades no further from the mark than this share of it, in hundredths. */
const BAND_PERCENT = 80;

/** Liquidates what is under water in one clearinghouse, else sets the prices at which to look again. */
export function inspect(ex: Exchange, clearing: Clearing): void {
  for (const position of [...clearing.positions.values()])
    if (position.isIsolated && isolatedEquity(position) < maintenanceAtMark(position)) liquidate(ex, clearing, [position], 'Isolated');
  const cross = crossPositions(clearing);
  const sum = crossSummary(clearing);
  if (cross.length > 0 && sum.equity < sum.maintenance) liquidate(ex, clearing, cross, 'Cross');
  settleDebt(ex, clearing);
  arm(clearing);
}

/** Cancels the orders, closes at market, and hands what the book cannot take to the house at the mark. */
function liquidate(ex: Exchange, clearing: Clearing, positions: readonly Position[], leverageType: string): void {
  const { owner } = clearing;
  noteLedger(ex, owner, {
    type: 'liquidation',
    liquidatedNtlPos: formatUsd(positions.reduce((sum, position) => sum + notionalAtMark(position), 0)),
    accountValue: formatUsd(crossSummary(clearing).equity),
    leverageType,
    liquidatedPositions: positions.map(({ asset, lots }) => ({ coin: asset.coin, szi: formatUnits(lots, asset.spec.szDecimals) })),
  });
  const assets = new Set(positions.map((position) => position.asset));
  for (const order of [...owner.open.values()]) if (assets.has(order.asset)) endByVenue(ex, order, 'liquidatedCanceled');
  for (const position of positions) closeAtMarket(ex, position);
}

function closeAtMarket(ex: Exchange, position: Position): void {
  const { asset } = position;
  const isBuy = position.lots < 0;
  const distance = Math.floor((asset.markPx * BAND_PERCENT) / 100);
  const px = isBuy ? asset.markPx + distance : asset.markPx - distance;
  const closing = closingOrder(ex, position, px);
  take(ex, closing, mark(position, 'market'));
  if (closing.lots === 0) {
    noteStatus(ex, closing, 'filled');
    return;
  }
  endOrder(ex, closing, 'canceled');
  if (position.lots !== 0) backstop(ex, position);
}

function backstop(ex: Exchange, position: Position): void {
  const { asset } = position;
  const taker = closingOrder(ex, position, asset.markPx);
  const { lots } = taker;
  const maker = houseOrder(ex, taker);
  const px = asset.markPx;
  trade(ex, { taker, maker, lots, px, notional: px * lots, exactPx: null, liquidation: mark(position, 'backstop') });
  noteStatus(ex, taker, 'filled');
}

const mark = (position: Position, method: 'market' | 'backstop'): Fill['liquidation'] => ({
  user: position.clearing.owner.address,
  markPx: position.asset.markPx,
  method,
});

function closingOrder(ex: Exchange, position: Position, px: number): Order {
  const { asset, clearing } = position;
  const isBuy = position.lots < 0;
  const lots = Math.abs(position.lots);
  return admitOrder(ex, { ...BARE, owner: clearing.owner, asset, isBuy, px, lots, tif: 'LiquidationMarket', reduceOnly: true });
}

/** The house's side of a trade that no book makes. */
export function houseOrder(ex: Exchange, taker: Order): Order {
  const { asset, px, lots, isBuy } = taker;
  return admitOrder(ex, { ...BARE, owner: ex.house, asset, isBuy: !isBuy, px, lots, tif: 'Gtc', reduceOnly: false });
}

const BARE: Pick<OrderDraft, 'cloid' | 'builder' | 'trigger'> = { cloid: null, builder: null, trigger: null };

/**
 * Sets, for each position, the mark at which its clearinghouse must be looked at again. Each cross position gets an equal part of the
 * headroom above maintenance; while every mark stays inside its part, the account cannot be under water, so no scan is needed.
 */
function arm(clearing: Clearing): void {
  const cross = crossPositions(clearing);
  const sum = crossSummary(clearing);
  const part = cross.length === 0 ? 0 : (sum.equity - sum.maintenance) / cross.length;
  for (const position of poolOf(clearing).flatMap((each) => [...each.positions.values()]))
    watch(position, position.isIsolated ? isolatedEquity(position) - maintenanceAtMark(position) : part);
}

function watch(position: Position, headroom: number): void {
  const { asset, lots } = position;
  position.watchStamp += 1;
  const steepest = asset.tiers.reduce((worst, { maxLeverage }) => Math.max(worst, 1 / (2 * maxLeverage)), 0);
  const distance = Math.max(0, Math.floor(headroom / (Math.abs(lots) * (1 + steepest))));
  if (lots > 0) asset.falls.push(-(asset.markPx - distance), position, asset.holders.size);
  else asset.rises.push(asset.markPx + distance, position, asset.holders.size);
}

/** Looks at every clearinghouse the block changed; liquidations may change more, which are looked at in turn. */
export function settleTouched(ex: Exchange): void {
  for (let next = 0; next < ex.touched.length; next += 1) {
    const clearing = ex.touched[next];
    if (clearing === undefined) continue;
    clearing.touched = false;
    inspect(ex, clearing);
  }
  ex.touched.length = 0;
}
