import type { Exchange } from './exchange';
import type { Conservation } from './port';

/** Adds up everything held against everything credited: `credited` = held + fees + builder fees + funding remainder. */
export function conservationOf(ex: Exchange): Conservation {
  let held = 0;
  const netLots: { [coin: string]: number } = {};
  for (const account of ex.accounts.values()) {
    held += account.spotUsd;
    for (const clearing of account.clearings.values()) {
      held += clearing.cash;
      for (const position of clearing.positions.values()) {
        held += position.rawUsd;
        netLots[position.asset.coin] = (netLots[position.asset.coin] ?? 0) + position.lots;
      }
    }
  }
  const { credited, fees, builderFees, funding } = ex.totals;
  return { credited, held, fees, builderFees, funding, netLots };
}
