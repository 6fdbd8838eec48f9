import type { Json, StreamFrame, World } from '@lockstep/simulation';
import { z } from 'zod';
import { INTERVALS, tradeJson } from './market-data';
import type { Vertical } from './provider-path';
import { coinOf, symbolOf } from './symbols';
import * as shapes from './upstream-shapes';

/** A channel of the API opened for its parameters: the exchange's subscription behind it, and how its frames read here. */
export interface Channel {
  readonly name: string;
  readonly params: Readonly<Record<string, string>>;
  readonly subscription: { readonly [key: string]: Json };
  /** The `data` of a message; null for a frame that says nothing here. */
  translate(frame: StreamFrame): unknown;
}

const CHANNELS: Readonly<Record<Vertical, readonly string[]>> = {
  perps: ['orderbook', 'trades', 'ticker', 'candle', 'prices'],
  spot: ['orderbook', 'trades', 'ticker'],
  rwas: ['orderbook', 'trades', 'ticker'],
  predictions: ['orderbook', 'prices'],
};

const wanted = z.object({ symbol: z.string().optional(), dex: z.string().optional(), interval: z.string().optional() });

/** Reads a subscription's channel and parameters; a text names what is wrong. */
export function readChannel(world: World, vertical: Vertical, name: string, params: unknown): Channel | string {
  if (!CHANNELS[vertical].includes(name)) return `Unknown channel: ${name}`;
  const parsed = wanted.safeParse(params ?? {});
  if (!parsed.success) return 'params: texts by name';
  if (name === 'prices') return pricesChannel();
  const { symbol = '', dex = '', interval = '' } = parsed.data;
  if (symbol === '') return 'Missing required field: symbol';
  if (vertical === 'rwas' && dex === '') return 'Missing required field: dex';
  const market = vertical === 'rwas' ? { dex, symbol } : { dex: '', symbol };
  if (name === 'candle') return interval === '' ? 'Missing required field: interval' : candleChannel(world, market, interval);
  const coin = coinOf(market.dex, symbol);
  const named = { symbol, ...(market.dex === '' ? {} : { dex }) };
  switch (name) {
    case 'orderbook':
      return { name, params: named, subscription: { type: 'l2Book', coin }, translate: bookTranslator(symbol) };
    case 'trades':
      return { name, params: named, subscription: { type: 'trades', coin }, translate: translateTrades };
    default:
      return { name, params: named, subscription: { type: 'activeAssetCtx', coin }, translate: (frame) => translateTicker(symbol, frame) };
  }
}

const pricesChannel = (): Channel => ({
  name: 'prices',
  params: {},
  subscription: { type: 'allMids' },
  translate: ({ data }) => {
    const read = z.object({ mids: shapes.mids }).safeParse(data);
    return read.success ? Object.entries(read.data.mids).map(([coin, price]) => ({ symbol: symbolOf('', coin), price })) : null;
  },
});

/** The candle that runs, told at each trade: the exchange's own trades make it. */
function candleChannel(world: World, { dex, symbol }: { readonly dex: string; readonly symbol: string }, interval: string): Channel | string {
  const length = INTERVALS.get(interval);
  if (length === undefined) return `interval is one of ${[...INTERVALS.keys()].join(', ')}`;
  const coin = coinOf(dex, symbol);
  const running = () => {
    const answer = world.info({ type: 'candleSnapshot', req: { coin, interval, startTime: world.now() - length, endTime: world.now() } });
    return shapes.candles.safeParse(answer.body);
  };
  return {
    name: 'candle',
    params: { symbol, interval },
    subscription: { type: 'trades', coin },
    translate: () => {
      const read = running();
      const last = read.success ? read.data.at(-1) : undefined;
      if (last === undefined) return null;
      const { t, o, h, l, c, v } = last;
      return { symbol, interval, open: o, high: h, low: l, close: c, volume: v, timestamp: t };
    },
  };
}

/**
 * Books come as the top levels in full. The documents describe differences on top of a snapshot, where size `"0"` deletes a level: levels that were
 * told before and stand no more are therefore told as deleted, so that both readings of the documents give the same book.
 */
function bookTranslator(symbol: string): (frame: StreamFrame) => unknown {
  let told: readonly (readonly string[])[] = [[], []];
  return ({ data }) => {
    const read = shapes.book.safeParse(data);
    if (!read.success) return null;
    const sides = read.data.levels.map((side) => side.map(({ px, sz }): [string, string] => [px, sz]));
    const rows = sides.map((side, index) => {
      const standing = new Set(side.map(([px]) => px));
      const gone = (told[index] ?? []).filter((px) => !standing.has(px)).map((px): [string, string] => [px, '0']);
      return [...side, ...gone];
    });
    told = sides.map((side) => side.map(([px]) => px));
    return { symbol, bids: rows[0], asks: rows[1] };
  };
}

function translateTrades({ data }: StreamFrame): unknown {
  const read = shapes.trades.safeParse(data);
  return read.success ? read.data.map(tradeJson) : null;
}

const context = z.object({ ctx: shapes.metaAndContexts.def.items[1].element });

function translateTicker(symbol: string, { data }: StreamFrame): unknown {
  const read = context.safeParse(data);
  if (!read.success) return null;
  const { markPx, oraclePx, midPx, funding, openInterest, dayNtlVlm, prevDayPx } = read.data.ctx;
  return {
    symbol,
    markPrice: markPx,
    indexPrice: oraclePx,
    midPrice: midPx,
    lastPrice: midPx ?? markPx,
    fundingRate: funding,
    openInterest,
    volume24h: dayNtlVlm,
    open24h: prevDayPx,
  };
}
