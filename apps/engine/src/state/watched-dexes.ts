import type { Markets } from '../markets';
import { ALLOCATION_ASSET } from './real-equity';

/**
 * Dexes whose states of leaders are followed, by the venue's own list: those of the allocation's collateral first, because a ratio needs the leader's equity
 * on all of them. Of a dex beyond `max` fills are followed, its states are not.
 */
export function watchedDexes(markets: Pick<Markets, 'dexesOf'>, max: number): readonly string[] {
  return [...new Set([...markets.dexesOf(ALLOCATION_ASSET), ...markets.dexesOf()])].slice(0, max);
}
