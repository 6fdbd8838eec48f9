/** The side of an order or fill. */
export type Side = 'buy' | 'sell';

/** +1 for buy, −1 for sell. */
export const direction = (side: Side): 1n | -1n => (side === 'buy' ? 1n : -1n);
export const opposite = (side: Side): Side => (side === 'buy' ? 'sell' : 'buy');
/** The side that moves a position by a signed quantity. */
export const sideOf = (signed: bigint): Side => (signed < 0n ? 'sell' : 'buy');
