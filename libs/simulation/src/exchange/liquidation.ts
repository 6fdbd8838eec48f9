import { settleDebt } from './debt';
import { formatUnits, formatUsd } from './decimals';
import { deleverage } from './deleverage';
import { clearingOf, type Exchange } from './exchange';
import { houseOrder, venueOrder } from './house-order';
import { noteLedger } from './ledger-updates';
import { accountValue, crossPositions, crossSummary, isolatedEquity, maintenanceAtMark, notionalAtMark, poolOf } from './margin';
import { take, trade } from './matching';
import { endByVenue, endOrder, noteStatus } from './order';
import type { Clearing, Fill, Position } from './state';

/** A liquidation order trades no further from the mark than this share of it, in hundredths. */
const BAND_PERCENT = 80;

/** What is liquidated together: one isolated position, or all cross positions of a clearinghouse. */
interface Portfolio {
  readonly clearing: Clearing;
  readonly leverageType: 'Isolated' | 'Cross';
  positions(): Position[];
  equity(): number;
  maintenance(): number;
}

/** What still stands, in a coin that trades: a halt holds liquidations up. */
const isTraded = ({ lots, asset }: Position): boolean => lots !== 0 && !asset.halted;

const crossPortfolio = (clearing: Clearing): Portfolio => ({
  clearing,
  leverageType: 'Cross',
  positions: () => crossPositions(clearing).filter(isTraded),
  equity: () => crossSummary(clearing).equity,
  maintenance: () => crossSummary(clearing).maintenance,
});

const isolatedPortfolio = (position: Position): Portfolio => ({
  clearing: position.clearing,
  leverageType: 'Isolated',
  positions: () => [position].filter(isTraded),
  equity: () => isolatedEquity(position),
  maintenance: () => maintenanceAtMark(position),
});

const isUnderWater = (portfolio: Portfolio): boolean => portfolio.positions().length > 0 && portfolio.equity() < portfolio.maintenance();

/** True below two thirds of maintenance: then the book is not asked any more. */
const isForBackstop = (portfolio: Portfolio): boolean => portfolio.equity() * 3 < portfolio.maintenance() * 2;

/** Liquidates what is under water in one clearinghouse, else sets the prices at which to look again. */
export function inspect(ex: Exchange, clearing: Clearing): void {
  for (const position of [...clearing.positions.values()]) if (position.isIsolated) settleShortfall(ex, isolatedPortfolio(position));
  settleShortfall(ex, crossPortfolio(clearing));
  settleDebt(ex, clearing);
  arm(clearing);
}

function settleShortfall(ex: Exchange, portfolio: Portfolio): void {
  if (!isUnderWater(portfolio)) return;
  const announce = announcement(ex, portfolio);
  const before = openLots(portfolio);
  cancelOrders(ex, portfolio);
  if (!isForBackstop(portfolio)) sellDown(ex, portfolio);
  if (isUnderWater(portfolio) && isForBackstop(portfolio)) takeOver(ex, portfolio);
  if (openLots(portfolio) !== before) announce();
}

const openLots = (portfolio: Portfolio): number => portfolio.positions().reduce((sum, { lots }) => sum + Math.abs(lots), 0);

/** Tells what was liquidated as it stood before; an attempt that met an empty book is not told. */
function announcement(ex: Exchange, portfolio: Portfolio): () => void {
  const { owner } = portfolio.clearing;
  const positions = portfolio.positions();
  const notional = positions.reduce((sum, position) => sum + notionalAtMark(position), 0);
  const accountUsd = accountValue(portfolio.clearing);
  const delta = {
    type: 'liquidation',
    liquidatedNtlPos: formatUsd(notional),
    accountValue: formatUsd(portfolio.equity()),
    leverageType: portfolio.leverageType,
    liquidatedPositions: positions.map(({ asset, lots }) => ({ coin: asset.coin, szi: formatUnits(lots, asset.spec.szDecimals) })),
  };
  return () => {
    noteLedger(ex, owner, delta);
    ex.nextLiquidationId += 1;
    const lid = ex.nextLiquidationId;
    owner.topic?.liquidations.push({ lid, liquidator: ex.house.address, user: owner.address, notional, accountValue: accountUsd });
  };
}

function cancelOrders(ex: Exchange, portfolio: Portfolio): void {
  const { owner } = portfolio.clearing;
  const assets = new Set(portfolio.positions().map((position) => position.asset));
  for (const order of [...owner.open.values()]) if (assets.has(order.asset) && owner.open.has(order.oid)) endByVenue(ex, order, 'liquidatedCanceled');
}

/** Market orders, the position that needs most margin first, until the rest carries itself. What the book does not take stays for the next look. */
function sellDown(ex: Exchange, portfolio: Portfolio): void {
  const worst = portfolio.positions().sort((one, other) => maintenanceAtMark(other) - maintenanceAtMark(one));
  for (const position of worst) if (isUnderWater(portfolio) && !isForBackstop(portfolio)) closeAtMarket(ex, position);
}

function closeAtMarket(ex: Exchange, position: Position): void {
  const { asset } = position;
  const isBuy = position.lots < 0;
  const distance = Math.floor((asset.markPx * BAND_PERCENT) / 100);
  const px = isBuy ? asset.markPx + distance : asset.markPx - distance;
  const closing = venueOrder(ex, position, px, lotsToClose(ex, position));
  take(ex, closing, cause(position, 'market'));
  if (closing.lots === 0) noteStatus(ex, closing, 'filled');
  else endOrder(ex, closing, 'canceled');
}

/** A large position goes in part first. It goes whole when small, in the rest of that block, and with all others of its account while the cool-down after the block runs. */
function lotsToClose(ex: Exchange, position: Position): number {
  const { partialLiquidationUsd, partialLiquidationPercent, liquidationCoolDownMs } = ex.settings;
  const lots = Math.abs(position.lots);
  const { owner } = position.clearing;
  const cools = owner.partLiquidatedAt < ex.time && ex.time < owner.partLiquidatedAt + liquidationCoolDownMs;
  if (cools || position.partLiquidatedAt === ex.time || notionalAtMark(position) <= partialLiquidationUsd) return lots;
  owner.partLiquidatedAt = ex.time;
  position.partLiquidatedAt = ex.time;
  return Math.ceil((lots * partialLiquidationPercent) / 100);
}

/** The backstop takes positions and the margin left with them at the mark; where it may not, other traders' positions are closed against them. */
function takeOver(ex: Exchange, portfolio: Portfolio): void {
  const { clearing } = portfolio;
  const left = portfolio.equity();
  for (const position of portfolio.positions()) {
    if (!ex.settings.backstopTakes) deleverage(ex, position);
    if (position.lots !== 0) handToHouse(ex, portfolio, position);
  }
  if (!ex.settings.backstopTakes) return;
  clearing.cash -= left;
  clearingOf(ex.house, clearing.dex).cash += left;
}

function handToHouse(ex: Exchange, { leverageType }: Portfolio, position: Position): void {
  const { asset } = position;
  const label = `Liquidated ${leverageType} ${position.lots > 0 ? 'Long' : 'Short'}`;
  const taker = venueOrder(ex, position, asset.markPx, Math.abs(position.lots));
  const { lots } = taker;
  const px = asset.markPx;
  trade(ex, { taker, maker: houseOrder(ex, taker), lots, px, notional: px * lots, exactPx: null, liquidation: cause(position, 'backstop'), label });
  noteStatus(ex, taker, 'filled');
}

const cause = (position: Position, method: 'market' | 'backstop'): Fill['liquidation'] => ({
  user: position.clearing.owner.address,
  markPx: position.asset.markPx,
  method,
});

/**
 * Sets, for each position, the mark at which its clearinghouse must be looked at again. Each cross position gets an equal part of the
 * headroom above maintenance; while every mark stays inside its part, the account cannot be under water, so no scan is needed. Without
 * headroom every mark is a reason to look.
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
