import { entryUnits } from './entry';
import type { Exchange } from './exchange';
import { venueOrder } from './house-order';
import { accountValue, notionalAtMark } from './margin';
import { trade } from './matching';
import { noteStatus } from './order';
import type { Position } from './state';

const LABEL = 'Auto-Deleveraging';

/**
 * Closes a position at the mark against other traders' positions on the other side, the most profitable and most leveraged first.
 * What they cannot take is left.
 */
export function deleverage(ex: Exchange, position: Position): void {
  for (const other of ranked(position)) {
    if (position.lots === 0) return;
    match(ex, position, other);
  }
}

/** The other side's positions by rank, the first to be closed first. The makers' own stand outside. */
export const ranked = (position: Position): Position[] =>
  [...position.asset.holders]
    .filter((other) => !other.clearing.owner.isHouse && other.lots !== 0 && other.lots > 0 !== position.lots > 0)
    .sort((one, next) => rank(next) - rank(one));

/** Profit (mark over entry, turned round for shorts) times the share of the account's value the position is. */
export function rank(position: Position): number {
  const ratio = position.asset.markPx / entryUnits(position);
  const value = accountValue(position.clearing);
  return (position.lots > 0 ? ratio : 1 / ratio) * (notionalAtMark(position) / Math.max(1, value));
}

function match(ex: Exchange, position: Position, other: Position): void {
  const px = position.asset.markPx;
  const lots = Math.min(Math.abs(position.lots), Math.abs(other.lots));
  const taker = venueOrder(ex, position, px, lots);
  const maker = venueOrder(ex, other, px, lots);
  trade(ex, { taker, maker, lots, px, notional: px * lots, exactPx: null, liquidation: null, label: LABEL });
  noteStatus(ex, taker, 'filled');
}
