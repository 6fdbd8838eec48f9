import type { JudgedCopy, Violation } from '../judge';
import { type DexListing, dexOfCoin } from '../market';

/** What the tour has to have been to for its proof to be one of every kind of dex; a kind no copy filled an order in is reported. */
export function judgeTour(dexes: readonly DexListing[], copies: readonly JudgedCopy[]): readonly Violation[] {
  const filled = new Set(copies.flatMap(({ truth }) => truth.fills.map(({ coin }) => coin)));
  const listings = dexes.flatMap((dex) => dex.listings);
  const kinds: readonly (readonly [kind: string, coins: readonly string[]])[] = [
    ...dexes.map(({ dex, collateral }) => [`dex ${dex} (${collateral})`, listings.filter((one) => one.dex === dex).map(({ coin }) => coin)] as const),
    ['cross margin', listings.filter(({ margin }) => margin === 'cross').map(({ coin }) => coin)],
    ['isolated margin alone', listings.filter(({ margin }) => margin !== 'cross').map(({ coin }) => coin)],
    ['growth mode', listings.filter(({ growth }) => growth).map(({ coin }) => coin)],
  ];
  const missed = kinds.filter(([, coins]) => !coins.some((coin) => filled.has(coin)));
  const dead = listings.filter(({ coin, delisted }) => delisted && filled.has(coin));
  return [
    ...missed.map(([kind]) => ({ rule: 'copies trade in every kind of dex', detail: `${kind}: no fill` })),
    ...dead.map(({ coin }) => ({ rule: 'nothing is traded in a delisted slot', detail: `${dexOfCoin(coin)} ${coin}` })),
  ];
}
