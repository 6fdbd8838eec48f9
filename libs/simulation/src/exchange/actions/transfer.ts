import { ACCOUNT_TEXTS } from '../account-texts';
import { formatUsd } from '../decimals';
import { noteFlow, usdOf } from '../equity';
import { type Exchange, tokenNamed, usdc } from '../exchange';
import { asAddress, asFlag, asText, type JsonObject } from '../json';
import { noteLedger } from '../ledger-updates';
import { isUnified } from '../margin';
import type { Address, ExchangeAnswer } from '../port';
import type { VenueAccount } from '../state';
import { add, available, mainPurse, purseNamed, send, spotPurse, transfer } from '../transfers';
import { readAmount } from './amount';
import { type Actor, done, ofMaster, ownerSigned, type Prepare, type PreparedAction, refused } from './prepared';

/** `usdSend`: USDC to another account's main dex; the destination is made when it is new. */
export const prepareUsdSend: Prepare = (action) => {
  const destination = asAddress(action.destination);
  const amount = readAmount(action.amount);
  if (destination === null || amount === null) return null;
  return ownerSigned((ex, { owner }) => {
    if (!takesMoney(ex, destination)) return refused(ACCOUNT_TEXTS.invalidDestination);
    const purse = mainPurse(ex);
    const sent = send(ex, { from: owner, source: purse, destination, target: purse, amount }, (fee) => ({
      type: 'internalTransfer',
      usdc: formatUsd(amount),
      user: owner.address,
      destination,
      fee,
    }));
    return sent ? done : refused(ACCOUNT_TEXTS.insufficientWithdrawal);
  });
};

/** A vault takes deposits alone, the makers nothing. */
const takesMoney = (ex: Exchange, destination: Address): boolean => {
  const account = ex.accounts.get(destination);
  return account === undefined || (account.leader === null && !account.isHouse);
};

/** `spotSend`: a token to another account's spot balance. */
export const prepareSpotSend: Prepare = (action) => {
  const destination = asAddress(action.destination);
  const amount = readAmount(action.amount);
  const tokenText = asText(action.token);
  if (destination === null || amount === null || tokenText === null) return null;
  return ownerSigned((ex, { owner, nonce }) => {
    const token = tokenNamed(ex, tokenText);
    if (token === null) return refused(ACCOUNT_TEXTS.unknownToken);
    if (!takesMoney(ex, destination)) return refused(ACCOUNT_TEXTS.invalidDestination);
    const purse = spotPurse(token);
    const sent = send(ex, { from: owner, source: purse, destination, target: purse, amount }, (fee) => ({
      type: 'spotTransfer',
      token: token.spec.name,
      amount: formatUsd(amount),
      usdcValue: formatUsd(usdOf(token, amount)),
      user: owner.address,
      destination,
      fee,
      nativeTokenFee: '0.0',
      nonce,
      feeToken: fee === '0.0' ? '' : token.spec.name,
    }));
    return sent ? done : refused(ACCOUNT_TEXTS.insufficientTransfer);
  });
};

/** `withdraw3`: USDC off the venue; the fee is taken from the amount. It is gone at once here, not after some minutes. */
export const prepareWithdraw: Prepare = (action) => {
  const destination = asAddress(action.destination);
  const amount = readAmount(action.amount);
  if (destination === null || amount === null) return null;
  return ownerSigned((ex, { owner, nonce }) => {
    const fee = ex.settings.withdrawalFeeUsd;
    const purse = mainPurse(ex);
    if (amount <= fee || available(owner, purse) < amount) return refused(ACCOUNT_TEXTS.insufficientWithdrawal);
    add(ex, owner, purse, -amount);
    purse.token.totals.credited -= amount - fee;
    purse.token.totals.fees += fee;
    noteFlow(ex, owner, -amount);
    noteLedger(ex, owner, { type: 'withdraw', usdc: formatUsd(amount - fee), nonce, fee: formatUsd(fee) });
    return done;
  });
};

const SUB_ACCOUNT_SUFFIX = / ?subaccount:(0x[0-9a-fA-F]{40})$/;

/** `usdClassTransfer`: between the USDC spot balance and the main dex, of a sub-account where the amount ends in ` subaccount:0x…`. */
export const prepareUsdClassTransfer: Prepare = (action) => {
  const toPerp = asFlag(action.toPerp);
  const text = asText(action.amount);
  if (toPerp === null || text === null) return null;
  const sub = SUB_ACCOUNT_SUFFIX.exec(text)?.[1] ?? null;
  const amount = readAmount(text.replace(SUB_ACCOUNT_SUFFIX, ''));
  if (amount === null) return null;
  return ownerSigned((ex, { owner }) => {
    const account = sub === null ? owner : subAccountOf(ex, owner, asAddress(sub));
    if (account === null) return refused(ACCOUNT_TEXTS.notSubAccount);
    if (isUnified(account)) return refused(ACCOUNT_TEXTS.unifiedDisabled);
    const [perp, spot] = [mainPurse(ex), spotPurse(usdc(ex))];
    const [source, target] = toPerp ? [spot, perp] : [perp, spot];
    if (!transfer(ex, { from: account, source, to: account, target, amount })) return refused(ACCOUNT_TEXTS.insufficientWithdrawal);
    noteLedger(ex, account, { type: 'accountClassTransfer', usdc: formatUsd(amount), toPerp });
    return done;
  });
};

/** The sub-account of an address; null when it is not this master's. */
export function subAccountOf(ex: Exchange, master: VenueAccount, address: Address | null): VenueAccount | null {
  const account = address === null ? undefined : ex.accounts.get(address);
  return account?.master === master ? account : null;
}

/** `sendAsset`: a token between dexes (`""` main, `"spot"`) that hold it, of one account or two. */
export const prepareSendAsset: Prepare = (action) => sendingAsset(action, ownerSigned);

/** `agentSendAsset`: the same signed by an agent, and then only between accounts of the same master. */
export const prepareAgentSendAsset: Prepare = (action) => sendingAsset(action, ofMaster);

interface AssetWords {
  readonly destination: Address;
  readonly sourceDex: string;
  readonly destinationDex: string;
  readonly token: string;
  readonly amount: number;
  /** Empty: the signer's own account. */
  readonly fromSubAccount: string;
}

function readAssetWords(action: JsonObject): AssetWords | null {
  const destination = asAddress(action.destination);
  const sourceDex = asText(action.sourceDex);
  const destinationDex = asText(action.destinationDex);
  const token = asText(action.token);
  const amount = readAmount(action.amount);
  const fromSubAccount = action.fromSubAccount === undefined ? '' : asText(action.fromSubAccount);
  if (destination === null || sourceDex === null || destinationDex === null) return null;
  if (token === null || amount === null || fromSubAccount === null) return null;
  return { destination, sourceDex, destinationDex, token, amount, fromSubAccount };
}

function sendingAsset(action: JsonObject, signed: typeof ofMaster): PreparedAction | null {
  const words = readAssetWords(action);
  if (words === null) return null;
  return signed((ex, actor) => sendAsset(ex, actor, words, actor.signer === actor.owner.address));
}

function sendAsset(ex: Exchange, { owner, nonce }: Actor, words: AssetWords, isOwner: boolean): ExchangeAnswer {
  const { destination, sourceDex, destinationDex, amount, fromSubAccount } = words;
  const token = tokenNamed(ex, words.token);
  if (token === null) return refused(ACCOUNT_TEXTS.unknownToken);
  const from = fromSubAccount === '' ? owner : subAccountOf(ex, owner, asAddress(fromSubAccount));
  if (from === null) return refused(ACCOUNT_TEXTS.notSubAccount);
  const source = purseNamed(ex, sourceDex, token);
  const target = purseNamed(ex, destinationDex, token);
  if (source === null || target === null) return refused(ACCOUNT_TEXTS.invalidDestination);
  const to = ex.accounts.get(destination);
  if (!takesMoney(ex, destination) || (!isOwner && to !== owner && to?.master !== owner)) return refused(ACCOUNT_TEXTS.invalidDestination);
  if (to === from && isUnified(from)) return refused(ACCOUNT_TEXTS.unifiedDisabled);
  const sent = send(ex, { from, source, destination, target, amount }, (fee) => ({
    type: 'send',
    user: from.address,
    destination,
    sourceDex,
    destinationDex,
    token: token.spec.name,
    amount: formatUsd(amount),
    usdcValue: formatUsd(usdOf(token, amount)),
    fee,
    nativeTokenFee: '0.0',
    nonce,
    feeToken: fee === '0.0' ? '' : token.spec.name,
  }));
  return sent ? done : refused(ACCOUNT_TEXTS.insufficientTransfer);
}
