import { ACCOUNT_TEXTS } from '../account-texts';
import { asAddress, asWhole } from '../json';
import { mainPurse, payFee } from '../transfers';
import { done, ofMaster, type Prepare, refused } from './prepared';

const USD_PER_REQUEST = 500;

/** `reserveRequestWeight`: buys requests of the address budget at 0.0005 USDC each, for another account where `destination` names it. */
export const prepareReserveRequestWeight: Prepare = (action) => {
  const weight = asWhole(action.weight);
  const destination = action.destination === undefined || action.destination === null ? null : asAddress(action.destination);
  if (weight === null || weight <= 0 || weight > Number.MAX_SAFE_INTEGER / USD_PER_REQUEST) return null;
  if (destination === null && action.destination !== undefined && action.destination !== null) return null;
  return ofMaster((ex, { owner }) => {
    const account = destination === null ? owner : ex.accounts.get(destination);
    if (account === undefined) return refused(ACCOUNT_TEXTS.invalidDestination);
    if (!payFee(ex, owner, mainPurse(ex), weight * USD_PER_REQUEST)) return refused(ACCOUNT_TEXTS.insufficientWithdrawal);
    account.requests -= weight;
    return done;
  });
};
