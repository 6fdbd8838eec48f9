import { ACCOUNT_TEXTS, invalidSubAccountTransfer, subAccountNeedsVolume } from '../account-texts';
import { formatUsd } from '../decimals';
import { usdOf } from '../equity';
import { accountOf, type Exchange, tokenNamed } from '../exchange';
import { derivedAddress } from '../hashing';
import { asAddress, asFlag, asText, asWhole } from '../json';
import { noteLedger } from '../ledger-updates';
import { isUnified } from '../margin';
import type { Json } from '../port';
import type { VenueAccount } from '../state';
import { mainPurse, spotPurse, transfer } from '../transfers';
import { readAmount } from './amount';
import { done, ofMaster, okay, type Prepare, refused } from './prepared';
import { subAccountOf } from './transfer';

const NAME_MOST = 16;

const readName = (value: Json | undefined): string | null => {
  const name = asText(value);
  return name !== null && name.length >= 1 && name.length <= NAME_MOST ? name : null;
};

const wholeDollars = (usd: number): string => formatUsd(usd).replace(/\.0$/, '');

/** How many sub-accounts an account may have: some from the start, one more for each step of volume. */
export function subAccountsMost(ex: Exchange, master: VenueAccount): number {
  const { subAccountsBase, subAccountsMost: most, subAccountStepUsd } = ex.settings;
  return Math.min(most, subAccountsBase + Math.floor((master.volume + master.subVolume) / subAccountStepUsd));
}

/** `createSubAccount`: the answer's data is its address. It has no key: the master and its agents sign for it by `vaultAddress`. */
export const prepareCreateSubAccount: Prepare = (action) => {
  const name = readName(action.name);
  if (name === null) return null;
  return ofMaster((ex, { owner }) => {
    const { subAccountVolumeUsd } = ex.settings;
    const traded = owner.volume + owner.subVolume;
    if (traded < subAccountVolumeUsd) return refused(subAccountNeedsVolume(wholeDollars(subAccountVolumeUsd), wholeDollars(traded)));
    if (owner.subAccounts.length >= subAccountsMost(ex, owner)) return refused(ACCOUNT_TEXTS.tooManySubAccounts);
    if (owner.subAccounts.some(({ subName }) => subName === name)) return refused(ACCOUNT_TEXTS.subAccountName);
    const sub = accountOf(ex, derivedAddress(ex.config.seed, ex.block, ex.index), owner);
    sub.subName = name;
    owner.subAccounts.push(sub);
    return okay('createSubAccount', sub.address);
  });
};

/** `subAccountModify`: renames one. */
export const prepareSubAccountModify: Prepare = (action) => {
  const address = asAddress(action.subAccountUser);
  const name = readName(action.name);
  if (address === null || name === null) return null;
  return ofMaster((ex, { owner }) => {
    const sub = subAccountOf(ex, owner, address);
    if (sub === null) return refused(ACCOUNT_TEXTS.notSubAccount);
    sub.subName = name;
    return done;
  });
};

/** `subAccountTransfer`: USDC between the main dexes of the master and one of its sub-accounts, in 10^-6 dollars. Agents may sign it too. */
export const prepareSubAccountTransfer: Prepare = (action) => {
  const address = asAddress(action.subAccountUser);
  const isDeposit = asFlag(action.isDeposit);
  const usd = asWhole(action.usd);
  if (address === null || isDeposit === null || usd === null || usd <= 0) return null;
  return ofMaster((ex, { owner }) => {
    const sub = subAccountOf(ex, owner, address);
    if (sub === null) return refused(invalidSubAccountTransfer(...between(owner.address, address, isDeposit)));
    if (isUnified(owner) || isUnified(sub)) return refused(ACCOUNT_TEXTS.unifiedDisabled);
    const [from, to] = between(owner, sub, isDeposit);
    const purse = mainPurse(ex);
    if (!transfer(ex, { from, source: purse, to, target: purse, amount: usd })) return refused(ACCOUNT_TEXTS.insufficientWithdrawal);
    const delta = { type: 'subAccountTransfer', usdc: formatUsd(usd), user: from.address, destination: to.address };
    noteLedger(ex, from, delta);
    noteLedger(ex, to, delta);
    return done;
  });
};

const between = <T>(master: T, sub: T, isDeposit: boolean): readonly [from: T, to: T] => (isDeposit ? [master, sub] : [sub, master]);

/** `subAccountSpotTransfer`: a token between the spot balances of the master and one of its sub-accounts. */
export const prepareSubAccountSpotTransfer: Prepare = (action) => {
  const address = asAddress(action.subAccountUser);
  const isDeposit = asFlag(action.isDeposit);
  const tokenText = asText(action.token);
  const amount = readAmount(action.amount);
  if (address === null || isDeposit === null || tokenText === null || amount === null) return null;
  return ofMaster((ex, { owner, nonce }) => {
    const sub = subAccountOf(ex, owner, address);
    if (sub === null) return refused(invalidSubAccountTransfer(...between(owner.address, address, isDeposit)));
    const token = tokenNamed(ex, tokenText);
    if (token === null) return refused(ACCOUNT_TEXTS.unknownToken);
    const [from, to] = between(owner, sub, isDeposit);
    const purse = spotPurse(token);
    if (!transfer(ex, { from, source: purse, to, target: purse, amount })) return refused(ACCOUNT_TEXTS.insufficientTransfer);
    const delta = {
      type: 'spotTransfer',
      token: token.spec.name,
      amount: formatUsd(amount),
      usdcValue: formatUsd(usdOf(token, amount)),
      user: from.address,
      destination: to.address,
      fee: '0.0',
      nativeTokenFee: '0.0',
      nonce,
      feeToken: '',
    };
    noteLedger(ex, from, delta);
    noteLedger(ex, to, delta);
    return done;
  });
};
