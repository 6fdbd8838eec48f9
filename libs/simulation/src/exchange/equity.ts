import { mulDiv, parseUnits, USD_DECIMALS } from './decimals';
import type { Exchange } from './exchange';
import { ownValue } from './margin';
import type { Token, VenueAccount } from './state';

const USD = 1_000_000;
const VALUES_KEPT = 500;

/** Dollars an amount of a token is worth, both 10^-6. */
export const usdOf = (token: Token, amount: number): number =>
  token.spec.usdPx === '1' ? amount : mulDiv(amount, parseUnits(token.spec.usdPx, USD_DECIMALS), USD);

/** The value of all clearinghouses of an account, usd. */
export function perpEquity(account: VenueAccount): number {
  let value = 0;
  for (const clearing of account.clearings.values()) value += usdOf(clearing.dex.collateral, ownValue(clearing));
  return value;
}

/** Everything an account has on spot and on every dex, usd; in either account mode. */
export function equityOf(account: VenueAccount): number {
  let value = perpEquity(account);
  for (const token of account.spot.keys()) value += usdOf(token, account.spot.get(token) ?? 0);
  return value;
}

/** Notes what came into an account (or left it, negative), so that its profit can be told from its value. Usd. */
export function noteFlow(ex: Exchange, account: VenueAccount, usd: number): void {
  account.netDeposits += usd;
  const value = equityOf(account);
  account.values.push({ time: ex.time, value, perpValue: perpEquity(account), pnl: value - account.netDeposits });
  if (account.values.length > 2 * VALUES_KEPT) account.values.splice(1, VALUES_KEPT);
}
