import { ABSTRACTION_LETTERS, ABSTRACTIONS, mayChange, setAbstraction } from '../abstraction';
import { ACCOUNT_TEXTS } from '../account-texts';
import type { Exchange } from '../exchange';
import { asAddress, asText } from '../json';
import type { ExchangeAnswer } from '../port';
import type { Abstraction, VenueAccount } from '../state';
import { done, ofMaster, ownerSigned, type Prepare, refused } from './prepared';
import { subAccountOf } from './transfer';

/** `userSetAbstraction`: the account mode of the signer or of one of its sub-accounts. */
export const prepareUserSetAbstraction: Prepare = (action) => {
  const user = asAddress(action.user);
  const wanted = ABSTRACTIONS.get(asText(action.abstraction) ?? '');
  if (user === null || wanted === undefined) return null;
  return ownerSigned((ex, { owner }) => {
    const account = user === owner.address ? owner : subAccountOf(ex, owner, user);
    return account === null ? refused(ACCOUNT_TEXTS.notSubAccount) : change(ex, account, wanted);
  });
};

/** `agentSetAbstraction`: the same signed by an agent, for the account it acts for. */
export const prepareAgentSetAbstraction: Prepare = (action) => {
  const wanted = ABSTRACTION_LETTERS.get(asText(action.abstraction) ?? '');
  if (wanted === undefined) return null;
  return ofMaster((ex, { owner }) => change(ex, owner, wanted));
};

function change(ex: Exchange, account: VenueAccount, wanted: Abstraction): ExchangeAnswer {
  if (!mayChange(account, wanted)) return refused(ACCOUNT_TEXTS.abstractionNotAllowed);
  setAbstraction(ex, account, wanted);
  return done;
}
