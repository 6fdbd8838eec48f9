import { ACCOUNT_TEXTS, referralNeedsVolume } from '../account-texts';
import { formatUsd } from '../decimals';
import { asText } from '../json';
import type { Json } from '../port';
import { claim } from '../rewards';
import { done, ofMaster, type Prepare, refused } from './prepared';

const CODE_MOST = 20;

const readCode = (value: Json | undefined): string | null => {
  const code = asText(value);
  return code !== null && code.length >= 1 && code.length <= CODE_MOST ? code : null;
};

const wholeDollars = (usd: number): string => formatUsd(usd).replace(/\.0$/, '');

/** `registerReferrer`: makes a code that others may name; it needs some volume. */
export const prepareRegisterReferrer: Prepare = (action) => {
  const code = readCode(action.code);
  if (code === null) return null;
  return ofMaster((ex, { owner }) => {
    const { referrerVolumeUsd } = ex.settings;
    if (owner.volume < referrerVolumeUsd) return refused(referralNeedsVolume(wholeDollars(referrerVolumeUsd), wholeDollars(owner.volume)));
    if (ex.referralCodes.has(code) || owner.referralCode !== null) return refused(ACCOUNT_TEXTS.referralTaken);
    owner.referralCode = code;
    ex.referralCodes.set(code, owner);
    return done;
  });
};

/** `setReferrer`: once, by a registered code of another account. Fees are then less, and a part of them is the referrer's. */
export const prepareSetReferrer: Prepare = (action) => {
  const code = readCode(action.code);
  if (code === null) return null;
  return ofMaster((ex, { owner }) => {
    const referrer = ex.referralCodes.get(code);
    if (referrer === undefined) return refused(ACCOUNT_TEXTS.referralCode);
    if (referrer === owner) return refused(ACCOUNT_TEXTS.referralSelf);
    if (owner.referredBy !== null) return refused(ACCOUNT_TEXTS.referralSet);
    owner.referredBy = { referrer, code, time: ex.time };
    return done;
  });
};

/** `claimRewards`: builder fees and referral rewards, paid to the spot balances. */
export const prepareClaimRewards: Prepare = () => ofMaster((ex, { owner }) => (claim(ex, owner) ? done : refused(ACCOUNT_TEXTS.nothingToClaim)));
