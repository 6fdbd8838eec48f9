import type { Hall } from '../halls';
import { type ProviderAnswer, refusal } from './errors';
import type { Vertical } from './provider-path';
import { kept, type Read } from './upstream';
import * as shapes from './upstream-shapes';

/** A market of the exchange in the Provider API's words. */
export interface Market {
  readonly symbol: string;
  /** The dex of an RWA; empty for perps. */
  readonly dex: string;
  readonly coin: string;
  /** The exchange's number in signed actions. */
  readonly assetIndex: number;
  readonly szDecimals: number;
  readonly maxLeverage: number;
  readonly onlyIsolated: boolean;
  readonly delisted: boolean;
  readonly collateral: string;
  readonly markPrice: string;
  readonly oraclePrice: string;
  readonly midPrice: string | null;
  readonly fundingRate: string;
  readonly openInterest: string;
  readonly volume24h: string;
  readonly previousDayPrice: string;
}

const FIRST_BUILDER_ASSET = 100_000;
const ASSETS_PER_DEX = 10_000;

/** The coin of the exchange a symbol names: bare for perps, with its dex's prefix for RWAs. */
export const coinOf = (dex: string, symbol: string): string => (dex === '' || symbol.startsWith(`${dex}:`) ? symbol : `${dex}:${symbol}`);
export const symbolOf = (dex: string, coin: string): string => (dex !== '' && coin.startsWith(`${dex}:`) ? coin.slice(dex.length + 1) : coin);

/** The dexes of a vertical: the main one for perps, the builders' for RWAs, one of those where it is named. */
export function dexesOf(hall: Hall, vertical: Vertical, dex: string | null): Read<readonly string[]> {
  if (vertical === 'perps') return { ok: true, value: [''] };
  const listed = kept(hall, { type: 'perpDexs' }, shapes.dexList);
  if (!listed.ok) return listed;
  const names = listed.value.flatMap((each) => (each === null ? [] : [each.name]));
  if (dex === null) return { ok: true, value: names };
  return names.includes(dex) ? { ok: true, value: [dex] } : { ok: false, answer: unknownDex(dex) };
}

const unknownDex = (dex: string): ProviderAnswer => refusal('INVALID_PARAMS', `Unknown dex: ${dex}`);
export const unknownSymbol = (symbol: string): ProviderAnswer => refusal('INVALID_PARAMS', `Unknown symbol: ${symbol}`);

/** All markets of one dex in the exchange's order, delisted ones in their places. */
export function marketsOf(hall: Hall, dex: string): Read<readonly Market[]> {
  const listed = kept(hall, { type: 'perpDexs' }, shapes.dexList);
  const read = kept(hall, { type: 'metaAndAssetCtxs', dex }, shapes.metaAndContexts);
  const tokens = kept(hall, { type: 'spotMeta' }, shapes.tokenList);
  if (!listed.ok) return listed;
  if (!read.ok) return read;
  if (!tokens.ok) return tokens;
  const position = listed.value.findIndex((each) => (each?.name ?? '') === dex);
  const first = position <= 0 ? 0 : FIRST_BUILDER_ASSET + position * ASSETS_PER_DEX;
  const [meta, contexts] = read.value;
  const collateral = tokens.value.tokens.find(({ index }) => index === meta.collateralToken)?.name ?? `token ${meta.collateralToken}`;
  const value = meta.universe.flatMap((asset, index): Market[] => {
    const context = contexts[index];
    if (context === undefined) return [];
    return [
      {
        symbol: symbolOf(dex, asset.name),
        dex,
        coin: asset.name,
        assetIndex: first + index,
        szDecimals: asset.szDecimals,
        maxLeverage: asset.maxLeverage,
        onlyIsolated: asset.onlyIsolated,
        delisted: asset.isDelisted,
        collateral,
        markPrice: context.markPx,
        oraclePrice: context.oraclePx,
        midPrice: context.midPx,
        fundingRate: context.funding,
        openInterest: context.openInterest,
        volume24h: context.dayNtlVlm,
        previousDayPrice: context.prevDayPx,
      },
    ];
  });
  return { ok: true, value };
}

/** One market by its symbol. */
export function marketOf(hall: Hall, dex: string, symbol: string): Read<Market> {
  const all = marketsOf(hall, dex);
  if (!all.ok) return all;
  const found = all.value.find((market) => market.coin === coinOf(dex, symbol));
  return found === undefined ? { ok: false, answer: unknownSymbol(symbol) } : { ok: true, value: found };
}

const PRICE_DECIMALS = 6;

/** A market as the API lists it. Documented are `symbol`, `minSize`, `pricePrecision` and `maxLeverage`; the rest is ours. */
export function marketJson(market: Market): Readonly<Record<string, unknown>> {
  const { szDecimals } = market;
  return {
    symbol: market.symbol,
    ...(market.dex === '' ? {} : { dex: market.dex }),
    baseAsset: market.symbol,
    quoteAsset: market.collateral,
    minSize: szDecimals === 0 ? '1' : `0.${'0'.repeat(szDecimals - 1)}1`,
    sizePrecision: szDecimals,
    pricePrecision: PRICE_DECIMALS - szDecimals,
    maxLeverage: market.maxLeverage,
    onlyIsolated: market.onlyIsolated,
    status: market.delisted ? 'delisted' : 'active',
    assetIndex: market.assetIndex,
    markPrice: market.markPrice,
    indexPrice: market.oraclePrice,
    midPrice: market.midPrice,
    fundingRate: market.fundingRate,
    openInterest: market.openInterest,
    volume24h: market.volume24h,
  };
}
