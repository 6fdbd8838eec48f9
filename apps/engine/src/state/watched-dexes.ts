import type { Markets } from '../markets';

/**
 * Dexes whose states of leaders are followed, by the venue's own list: those whose collateral is a dollar first, because a ratio needs the leader's equity on
 * all of them. Of a dex beyond `max` fills are followed, its states are not.
 */
export function watchedDexes(markets: Pick<Markets, 'dexesOf' | 'dollarClearinghouses'>, max: number): readonly string[] {
  return [...new Set([...markets.dollarClearinghouses().map(({ dex }) => dex), ...markets.dexesOf()])].slice(0, max);
}
