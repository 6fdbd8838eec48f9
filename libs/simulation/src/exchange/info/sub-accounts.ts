import { clearinghouseJson } from '../clearinghouse';
import { mainDex } from '../exchange';
import { spotStateJson } from '../spot-state';
import { forUser } from './request';

/** Null where an account has none. */
export const subAccounts = forUser((ex, user) => {
  const subs = ex.accounts.get(user)?.subAccounts ?? [];
  if (subs.length === 0) return null;
  return subs.map((sub) => ({
    name: sub.subName,
    subAccountUser: sub.address,
    master: user,
    clearinghouseState: clearinghouseJson(ex, sub, mainDex(ex)),
    spotState: spotStateJson(ex, sub),
  }));
});

/** The same with the clearinghouse of every dex and the account mode. */
export const subAccounts2 = forUser((ex, user) => {
  const subs = ex.accounts.get(user)?.subAccounts ?? [];
  if (subs.length === 0) return null;
  return subs.map((sub) => ({
    name: sub.subName,
    subAccountUser: sub.address,
    master: user,
    dexToClearinghouseState: ex.dexes.map((dex) => [dex.spec.name, clearinghouseJson(ex, sub, dex)]),
    spotState: spotStateJson(ex, sub),
    ...(sub.abstraction === 'disabled' ? {} : { abstraction: sub.abstraction }),
  }));
});
