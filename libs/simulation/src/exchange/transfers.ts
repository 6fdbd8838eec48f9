import { formatUsd } from './decimals';
import { accountOf, clearingOf, type Exchange, mainDex, touch } from './exchange';
import { noteLedger } from './ledger-updates';
import { withdrawable } from './margin';
import type { Address } from './port';
import type { Dex, VenueAccount } from './state';

/** Where USDC of an account lies: a perp dex or the spot balance. */
export type Purse = Dex | 'spot';

/** Adds collateral from outside (or takes it away when negative). */
export function credit(ex: Exchange, account: VenueAccount, purse: Purse, usd: number): void {
  add(ex, account, purse, usd);
  ex.totals.credited += usd;
  noteLedger(ex, account, usd >= 0 ? { type: 'deposit', usdc: formatUsd(usd) } : { type: 'withdraw', usdc: formatUsd(-usd), nonce: 0, fee: '0.0' });
}

function add(ex: Exchange, account: VenueAccount, purse: Purse, usd: number): void {
  if (purse === 'spot') {
    account.spotUsd += usd;
    return;
  }
  const clearing = clearingOf(account, purse);
  clearing.cash += usd;
  touch(ex, clearing);
}

export const available = (account: VenueAccount, purse: Purse): number =>
  purse === 'spot' ? account.spotUsd : withdrawable(clearingOf(account, purse));

/** Moves usd between purses of the same or two accounts. False, and nothing moved, when the source cannot spare it. */
export function move(ex: Exchange, from: VenueAccount, source: Purse, to: VenueAccount, target: Purse, usd: number): boolean {
  if (usd <= 0 || available(from, source) < usd) return false;
  add(ex, from, source, -usd);
  add(ex, to, target, usd);
  return true;
}

/** `usdSend`: from the main dex of one account to the main dex of another. */
export function sendUsd(ex: Exchange, from: VenueAccount, destination: Address, usd: number): boolean {
  const to = accountOf(ex, destination);
  if (!move(ex, from, mainDex(ex), to, mainDex(ex), usd)) return false;
  const delta = { type: 'internalTransfer', usdc: formatUsd(usd), user: from.address, destination, fee: '0.0' };
  noteLedger(ex, from, delta);
  if (to !== from) noteLedger(ex, to, delta);
  return true;
}
