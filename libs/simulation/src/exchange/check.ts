import { isOnTick, marginPx } from './asset';
import { formatUsd } from './decimals';
import { clearingOf, type Exchange } from './exchange';
import { canCarry, leverageOf, tierLeverage } from './margin';
import { positionLots } from './matching';
import { coinCapUsd, isAtCap } from './open-interest';
import type { OrderDraft } from './order';
import { canPay, notionalOf } from './spot';
import type { Asset, Tif } from './state';
import { minimumOf, REJECTIONS, tooLarge } from './texts';

export type Rejection = keyof typeof REJECTIONS;

/** True when a price stands further from a reference than a share of it, in hundredths; 100 or more never is. */
export const isTooFar = (px: number, reference: number, percent: number): boolean =>
  percent < 100 && Math.abs(px - reference) * 100 > reference * percent;

const LIMIT_TIMES_MARKET = 10;

/** The notional cap of market orders in a coin, usd. */
export function marketOrderCap(ex: Exchange, asset: Asset): number {
  for (const { leverage, usd } of ex.settings.marketOrderCaps) if (asset.spec.maxLeverage >= leverage) return usd;
  return Number.MAX_SAFE_INTEGER;
}

/** The text for an order above its notional cap. An order that trades at once or never is a market order to the venue; what may wait has ten times the cap. Spot has none. */
export function textAboveCap(ex: Exchange, asset: Asset, tif: Tif | null, notional: number): string | null {
  if (asset.pair !== null) return null;
  const isMarket = tif === 'FrontendMarket' || (tif === 'Ioc' && ex.settings.capsImmediateOrders);
  const cap = marketOrderCap(ex, asset) * (isMarket ? 1 : LIMIT_TIMES_MARKET);
  return notional > cap ? tooLarge(isMarket ? 'market' : 'limit', formatUsd(cap).replace(/\.0$/, '')) : null;
}

/**
 * The venue's checks in its order: open orders, tick, distance to the oracle, minimum, margin, margin tier, open interest, reduce-only.
 * The post-only period is a matter of the whole request. The minimum of a reduce-only order depends on what it closes and comes last.
 */
export function checkOrder(ex: Exchange, draft: OrderDraft): Rejection | null {
  if (draft.asset.pair !== null) return checkSpotOrder(ex, draft);
  const { asset, px, reduceOnly } = draft;
  if (tooManyOpen(ex, draft)) return 'tooManyOpenOrdersRejected';
  if (draft.isTooFine === true || !isOnTick(asset, px)) return 'tickRejected';
  if (isTooFar(px, asset.oraclePx, ex.settings.oracleBandPercent)) return 'oracleRejected';
  if (!reduceOnly && px * draft.lots < ex.settings.minNotionalUsd) return 'minTradeNtlRejected';
  return checkMargin(ex, draft) ?? checkOpenInterest(ex, draft) ?? (reduceOnly ? checkReduceOnly(ex, draft) : null);
}

/** The same of a spot order: what it spends must lie there. Nothing can be reduced. */
function checkSpotOrder(ex: Exchange, draft: OrderDraft): Rejection | null {
  const { asset, px, lots, reduceOnly } = draft;
  if (tooManyOpen(ex, draft)) return 'tooManyOpenOrdersRejected';
  if (draft.isTooFine === true || !isOnTick(asset, px)) return 'tickRejected';
  if (reduceOnly) return 'reduceOnlyRejected';
  if (notionalOf(asset, px, lots) < ex.settings.minNotionalUsd) return 'minTradeNtlRejected';
  return canPay(draft) ? null : 'insufficientSpotBalanceRejected';
}

/** The text of a refusal. */
export const textOf = (rejection: Rejection, { pair }: Asset): string =>
  pair !== null && rejection === 'minTradeNtlRejected' ? minimumOf(pair.quote.spec.name) : REJECTIONS[rejection];

function tooManyOpen(ex: Exchange, draft: OrderDraft): boolean {
  const { open, volume } = draft.owner;
  const { openOrdersBase, openOrdersMost } = ex.settings;
  if (open.size < openOrdersBase) return false;
  const cap = Math.min(openOrdersMost, openOrdersBase + Math.floor(volume / USD_PER_OPEN_ORDER));
  return open.size >= cap || draft.reduceOnly || draft.trigger !== null;
}
const USD_PER_OPEN_ORDER = 5_000_000 * 1_000_000;

/** A reduce-only order must shrink the position without crossing zero; only one that closes all of it may be below the minimum. */
function checkReduceOnly(ex: Exchange, draft: OrderDraft): Rejection | null {
  const held = positionLots(draft.owner, draft.asset);
  if (held === 0 || held > 0 === draft.isBuy || draft.lots > Math.abs(held)) return 'reduceOnlyRejected';
  return checkPartMinimum(ex, draft, Math.abs(held));
}

/** An order that only closes a part of `whole` lots is worth the minimum like any other. */
const checkPartMinimum = (ex: Exchange, draft: OrderDraft, whole: number): Rejection | null =>
  draft.lots < whole && draft.px * draft.lots < ex.settings.minNotionalUsd ? 'minTradeNtlRejected' : null;

/** Initial margin at the mark for orders that trade at once or never, else at the order's own price, of sells not below the mark; then the margin tier. */
export function checkMargin(ex: Exchange, draft: OrderDraft): Rejection | null {
  const { owner, asset, px } = draft;
  if (owner.isHouse) return null;
  const setting = leverageOf(owner, asset, ex.settings);
  const signed = draft.isBuy ? draft.lots : -draft.lots;
  const reference = draft.tif === 'Ioc' || draft.tif === 'FrontendMarket' ? asset.markPx : marginPx(asset, draft.isBuy, px);
  if (!canCarry(clearingOf(owner, asset.dex), asset, signed, reference, setting)) return 'perpMarginRejected';
  const held = positionLots(owner, asset);
  const after = Math.abs(held + signed);
  return after > Math.abs(held) && tierLeverage(asset, after * reference) < setting.leverage ? 'perpMaxPositionRejected' : null;
}

/**
 * At the cap nothing may grow or turn a position at once, and nothing may wait for that at a price beyond the oracle; below it, one
 * order may not add more than the step.
 */
export function checkOpenInterest(ex: Exchange, draft: OrderDraft): Rejection | null {
  const { asset, isBuy, lots, px } = draft;
  const step = ex.settings.openInterestStepUsd;
  if (coinCapUsd(asset) === null && step === null) return null;
  const held = positionLots(draft.owner, asset);
  const opposes = held !== 0 && held > 0 !== isBuy;
  if (opposes && lots <= Math.abs(held)) return null;
  if (isAtCap(asset)) {
    const waits = draft.tif === 'Alo' || draft.tif === 'Gtc';
    if (waits) return isBeyond(isBuy, px, asset.oraclePx) ? 'tooAggressiveAtOpenInterestCapRejected' : null;
    return opposes ? 'positionFlipAtOpenInterestCapRejected' : 'positionIncreaseAtOpenInterestCapRejected';
  }
  const added = (opposes ? lots - Math.abs(held) : lots) * asset.markPx;
  return step !== null && added > step ? 'openInterestIncreaseRejected' : null;
}

/** A buy above, or a sell below a price. */
export const isBeyond = (isBuy: boolean, px: number, reference: number): boolean => (isBuy ? px > reference : px < reference);

/** The checks of an order that waits for a trigger price: it needs no margin before it fires. */
export function checkTrigger(ex: Exchange, draft: OrderDraft): Rejection | null {
  const { trigger, asset } = draft;
  if (tooManyOpen(ex, draft)) return 'tooManyOpenOrdersRejected';
  if (!isTriggerOnTick(draft)) return 'tickRejected';
  if (trigger === null || isPast(draft, asset.markPx)) return 'badTriggerPxRejected';
  if (!draft.reduceOnly) return draft.px * draft.lots < ex.settings.minNotionalUsd ? 'minTradeNtlRejected' : null;
  const held = positionLots(draft.owner, asset);
  if (held === 0 || held > 0 === draft.isBuy) return 'reduceOnlyRejected';
  return trigger.isPositionTpsl ? null : checkPartMinimum(ex, draft, Math.abs(held));
}

/** What a take-profit or stop-loss is to close when its position is still to come: the price its parent may open it at, and how much. */
export interface Entry {
  readonly px: number;
  readonly lots: number;
}

/** The checks of a take-profit or stop-loss whose position is still to come. */
export function checkChild(ex: Exchange, draft: OrderDraft, entry: Entry): Rejection | null {
  if (tooManyOpen(ex, draft)) return 'tooManyOpenOrdersRejected';
  if (!isTriggerOnTick(draft)) return 'tickRejected';
  return isPast(draft, entry.px) ? 'badTriggerPxRejected' : checkPartMinimum(ex, draft, entry.lots);
}

const isTriggerOnTick = ({ px, trigger, asset, isTooFine }: OrderDraft): boolean =>
  isTooFine !== true && isOnTick(asset, px) && trigger !== null && isOnTick(asset, trigger.px);

/** True when a price already meets a trigger: it would fire at once. */
const isPast = ({ trigger }: OrderDraft, px: number): boolean => trigger !== null && (trigger.above ? trigger.px <= px : trigger.px >= px);
