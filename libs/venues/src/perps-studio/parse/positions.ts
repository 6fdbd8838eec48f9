import { size } from '@lockstep/kernel';
import type { VenuePosition } from '../../port';
import { coinOf } from '../symbols';
import type { WirePositions } from '../wire/account';

/** Positions in the port's words: signed sizes, coins with their dex. */
export function positionsOf(dex: string, positions: WirePositions): readonly VenuePosition[] {
  return positions.map((position) => ({
    coin: coinOf(dex, position.symbol),
    size: size(position.side === 'long' ? position.size : -position.size),
    entryPrice: position.entryPrice,
    leverage: position.leverage,
    cross: position.marginMode === 'cross',
    marginUsed: position.margin,
    unrealisedPnl: position.unrealizedPnl,
  }));
}
