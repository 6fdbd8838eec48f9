import { type Price, parsePrice, parseSize, type Side, type Size } from '@lockstep/kernel';
import { isObject } from '../parse/json';

/** Subscription to the public trades of one coin (facts §10.2). The first frame holds the newest ones from before it. */
export const tradesSubscription = (coin: string) => ({ type: 'trades', coin });

/** A public trade, read no further than finding a watched address in it needs: most trades are nobody's we know. */
export interface RawTrade {
  readonly coin: string;
  readonly time: number;
  readonly tid: number;
  readonly buyer: string;
  readonly seller: string;
  readonly px: unknown;
  readonly sz: unknown;
  /** Side of the aggressor. */
  readonly side: unknown;
}

/** A frame of trades. */
export interface TradesFrame {
  /** Those that can be read, oldest first. */
  readonly trades: readonly RawTrade[];
  /** Of those that cannot, the coin where at least that can be read. */
  readonly unreadable: readonly (string | null)[];
}

/** Reads a frame trade by trade: one that cannot be read must not hide the others, on every connection and again after each reconnect. */
export function readTrades(data: unknown): TradesFrame {
  if (!Array.isArray(data)) return { trades: [], unreadable: [null] };
  const trades: RawTrade[] = [];
  const unreadable: (string | null)[] = [];
  for (const one of data) {
    const trade = readTrade(one);
    if (trade !== null) trades.push(trade);
    else unreadable.push(isObject(one) && typeof one.coin === 'string' ? one.coin : null);
  }
  return { trades, unreadable };
}

function readTrade(value: unknown): RawTrade | null {
  if (!isObject(value) || !Array.isArray(value.users)) return null;
  const { coin, time, tid, px, sz, side } = value;
  const [buyer, seller]: unknown[] = value.users;
  if (typeof coin !== 'string' || typeof time !== 'number' || typeof tid !== 'number') return null;
  if (typeof buyer !== 'string' || typeof seller !== 'string') return null;
  return { coin, time, tid, buyer, seller, px, sz, side };
}

/** What a trade was for one of its two sides. */
export interface SweptTrade {
  readonly coin: string;
  readonly side: Side;
  readonly price: Price;
  readonly size: Size;
  readonly time: number;
  readonly tradeId: string;
  readonly crossed: boolean;
}

/** The trade as the buyer's or the seller's fill; null when its amounts cannot be read. */
export function sideOf(trade: RawTrade, side: Side): SweptTrade | null {
  if (typeof trade.px !== 'string' || typeof trade.sz !== 'string') return null;
  const px = parsePrice(trade.px);
  const sz = parseSize(trade.sz);
  if (!px.ok || !sz.ok) return null;
  const crossed = (trade.side === 'B') === (side === 'buy');
  return { coin: trade.coin, side, price: px.value, size: sz.value, time: trade.time, tradeId: String(trade.tid), crossed };
}
