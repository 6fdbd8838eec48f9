import { sweep } from './debt';
import { clearingOf, type Exchange, mainDex, touch, usdc } from './exchange';
import { isUnified } from './margin';
import type { Abstraction, VenueAccount } from './state';

/** The modes by what `userSetAbstraction` calls them, and by the letters of `agentSetAbstraction`. */
export const ABSTRACTIONS: ReadonlyMap<string, Abstraction> = new Map([
  ['disabled', 'disabled'],
  ['unifiedAccount', 'unifiedAccount'],
  ['portfolioMargin', 'portfolioMargin'],
]);
export const ABSTRACTION_LETTERS: ReadonlyMap<string, Abstraction> = new Map([
  ['i', 'disabled'],
  ['u', 'unifiedAccount'],
  ['p', 'portfolioMargin'],
]);

/** True when an account may change between one balance and many now: with nothing open. A vault is always standard. */
export function mayChange(account: VenueAccount, to: Abstraction): boolean {
  if (account.leader !== null) return false;
  const changesMoney = isUnified(account) !== (to !== 'disabled');
  if (!changesMoney) return true;
  return account.open.size === 0 && [...account.clearings.values()].every(({ positions }) => positions.size === 0);
}

/**
 * Sets the account mode. One balance per token gathers what lay on the dexes; going back leaves it on spot but for USDC, which goes
 * to the main dex, so that an account can trade at once.
 */
export function setAbstraction(ex: Exchange, account: VenueAccount, to: Abstraction): void {
  const wasUnified = isUnified(account);
  account.abstraction = to;
  if (account.topic !== null) account.topic.stateTouched = true;
  if (isUnified(account)) for (const clearing of account.clearings.values()) sweep(account, clearing);
  else if (wasUnified) release(ex, account);
  for (const clearing of account.clearings.values()) touch(ex, clearing);
}

function release(ex: Exchange, account: VenueAccount): void {
  const amount = account.spot.get(usdc(ex)) ?? 0;
  account.spot.delete(usdc(ex));
  clearingOf(account, mainDex(ex)).cash += amount;
}
