import { formatUsd, parseUnits, USD_DECIMALS } from '../decimals';
import { accountOf, dexNamed, type Exchange, mainDex } from '../exchange';
import { asAddress, asFlag, asText } from '../json';
import { noteLedger } from '../ledger-updates';
import type { Json } from '../port';
import { REQUEST_TEXTS } from '../texts';
import { move, type Purse, sendUsd } from '../transfers';
import { done, ownerSigned, type Prepare, refused } from './prepared';

/** A positive amount of USDC, in usd units; null for anything else. */
function readAmount(value: Json | undefined): number | null {
  const usd = parseUnits(value, USD_DECIMALS);
  return usd > 0 ? usd : null;
}

/** `usdSend`: to another account's main dex; the destination is made when it is new. */
export const prepareUsdSend: Prepare = (action) => {
  const destination = asAddress(action.destination);
  const usd = readAmount(action.amount);
  if (destination === null || usd === null) return null;
  return ownerSigned((ex, { owner }) => (sendUsd(ex, owner, destination, usd) ? done : refused(REQUEST_TEXTS.insufficientWithdrawal)));
};

/** `usdClassTransfer`: between the spot balance and the main dex. */
export const prepareUsdClassTransfer: Prepare = (action) => {
  const toPerp = asFlag(action.toPerp);
  const usd = readAmount(action.amount);
  if (toPerp === null || usd === null) return null;
  return ownerSigned((ex, { owner }) => {
    const [source, target]: Purse[] = toPerp ? ['spot', mainDex(ex)] : [mainDex(ex), 'spot'];
    if (source === undefined || target === undefined || !move(ex, owner, source, owner, target, usd))
      return refused(REQUEST_TEXTS.insufficientWithdrawal);
    noteLedger(ex, owner, { type: 'accountClassTransfer', usdc: formatUsd(usd), toPerp });
    return done;
  });
};

/** `sendAsset`: USDC between dexes (`""` main, `"spot"`), of one account or two. */
export const prepareSendAsset: Prepare = (action) => {
  const destination = asAddress(action.destination);
  const sourceDex = asText(action.sourceDex);
  const destinationDex = asText(action.destinationDex);
  const usd = readAmount(action.amount);
  if (destination === null || sourceDex === null || destinationDex === null || usd === null || asText(action.token) === null) return null;
  return ownerSigned((ex, { owner }) => {
    const source = purse(ex, sourceDex);
    const target = purse(ex, destinationDex);
    if (source === null || target === null) return refused(REQUEST_TEXTS.invalidDestination);
    const to = accountOf(ex, destination);
    if (!move(ex, owner, source, to, target, usd)) return refused(REQUEST_TEXTS.insufficientTransfer);
    const amount = formatUsd(usd);
    const parties = { user: owner.address, destination, sourceDex, destinationDex };
    const delta = {
      type: 'send',
      ...parties,
      token: 'USDC',
      amount,
      usdcValue: amount,
      fee: '0.0',
      nativeTokenFee: '0.0',
      nonce: null,
      feeToken: '',
    };
    noteLedger(ex, owner, delta);
    if (to !== owner) noteLedger(ex, to, delta);
    return done;
  });
};

const purse = (ex: Exchange, name: string): Purse | null => (name === 'spot' ? 'spot' : dexNamed(ex, name));
