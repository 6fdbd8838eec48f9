import type { Exchange } from './exchange';
import type { Conservation, TokenConservation } from './port';
import type { Token } from './state';

/** Adds up everything held against everything credited, for each token: `credited` = held + fees + unclaimed rewards + funding remainder. */
export function conservationOf(ex: Exchange): Conservation {
  const held = new Map<Token, number>(ex.tokens.map((token) => [token, 0]));
  const add = (token: Token, amount: number): void => void held.set(token, (held.get(token) ?? 0) + amount);
  const netLots: { [coin: string]: number } = {};
  for (const account of ex.accounts.values()) {
    for (const token of account.spot.keys()) add(token, account.spot.get(token) ?? 0);
    for (const clearing of account.clearings.values()) {
      add(clearing.dex.collateral, clearing.cash);
      for (const position of clearing.positions.values()) {
        add(clearing.dex.collateral, position.rawUsd);
        netLots[position.asset.coin] = (netLots[position.asset.coin] ?? 0) + position.lots;
      }
    }
  }
  const tokens = Object.fromEntries(ex.tokens.map((token) => [token.spec.name, rowOf(token, held.get(token) ?? 0)]));
  return { ...sumOf(Object.values(tokens)), netLots, tokens };
}

const rowOf = ({ totals }: Token, held: number): TokenConservation => ({
  credited: totals.credited,
  held,
  fees: totals.fees,
  deployerFees: totals.deployerFees,
  builderFees: totals.rewards,
  funding: totals.funding,
});

const sumOf = (rows: readonly TokenConservation[]): TokenConservation =>
  rows.reduce((sum, row) => ({
    credited: sum.credited + row.credited,
    held: sum.held + row.held,
    fees: sum.fees + row.fees,
    deployerFees: sum.deployerFees + row.deployerFees,
    builderFees: sum.builderFees + row.builderFees,
    funding: sum.funding + row.funding,
  }));
