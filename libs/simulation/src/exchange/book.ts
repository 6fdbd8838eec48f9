import type { BookSide, Level, Order } from './state';

export const emptySide = (isBid: boolean): BookSide => ({ isBid, levels: new Map(), prices: [] });

/** The best level of a side, or null when the side is empty. */
export function bestLevel(side: BookSide): Level | null {
  const px = side.prices[side.prices.length - 1];
  return px === undefined ? null : (side.levels.get(px) ?? null);
}

/** True when an order at `px` on the other side may trade with a level at `levelPx`. */
export const crosses = (takerIsBuy: boolean, px: number, levelPx: number): boolean => (takerIsBuy ? px >= levelPx : px <= levelPx);

/** Puts an order behind all others of its price: time priority. */
export function restOrder(side: BookSide, order: Order): void {
  const level = side.levels.get(order.px) ?? openLevel(side, order.px);
  order.level = level;
  order.previous = level.tail;
  if (level.tail === null) level.head = order;
  else level.tail.next = order;
  level.tail = order;
  level.lots += order.lots;
  level.count += 1;
}

/** Takes an order out of its level; the level goes with its last order. */
export function unrestOrder(order: Order): void {
  const level = order.level;
  if (level === null) return;
  if (order.previous === null) level.head = order.next;
  else order.previous.next = order.next;
  if (order.next === null) level.tail = order.previous;
  else order.next.previous = order.previous;
  order.previous = null;
  order.next = null;
  order.level = null;
  level.lots -= order.lots;
  level.count -= 1;
  if (level.count === 0) closeLevel(level);
}

/** Fills part of a resting order in place; it keeps its turn. */
export function fillResting(order: Order, lots: number): void {
  order.lots -= lots;
  if (order.level !== null) order.level.lots -= lots;
  if (order.lots === 0) unrestOrder(order);
}

function openLevel(side: BookSide, px: number): Level {
  const level: Level = { px, side, lots: 0, count: 0, head: null, tail: null };
  side.levels.set(px, level);
  side.prices.splice(rankOf(side, px), 0, px);
  return level;
}

function closeLevel(level: Level): void {
  const { side, px } = level;
  side.levels.delete(px);
  if (side.prices[side.prices.length - 1] === px) side.prices.pop();
  else side.prices.splice(rankOf(side, px), 1);
}

/** Where `px` stands in the worst-to-best list, or belongs. */
function rankOf(side: BookSide, px: number): number {
  const { prices, isBid } = side;
  let low = 0;
  let high = prices.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = prices[middle] ?? 0;
    if (isBid ? there < px : there > px) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Up to `count` levels, best first. */
export function topLevels(side: BookSide, count: number): Level[] {
  const levels: Level[] = [];
  for (let index = side.prices.length - 1; index >= 0 && levels.length < count; index -= 1) {
    const level = side.levels.get(side.prices[index] ?? 0);
    if (level !== undefined) levels.push(level);
  }
  return levels;
}

/** Mid price times two, so that it stays whole; null while a side is empty. */
export function doubleMid(bids: BookSide, asks: BookSide): number | null {
  const bid = bids.prices[bids.prices.length - 1];
  const ask = asks.prices[asks.prices.length - 1];
  return bid === undefined || ask === undefined ? null : bid + ask;
}

/** Average price of taking `usd` from a side, in price units; null when the side holds less. */
export function impactPrice(side: BookSide, usd: number): number | null {
  let wanted = usd;
  let lots = 0;
  for (const level of topLevels(side, side.prices.length)) {
    const available = level.px * level.lots;
    if (available >= wanted) return usd / (lots + wanted / level.px);
    wanted -= available;
    lots += level.lots;
  }
  return null;
}
