import { must } from '@lockstep/kernel';
import type { LeaderFill, LeaderTrades, TradeIntent } from './steps';

/** What a change of position from one signed size to another is; null where nothing changes. */
export function intentOf(before: number, after: number): TradeIntent | null {
  if (before === after) return null;
  if (before === 0) return 'open';
  if (after === 0) return 'close';
  if (Math.sign(before) !== Math.sign(after)) return 'flip';
  return Math.abs(after) > Math.abs(before) ? 'increase' : 'reduce';
}

export const raisesRisk = (intent: TradeIntent): boolean => intent === 'open' || intent === 'increase' || intent === 'flip';

export const lotsOf = (trade: LeaderTrades): number => trade.fills.reduce((sum, { lots }) => sum + lots, 0);

/**
 * The trade as it makes sense from the position the leader really has: a reduction takes no more than is there, a close takes all of it, a flip ends where it
 * was to end. Null where nothing of it is left to do, or where it would mean the contrary.
 */
export function fitTrade(trade: LeaderTrades, position: number): LeaderTrades | null {
  if (position === trade.before) return trade;
  const change = changeFrom(trade, position);
  const intent = intentOf(position, position + change);
  return change === 0 || intent === null ? null : { ...trade, intent, before: position, fills: resized(trade.fills, change) };
}

function changeFrom(trade: LeaderTrades, position: number): number {
  const wanted = lotsOf(trade);
  const isAgainst = position !== 0 && Math.sign(position) !== Math.sign(wanted);
  switch (trade.intent) {
    case 'open':
    case 'increase':
      return isAgainst ? 0 : wanted;
    case 'reduce':
      return isAgainst ? Math.sign(wanted) * Math.min(Math.abs(wanted), Math.abs(position)) : 0;
    case 'close':
      return -position;
    case 'flip':
      return position === 0 || isAgainst ? trade.before + wanted - position : 0;
  }
}

/** Fills of the same prices that come to `change` together: those from the first on as far as it reaches, the last one takes the rest. */
function resized(fills: LeaderTrades['fills'], change: number): LeaderTrades['fills'] {
  const sign = Math.sign(change);
  let left = Math.abs(change);
  const kept: LeaderFill[] = [];
  for (const { lots, price } of fills) {
    const taken = Math.min(left, Math.abs(lots));
    if (taken > 0) kept.push({ lots: sign * taken, price });
    left -= taken;
  }
  const last = kept[kept.length - 1];
  if (left > 0 && last !== undefined) kept[kept.length - 1] = { lots: last.lots + sign * left, price: last.price };
  const [first, ...rest] = kept;
  must(first !== undefined, 'a change of position has fills');
  return [first, ...rest];
}
