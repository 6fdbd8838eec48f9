import { z } from 'zod';
import { CANDLES_DEFAULT, DEPTH_DEFAULT, DEPTH_MAX, FUNDING_DEFAULT_MS, TRADES_DEFAULT, TRADES_MAX } from './assumptions';
import { body, type ProviderAnswer, refusal } from './errors';
import type { Vertical } from './provider-path';
import { coinOf, dexesOf, type Market, marketJson, marketOf, marketsOf, symbolOf, unknownSymbol } from './symbols';
import { ask, type Read, type Upstream } from './upstream';
import * as shapes from './upstream-shapes';

/** A read of market data: where, of which vertical, and the query. */
export interface MarketQuery {
  readonly upstream: Upstream;
  readonly vertical: Vertical;
  /** The dex of an RWA; null where none is named, always null for perps. */
  readonly dex: string | null;
  readonly query: URLSearchParams;
}

function listed({ upstream, vertical, dex }: MarketQuery): Read<readonly Market[]> {
  const dexes = dexesOf(upstream.hall, vertical, dex);
  if (!dexes.ok) return dexes;
  const all: Market[] = [];
  for (const name of dexes.value) {
    const markets = marketsOf(upstream.hall, name);
    if (!markets.ok) return markets;
    all.push(...markets.value);
  }
  return { ok: true, value: all };
}

/** `GET …/markets`. */
export function markets(query: MarketQuery): ProviderAnswer {
  const all = listed(query);
  return all.ok ? body(all.value.map(marketJson)) : all.answer;
}

/** `GET …/markets/{symbol}`. */
export function market({ upstream, dex }: MarketQuery, symbol: string): ProviderAnswer {
  const found = marketOf(upstream.hall, dex ?? '', symbol);
  return found.ok ? body(marketJson(found.value)) : found.answer;
}

/** `GET …/prices`: all mid prices in one call. */
export async function prices({ upstream, vertical, dex }: MarketQuery): Promise<ProviderAnswer> {
  const dexes = dexesOf(upstream.hall, vertical, dex);
  if (!dexes.ok) return dexes.answer;
  const rows: unknown[] = [];
  for (const name of dexes.value) {
    const read = await ask(upstream, { type: 'allMids', dex: name }, shapes.mids);
    if (!read.ok) return read.answer;
    for (const [coin, price] of Object.entries(read.value)) rows.push({ symbol: symbolOf(name, coin), ...(name === '' ? {} : { dex: name }), price });
  }
  return body(rows);
}

/** `GET …/predicted` of funding: the rate each market would be charged at the end of the hour. */
export function predictedFunding(query: MarketQuery): ProviderAnswer {
  const all = listed(query);
  if (!all.ok) return all.answer;
  const hour = 3_600_000;
  const now = query.upstream.hall.world.now();
  const nextFundingTime = now - (now % hour) + hour;
  return body(all.value.filter(({ delisted }) => !delisted).map(({ symbol, fundingRate }) => ({ symbol, fundingRate, nextFundingTime })));
}

/** `GET …/orderbook`. */
export async function orderbook({ upstream, dex, query }: MarketQuery, symbol: string): Promise<ProviderAnswer> {
  const depth = wholeIn(query.get('depth'), 1, DEPTH_MAX, DEPTH_DEFAULT);
  if (depth === null) return refusal('INVALID_PARAMS', `depth is a whole number from 1 to ${DEPTH_MAX}`);
  const read = await ask(upstream, { type: 'l2Book', coin: coinOf(dex ?? '', symbol) }, shapes.book.nullable());
  if (!read.ok) return read.answer;
  if (read.value === null) return unknownSymbol(symbol);
  const [bids, asks] = read.value.levels.map((side) => side.slice(0, depth).map(({ px, sz }) => ({ price: px, size: sz })));
  return body({ symbol, bids, asks, timestamp: read.value.time });
}

/** `GET …/trades`: as many as the exchange keeps for the public. */
export async function trades({ upstream, dex, query }: MarketQuery, symbol: string): Promise<ProviderAnswer> {
  const limit = wholeIn(query.get('limit'), 1, TRADES_MAX, TRADES_DEFAULT);
  if (limit === null) return refusal('INVALID_PARAMS', `limit is a whole number from 1 to ${TRADES_MAX}`);
  const known = marketOf(upstream.hall, dex ?? '', symbol);
  if (!known.ok) return known.answer;
  const read = await ask(upstream, { type: 'recentTrades', coin: known.value.coin }, shapes.trades);
  return read.ok ? body(read.value.slice(0, limit).map(tradeJson)) : read.answer;
}

/** A public trade. The side is the taker's. */
export const tradeJson = ({ tid, px, sz, side, time }: z.infer<typeof shapes.trade>) => ({
  id: String(tid),
  price: px,
  size: sz,
  side: side === 'B' ? 'buy' : 'sell',
  timestamp: time,
});

/** Candle lengths in ms by their documented names. */
export const INTERVALS: ReadonlyMap<string, number> = new Map([
  ['1m', 60_000],
  ['5m', 300_000],
  ['15m', 900_000],
  ['30m', 1_800_000],
  ['1h', 3_600_000],
  ['4h', 14_400_000],
  ['1d', 86_400_000],
  ['1w', 604_800_000],
]);

/** `GET …/candles`. */
export async function candles({ upstream, dex, query }: MarketQuery, symbol: string): Promise<ProviderAnswer> {
  const interval = query.get('interval') ?? '';
  const length = INTERVALS.get(interval);
  if (length === undefined) return refusal('INVALID_PARAMS', `interval is one of ${[...INTERVALS.keys()].join(', ')}`);
  const range = rangeOf(query, upstream.hall.world.now(), length * CANDLES_DEFAULT);
  if (range === null) return refusal('INVALID_PARAMS', 'startTime and endTime are epoch milliseconds');
  const known = marketOf(upstream.hall, dex ?? '', symbol);
  if (!known.ok) return known.answer;
  const read = await ask(upstream, { type: 'candleSnapshot', req: { coin: known.value.coin, interval, ...range } }, shapes.candles);
  if (!read.ok) return read.answer;
  return body(read.value.map(({ t, o, h, l, c, v }) => ({ open: o, high: h, low: l, close: c, volume: v, timestamp: t })));
}

const markPoints = z.array(z.tuple([z.number(), z.string()]));

/** `GET …/funding`: past rates with the mark of their moment. */
export async function funding({ upstream, dex, query }: MarketQuery, symbol: string): Promise<ProviderAnswer> {
  const range = rangeOf(query, upstream.hall.world.now(), FUNDING_DEFAULT_MS);
  if (range === null) return refusal('INVALID_PARAMS', 'startTime and endTime are epoch milliseconds');
  const known = marketOf(upstream.hall, dex ?? '', symbol);
  if (!known.ok) return known.answer;
  const read = await ask(upstream, { type: 'fundingHistory', coin: known.value.coin, ...range }, shapes.fundingHistory);
  if (!read.ok) return read.answer;
  const marks = markPoints.safeParse(upstream.hall.world.control.marks(known.value.coin));
  const markAt = (time: number): string => (marks.data ?? []).findLast(([at]) => at <= time)?.[1] ?? known.value.markPrice;
  return body(read.value.map(({ fundingRate, time }) => ({ fundingRate, markPrice: markAt(time), timestamp: time })));
}

/** A whole number of a query inside its bounds; `standard` when it is not given, null when it is wrong. */
export function wholeIn(text: string | null, least: number, most: number, standard: number): number | null {
  if (text === null) return standard;
  const number = Number(text);
  return /^\d{1,15}$/.test(text) && number >= least && number <= most ? number : null;
}

function rangeOf(query: URLSearchParams, now: number, reachMs: number): { readonly startTime: number; readonly endTime: number } | null {
  const endTime = wholeIn(query.get('endTime'), 0, Number.MAX_SAFE_INTEGER, now);
  const startTime = endTime === null ? null : wholeIn(query.get('startTime'), 0, Number.MAX_SAFE_INTEGER, Math.max(0, endTime - reachMs));
  return startTime === null || endTime === null || startTime > endTime ? null : { startTime, endTime };
}
