import type { DexListing } from '../market';

/**
 * What a leader trades in a round: one instrument of each builder dex. Rounds go through the instruments of a dex, every leader from another place, so that
 * a dex's second instrument is reached in the second round by everybody; what was opened is traded again when its turn comes. Delisted slots are left out.
 */
export function stopsOf(dexes: readonly DexListing[], leader: number, round: number): readonly string[] {
  return dexes.flatMap(({ listings }) => {
    const traded = listings.filter(({ delisted }) => !delisted);
    const stop = traded[(leader + round - 1) % Math.max(1, traded.length)];
    return stop === undefined ? [] : [stop.coin];
  });
}
