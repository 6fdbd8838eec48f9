import { noteBar } from './bars';
import { bestLevel, doubleMid, impactPrice } from './book';
import { RATE_DECIMALS, tenTo } from './decimals';
import type { Exchange } from './exchange';
import { touch } from './exchange';
import type { Asset } from './state';
import { fireTriggers } from './triggers';

/** Smoothing of mid − oracle in the mark price. */
const BASIS_WINDOW_MS = 150_000;
const IMPACT_USD_LARGE = 20_000 * 1_000_000;
const IMPACT_USD = 6_000 * 1_000_000;
/** A day and a half of a mark that changes every three seconds. */
const MARKS_KEPT = 50_000;

const median = (a: number, b: number, c: number): number => Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));

/**
 * One step of the mark of an asset, `elapsedMs` after the last: the mark is the median of oracle + smoothed basis, of the
 * median of best bid, best ask and last trade, and of the oracle (which stands in for other exchanges' mids).
 */
export function stepMark(ex: Exchange, asset: Asset, elapsedMs: number): void {
  if (asset.halted) return;
  rememberOracle(asset, ex.time);
  const twice = doubleMid(asset.bids, asset.asks);
  const bid = bestLevel(asset.bids)?.px;
  const ask = bestLevel(asset.asks)?.px;
  if (twice === null || bid === undefined || ask === undefined) {
    setMark(ex, asset, bounded(asset, asset.oraclePx));
    return;
  }
  const basis = twice / 2 - asset.oraclePx;
  asset.basisEma += ((basis - asset.basisEma) * Math.min(elapsedMs, BASIS_WINDOW_MS)) / BASIS_WINDOW_MS;
  setMark(
    ex,
    asset,
    bounded(asset, Math.max(1, Math.round(median(asset.oraclePx + asset.basisEma, median(bid, ask, asset.lastPx), asset.oraclePx)))),
  );
}

const STEP_PERCENT = 1;

/** The mark of a builder dex moves by a hundredth at most in one update, or by the smallest step of its price, whatever its deployer's oracle says. */
function bounded({ dex, markPx }: Asset, px: number): number {
  if (dex.index === 0) return px;
  const low = Math.floor((markPx * (100 - STEP_PERCENT)) / 100);
  const high = Math.ceil((markPx * (100 + STEP_PERCENT)) / 100);
  return Math.max(low, Math.min(high, px));
}

/** Sets the mark, wakes the accounts it endangers and fires the triggers it meets. */
export function setMark(ex: Exchange, asset: Asset, px: number): void {
  noteBar(asset, ex.time, px, 0);
  if (px !== asset.markPx) rememberMark(asset, ex.time, px);
  asset.markPx = px;
  for (const position of asset.falls.popThrough(-px)) touch(ex, position.clearing);
  for (const position of asset.rises.popThrough(px)) touch(ex, position.clearing);
  fireTriggers(ex, asset);
}

function rememberMark({ markHistory }: Asset, time: number, px: number): void {
  markHistory.push({ time, px });
  if (markHistory.length > 2 * MARKS_KEPT) markHistory.splice(0, MARKS_KEPT);
}

const ORACLE_WINDOW_MS = 3_600_000;

/** Keeps the oracle prices of the last hour, and the one before it that reached into it. */
function rememberOracle({ oracleHistory, oraclePx }: Asset, time: number): void {
  if (oracleHistory[oracleHistory.length - 1]?.px !== oraclePx) oracleHistory.push({ time, px: oraclePx });
  while ((oracleHistory[1]?.time ?? time) < time - ORACLE_WINDOW_MS) oracleHistory.shift();
}

/** The time-weighted average of the oracle over the last hour, to the nearest price unit. */
export function oracleAverage({ oracleHistory, oraclePx }: Asset, time: number): number {
  const begin = Math.max(time - ORACLE_WINDOW_MS, oracleHistory[0]?.time ?? time);
  let sum = 0;
  oracleHistory.forEach(({ time: from, px }, index) => {
    const until = oracleHistory[index + 1]?.time ?? time;
    sum += px * Math.max(0, until - Math.max(from, begin));
  });
  return time > begin ? Math.round(sum / (time - begin)) : oraclePx;
}

const impactUsd = (asset: Asset): number => (asset.coin === 'BTC' || asset.coin === 'ETH' ? IMPACT_USD_LARGE : IMPACT_USD);

/** What trading the impact notional at once would cost on either side, in whole price units as contexts print it; null while the book cannot tell. */
export function impactPrices(asset: Asset): { readonly bid: number; readonly ask: number } | null {
  const bid = impactPrice(asset.bids, impactUsd(asset));
  const ask = impactPrice(asset.asks, impactUsd(asset));
  return bid === null || ask === null ? null : { bid: Math.round(bid), ask: Math.round(ask) };
}

/** How far the printed impact prices stand off the oracle, as a rate of 10^-10; null while the book cannot tell. */
export function premium(asset: Asset): number | null {
  const impact = impactPrices(asset);
  if (impact === null) return null;
  return (asset.dex.index === 0 ? premiumOf : midPremiumOf)(impact.bid, impact.ask, asset.oraclePx);
}

/** The premium of the main dex over the oracle, 10^-10: what the impact bid stands above it less what the impact ask stands below it, over the oracle. */
export function premiumOf(impactBid: number, impactAsk: number, oraclePx: number): number {
  const off = Math.max(0, impactBid - oraclePx) - Math.max(0, oraclePx - impactAsk);
  return Math.round((off / oraclePx) * tenTo(RATE_DECIMALS));
}

/** The premium of a builder dex, 10^-10: the middle of the impact prices over the oracle, less one. Every recorded context of one says so; the main dex reckoned like this in 2023. */
export const midPremiumOf = (impactBid: number, impactAsk: number, oraclePx: number): number =>
  Math.round(((impactBid + impactAsk - 2 * oraclePx) / (2 * oraclePx)) * tenTo(RATE_DECIMALS));

/** Takes one sample of the premium behind the next funding rate. */
export function samplePremium(asset: Asset): void {
  if (asset.halted) return;
  const sample = premium(asset);
  if (sample === null) return;
  asset.premiumSum += sample;
  asset.premiumCount += 1;
}
