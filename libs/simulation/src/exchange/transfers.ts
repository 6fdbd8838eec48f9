import { formatUsd } from './decimals';
import { noteFlow, usdOf } from './equity';
import { accountOf, clearingOf, dexNamed, type Exchange, mainDex, touch, usdc } from './exchange';
import { noteLedger } from './ledger-updates';
import { isUnified, pooledSpare, withdrawable } from './margin';
import type { Address } from './port';
import { spendable } from './spot';
import type { Dex, LedgerUpdate, Token, VenueAccount } from './state';

/** Where an amount lies: in a dex's clearinghouse, in its collateral, or on the spot balance of a token (`dex` null). */
export interface Purse {
  readonly token: Token;
  readonly dex: Dex | null;
}

export const perpPurse = (dex: Dex): Purse => ({ token: dex.collateral, dex });
export const spotPurse = (token: Token): Purse => ({ token, dex: null });
/** USDC of the main dex. */
export const mainPurse = (ex: Exchange): Purse => perpPurse(mainDex(ex));

/** The purse of a dex name in a transfer of a token: `spot`, or a dex of that collateral. Null when there is none. */
export function purseNamed(ex: Exchange, name: string, token: Token): Purse | null {
  if (name === 'spot') return spotPurse(token);
  const dex = dexNamed(ex, name);
  return dex !== null && dex.collateral === token ? perpPurse(dex) : null;
}

/** Adds to a purse (takes away when negative). A unified account keeps everything on its spot balance. Its ledger does not know. */
export function add(ex: Exchange, account: VenueAccount, { token, dex }: Purse, amount: number): void {
  if (dex === null || isUnified(account)) {
    const left = (account.spot.get(token) ?? 0) + amount;
    if (left === 0) account.spot.delete(token);
    else account.spot.set(token, left);
    if (account.topic !== null) account.topic.stateTouched = true;
    for (const clearing of account.clearings.values()) if (isUnified(account) && clearing.dex.collateral === token) touch(ex, clearing);
    return;
  }
  const clearing = clearingOf(account, dex);
  clearing.cash += amount;
  touch(ex, clearing);
}

/** What may leave a purse. Never negative. */
export function available(account: VenueAccount, { token, dex }: Purse): number {
  if (isUnified(account)) return pooledSpare(account, token);
  return dex === null ? spendable(account, token) : withdrawable(clearingOf(account, dex));
}

/** Adds from outside (or takes away when negative). */
export function credit(ex: Exchange, account: VenueAccount, purse: Purse, amount: number): void {
  add(ex, account, purse, amount);
  purse.token.totals.credited += amount;
  noteFlow(ex, account, usdOf(purse.token, amount));
  noteLedger(ex, account, creditDelta(ex, purse, amount));
}

function creditDelta(ex: Exchange, { token, dex }: Purse, amount: number): LedgerUpdate['delta'] {
  if (token !== usdc(ex) && dex === null) return { type: 'spotGenesis', token: token.spec.name, amount: formatUsd(amount) };
  return amount >= 0 ? { type: 'deposit', usdc: formatUsd(amount) } : { type: 'withdraw', usdc: formatUsd(-amount), nonce: 0, fee: '0.0' };
}

export interface Transfer {
  readonly from: VenueAccount;
  readonly source: Purse;
  readonly to: VenueAccount;
  readonly target: Purse;
  /** What arrives, units of 10^-6 of the token; the fee is taken on top. */
  readonly amount: number;
  readonly fee?: number;
}

/** Moves an amount between purses of the same token. False, and nothing moved, when the source cannot spare it. */
export function transfer(ex: Exchange, { from, source, to, target, amount, fee = 0 }: Transfer): boolean {
  if (amount <= 0 || available(from, source) < amount + fee) return false;
  add(ex, from, source, -amount - fee);
  add(ex, to, target, amount);
  source.token.totals.fees += fee;
  if (to === from) return true;
  noteFlow(ex, from, -usdOf(source.token, amount + fee));
  noteFlow(ex, to, usdOf(source.token, amount));
  return true;
}

/** What the first transfer to an address costs in the token sent: only an address without an account needs it. */
export const activationFee = (ex: Exchange, destination: Address): number => (ex.accounts.has(destination) ? 0 : ex.settings.activationFeeUsd);

/** A transfer to another address: the destination is made when it is new. */
export interface Sending {
  readonly from: VenueAccount;
  readonly source: Purse;
  readonly destination: Address;
  readonly target: Purse;
  readonly amount: number;
}

/** Sends, charges the activation of a new address and writes both ledgers. False, and nothing moved, when the source cannot spare it. */
export function send(ex: Exchange, sending: Sending, delta: (fee: string) => LedgerUpdate['delta']): boolean {
  const { from, source, destination, target, amount } = sending;
  const fee = activationFee(ex, destination);
  if (amount <= 0 || available(from, source) < amount + fee) return false;
  const to = accountOf(ex, destination);
  transfer(ex, { from, source, to, target, amount, fee });
  const written = delta(formatUsd(fee));
  noteLedger(ex, from, written);
  if (to !== from) noteLedger(ex, to, written);
  return true;
}

/** Takes a fee of the venue out of a purse. False, and nothing taken, when it cannot spare it. */
export function payFee(ex: Exchange, account: VenueAccount, purse: Purse, amount: number): boolean {
  if (available(account, purse) < amount) return false;
  add(ex, account, purse, -amount);
  purse.token.totals.fees += amount;
  return true;
}
