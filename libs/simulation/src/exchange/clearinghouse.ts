import { formatUnits, formatUsd } from './decimals';
import { entryUnits } from './entry';
import type { Exchange } from './exchange';
import type { JsonObject } from './json';
import { liquidationPrice } from './liquidation-price';
import {
  crossSummary,
  initialMargin,
  isolatedEquity,
  isUnified,
  maintenanceAtMark,
  marginUsed,
  notionalAtMark,
  ownSummary,
  ownValue,
  unrealizedPnl,
  withdrawable,
} from './margin';
import type { Asset, Clearing, Dex, Position, VenueAccount } from './state';
import { sz } from './wire';

const ROE_DECIMALS = 10;

/**
 * `clearinghouseState` of an account on a dex; an account nobody knows has an empty one. Of a unified account the positions are right,
 * and the totals are those of the clearinghouse without the balance that carries it: its equity stands in the spot state.
 */
export function clearinghouseJson(ex: Exchange, account: VenueAccount | undefined, dex: Dex): JsonObject {
  const clearing = account?.clearings.get(dex);
  if (clearing === undefined) return emptyState(ex);
  const sum = ownSummary(clearing);
  const positions = [...clearing.positions.values()];
  const isolated = positions.filter((position) => position.isIsolated);
  const cross = { value: sum.equity, notional: sum.notional, raw: clearing.cash, margin: sum.initial };
  const whole = {
    value: ownValue(clearing),
    notional: sum.notional + total(isolated, notionalAtMark),
    raw: clearing.cash + total(isolated, (position) => position.rawUsd),
    margin: sum.initial + total(isolated, marginUsed),
  };
  return {
    marginSummary: summaryJson(whole),
    crossMarginSummary: summaryJson(cross),
    crossMaintenanceMarginUsed: formatUsd(sum.maintenance),
    withdrawable: formatUsd(isUnified(clearing.owner) ? 0 : withdrawable(clearing)),
    assetPositions: positions.map((position) => ({ type: 'oneWay', position: positionJson(clearing, position) })),
    time: ex.time,
  };
}

const total = (positions: readonly Position[], of: (position: Position) => number): number =>
  positions.reduce((sum, position) => sum + of(position), 0);

interface Summary {
  readonly value: number;
  readonly notional: number;
  readonly raw: number;
  readonly margin: number;
}

const summaryJson = ({ value, notional, raw, margin }: Summary): JsonObject => ({
  accountValue: formatUsd(value),
  totalNtlPos: formatUsd(notional),
  totalRawUsd: formatUsd(raw),
  totalMarginUsed: formatUsd(margin),
});

function emptyState(ex: Exchange): JsonObject {
  const nothing = summaryJson({ value: 0, notional: 0, raw: 0, margin: 0 });
  return {
    marginSummary: nothing,
    crossMarginSummary: nothing,
    crossMaintenanceMarginUsed: '0.0',
    withdrawable: '0.0',
    assetPositions: [],
    time: ex.time,
  };
}

function positionJson(clearing: Clearing, position: Position): JsonObject {
  const { asset, lots, leverage } = position;
  const unrealized = unrealizedPnl(position);
  const opened = (Math.abs(lots) * entryUnits(position)) / leverage;
  return {
    coin: asset.coin,
    szi: sz(asset, lots),
    leverage: position.isIsolated ? { type: 'isolated', value: leverage, rawUsd: formatUsd(position.rawUsd) } : { type: 'cross', value: leverage },
    entryPx: entryPx(asset, position),
    positionValue: formatUsd(notionalAtMark(position)),
    unrealizedPnl: formatUsd(unrealized),
    returnOnEquity: opened === 0 ? '0.0' : formatUnits(Math.round((unrealized / opened) * 10 ** ROE_DECIMALS), ROE_DECIMALS),
    liquidationPx: liquidationPx(clearing, position),
    marginUsed: formatUsd(marginUsed(position)),
    maxLeverage: asset.spec.maxLeverage,
    cumFunding: {
      allTime: formatUsd(clearing.fundingPaid.get(asset) ?? 0),
      sinceOpen: formatUsd(position.fundingSinceOpen),
      sinceChange: formatUsd(position.fundingSinceChange),
    },
  };
}

/** Average entry, cut down to the decimals of the coin's price. */
export const entryPx = (asset: Asset, position: Position): string => formatUnits(entryUnits(position), asset.pxDecimals);

function liquidationPx(clearing: Clearing, position: Position): string | null {
  const { asset, lots, isIsolated } = position;
  const sum = crossSummary(clearing);
  const equity = isIsolated ? isolatedEquity(position) : sum.equity;
  const otherMaintenance = isIsolated ? 0 : sum.maintenance - maintenanceAtMark(position);
  const units = liquidationPrice({ lots, markPx: asset.markPx, tiers: asset.tiers, equity, otherMaintenance });
  if (units === null) return null;
  const fine = Math.round((units / 10 ** asset.pxDecimals) * 10 ** ROE_DECIMALS);
  return Number.isSafeInteger(fine) ? formatUnits(fine, ROE_DECIMALS) : formatUnits(Math.round(units), asset.pxDecimals);
}

/** Largest order sizes and usd for a side, as `activeAssetData` gives them: what turns a position also closes it, and frees its margin. */
export function tradable(clearing: Clearing, asset: Asset, leverage: number, isBuy: boolean): { readonly lots: number; readonly usd: number } {
  const sum = crossSummary(clearing);
  const held = clearing.positions.get(asset);
  const turned = held !== undefined && held.lots > 0 !== isBuy ? Math.trunc(marginUsed(held)) + initialMargin(held) : 0;
  const usd = Math.max(0, Math.floor(sum.equity - sum.initial) + turned);
  return { usd, lots: Math.floor((usd * leverage) / asset.markPx) };
}
