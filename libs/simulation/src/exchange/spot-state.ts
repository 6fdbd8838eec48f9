import { formatUsd } from './decimals';
import { usdOf } from './equity';
import type { Exchange } from './exchange';
import type { JsonObject } from './json';
import { isolatedEquity, isUnified, pooledSummary } from './margin';
import { heldOf } from './spot-holds';
import type { Token, VenueAccount } from './state';

/** What an account has of a token, and how much of it its positions and resting spot orders hold; 10^-6. */
export interface TokenBalance {
  readonly token: Token;
  readonly total: number;
  readonly hold: number;
}

/**
 * The spot balances of an account in the order of the tokens; those of a unified account hold the equity of every dex of that
 * collateral, open positions included, and what these use stands in `hold`.
 */
export function balancesOf(ex: Exchange, account: VenueAccount): TokenBalance[] {
  const balances = ex.tokens.map((token) => (isUnified(account) ? pooledBalance(account, token) : standingBalance(account, token)));
  return balances.filter(({ total, hold }) => total !== 0 || hold !== 0);
}

const standingBalance = (account: VenueAccount, token: Token): TokenBalance => ({
  token,
  total: account.spot.get(token) ?? 0,
  hold: heldOf(account, token),
});

function pooledBalance(account: VenueAccount, token: Token): TokenBalance {
  const sum = pooledSummary(account, token);
  let isolated = 0;
  for (const clearing of account.clearings.values()) {
    if (clearing.dex.collateral !== token) continue;
    for (const position of clearing.positions.values()) if (position.isIsolated) isolated += isolatedEquity(position);
  }
  return { token, total: sum.equity + isolated, hold: sum.initial + isolated };
}

/** `spotClearinghouseState` and the `spotState` of streams; an account nobody knows has no balances. */
export function spotStateJson(ex: Exchange, account: VenueAccount | undefined): JsonObject {
  const balances = account === undefined ? [] : balancesOf(ex, account);
  return {
    balances: balances.map(({ token, total, hold }) => ({
      coin: token.spec.name,
      token: token.spec.index,
      total: formatUsd(total),
      hold: formatUsd(hold),
      entryNtl: token.spec.index === 0 ? '0.0' : formatUsd(usdOf(token, total)),
    })),
  };
}
