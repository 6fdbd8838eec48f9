import { formatUsd, mulDivAway, parseUnits, tenTo } from '../decimals';
import { clearingOf, type Exchange, perpOf, touch } from '../exchange';
import { asCount, asFlag, asWhole } from '../json';
import { crossSummary, initialMargin, isIsolatedOnly, isolatedEquity, leverageOf, notionalAtMark, withdrawable } from '../margin';
import type { ExchangeAnswer } from '../port';
import type { Asset, Position, VenueAccount } from '../state';
import { ORDER_TEXTS, REQUEST_TEXTS } from '../texts';
import { done, type Prepare, plain, refused } from './prepared';

/** `updateLeverage`: margin mode and leverage of a coin. The mode can change only while flat; less leverage needs the margin for it. */
export const prepareUpdateLeverage: Prepare = (action) => {
  const assetId = asCount(action.asset);
  const isCross = asFlag(action.isCross);
  const leverage = asCount(action.leverage);
  if (assetId === null || isCross === null || leverage === null) return null;
  return plain((ex, { owner }) => updateLeverage(ex, owner, perpOf(ex, assetId), isCross, leverage));
};

function updateLeverage(ex: Exchange, owner: VenueAccount, asset: Asset | undefined, isCross: boolean, leverage: number): ExchangeAnswer {
  if (asset === undefined) return refused(ORDER_TEXTS.unknownAsset);
  if (leverage < 1 || leverage > asset.spec.maxLeverage) return refused(REQUEST_TEXTS.invalidLeverage);
  if (isCross && isIsolatedOnly(asset)) return refused(REQUEST_TEXTS.noCross);
  const clearing = clearingOf(owner, asset.dex);
  const held = clearing.positions.get(asset);
  if (leverageOf(owner, asset, ex.settings).isCross !== isCross && isBusy(ex, owner, asset)) return refused(REQUEST_TEXTS.switchWithPosition);
  if (held !== undefined) {
    if (held.isIsolated === isCross) return refused(REQUEST_TEXTS.switchWithPosition);
    const refusal = held.isIsolated ? regearIsolated(held, leverage) : regearCross(held, leverage);
    if (refusal !== null) return refused(refusal);
    held.leverage = leverage;
    touch(ex, clearing);
  }
  owner.leverage.set(asset, { isCross, leverage });
  return done;
}

/** The mode is kept while an order waits that would open a position in it. */
const isBusy = (ex: Exchange, owner: VenueAccount, asset: Asset): boolean =>
  ex.settings.ordersLockMode && [...owner.open.values()].some((order) => order.asset === asset && !order.reduceOnly);

function regearCross(held: Position, leverage: number): string | null {
  const sum = crossSummary(held.clearing);
  const after = sum.initial - initialMargin(held) + Math.ceil(notionalAtMark(held) / leverage);
  return leverage < held.leverage && sum.equity < after ? REQUEST_TEXTS.crossShort : null;
}

/** An isolated position must already hold the margin of the lower leverage; `updateIsolatedMargin` adds it. */
function regearIsolated(held: Position, leverage: number): string | null {
  const needed = Math.ceil(notionalAtMark(held) / leverage);
  return leverage < held.leverage && isolatedEquity(held) < needed ? REQUEST_TEXTS.isolatedShort : null;
}

/** `updateIsolatedMargin`: moves usd (10^-6 dollars, sign = add or remove) between the cross cash and an isolated position. */
export const prepareUpdateIsolatedMargin: Prepare = (action) => {
  const assetId = asCount(action.asset);
  const usd = asWhole(action.ntli);
  if (assetId === null || usd === null || asFlag(action.isBuy) === null) return null;
  return plain((ex, { owner }) => {
    const asset = perpOf(ex, assetId);
    const held = asset === undefined ? undefined : clearingOf(owner, asset.dex).positions.get(asset);
    if (held === undefined || !held.isIsolated) return refused(REQUEST_TEXTS.notIsolated);
    const refusal = usd >= 0 ? refuseAdding(held, usd) : refuseRemoving(held, -usd);
    if (refusal !== null) return refused(refusal);
    shiftMargin(ex, held, usd);
    return done;
  });
};

const LEVERAGE_DECIMALS = 6;

/** `topUpIsolatedOnlyMargin`: adds what an isolated position lacks for a leverage (a decimal, also below 1). It never takes margin away. */
export const prepareTopUpIsolatedOnlyMargin: Prepare = (action) => {
  const assetId = asCount(action.asset);
  const leverage = parseUnits(action.leverage, LEVERAGE_DECIMALS);
  if (assetId === null || leverage < 0) return null;
  return plain((ex, { owner }) => {
    const asset = perpOf(ex, assetId);
    const held = asset === undefined ? undefined : clearingOf(owner, asset.dex).positions.get(asset);
    if (leverage === 0) return refused(REQUEST_TEXTS.invalidLeverage);
    if (held === undefined || !held.isIsolated) return refused(REQUEST_TEXTS.notIsolated);
    const lacking = mulDivAway(notionalAtMark(held), tenTo(LEVERAGE_DECIMALS), leverage) - isolatedEquity(held);
    if (lacking <= 0) return refused(REQUEST_TEXTS.invalidLeverage);
    const refusal = refuseAdding(held, lacking);
    if (refusal !== null) return refused(refusal);
    shiftMargin(ex, held, lacking);
    return done;
  });
};

/** Moves usd from the cross cash into an isolated position, or back when negative. */
function shiftMargin(ex: Exchange, held: Position, usd: number): void {
  held.rawUsd += usd;
  held.clearing.cash -= usd;
  touch(ex, held.clearing);
}

const refuseAdding = (held: Position, usd: number): string | null =>
  usd > withdrawable(held.clearing) ? REQUEST_TEXTS.insufficientWithdrawal : null;

function refuseRemoving(held: Position, usd: number): string | null {
  if (held.asset.spec.marginMode === 'strictIsolated') return REQUEST_TEXTS.noMarginRemoval;
  const keep = Math.max(Math.ceil(notionalAtMark(held) / held.leverage), Math.ceil(notionalAtMark(held) / 10));
  return isolatedEquity(held) - usd < keep ? REQUEST_TEXTS.insufficientWithdrawal : null;
}

/** Leverage of a coin as infos print it, with the usd inside an isolated position. */
export function leverageFor(
  ex: Exchange,
  owner: VenueAccount,
  asset: Asset,
): { readonly type: string; readonly value: number; readonly rawUsd?: string } {
  const { isCross, leverage: value } = leverageOf(owner, asset, ex.settings);
  if (isCross) return { type: 'cross', value };
  return { type: 'isolated', value, rawUsd: formatUsd(owner.clearings.get(asset.dex)?.positions.get(asset)?.rawUsd ?? 0) };
}
