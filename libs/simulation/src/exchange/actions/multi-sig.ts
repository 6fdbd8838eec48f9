import { ACCOUNT_TEXTS } from '../account-texts';
import { checkEnvelope } from '../envelope';
import type { Exchange } from '../exchange';
import { asAddress, asList, asObject, asText, asWhole } from '../json';
import type { Address, ExchangeAnswer, Json } from '../port';
import type { MultiSig } from '../state';
import { unknownWallet } from '../texts';
import { type Actor, done, ownerSigned, type Prepare, type PreparedAction, refused } from './prepared';

const USERS_MOST = 10;

/** `{authorizedUsers, threshold}` as JSON text, or `null` to be an ordinary account again. Undefined for anything else. */
function readSigners(text: string): MultiSig | null | undefined {
  let parsed: Json;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (parsed === null) return null;
  const object = asObject(parsed);
  const users = asList(object?.authorizedUsers)?.map(asAddress) ?? [];
  const threshold = asWhole(object?.threshold);
  const known = users.filter((user): user is Address => user !== null);
  if (known.length === 0 || known.length !== users.length || known.length > USERS_MOST || new Set(known).size !== known.length) return undefined;
  return threshold === null || threshold < 1 || threshold > known.length ? undefined : { users: known, threshold };
}

/** `convertToMultiSigUser`: from then on the account's own key signs nothing; its users do, by `multiSig`. They must have accounts. */
export const prepareConvertToMultiSigUser: Prepare = (action) => {
  const text = asText(action.signers);
  const signers = text === null ? undefined : readSigners(text);
  if (signers === undefined) return null;
  return ownerSigned((ex, { owner }) => {
    if (signers?.users.some((user) => user === owner.address || !ex.accounts.has(user)) === true) return refused(ACCOUNT_TEXTS.multiSigUsers);
    owner.multiSig = signers;
    return done;
  });
};

interface Payload {
  readonly multiSigUser: Address;
  readonly outerSigner: Address;
  readonly action: Json;
  readonly inner: PreparedAction;
}

/**
 * `multiSig`: an action of a multi-signature account, signed by enough of its users and sent by one of them or another's key. Only the
 * outer signer's nonce is used; the inner action runs as the account's own.
 */
export const multiSigPreparer =
  (prepareAction: (action: Json) => PreparedAction | null): Prepare =>
  (action) => {
    const payload = asObject(action.payload);
    const multiSigUser = asAddress(payload?.multiSigUser);
    const outerSigner = asAddress(payload?.outerSigner);
    const wrapped = payload?.action ?? null;
    const signatures = asList(action.signatures);
    if (multiSigUser === null || outerSigner === null || signatures === null || signatures.length > USERS_MOST) return null;
    const inner = asText(asObject(wrapped)?.type) === 'multiSig' ? null : prepareAction(wrapped);
    if (inner === null) return null;
    const read: Payload = { multiSigUser, outerSigner, action: wrapped, inner };
    return { ...inner, ownerOnly: false, masterOnly: true, run: (ex, actor) => runInner(ex, actor, read) };
  };

function runInner(ex: Exchange, { signer, nonce, cosigners }: Actor, { multiSigUser, outerSigner, action, inner }: Payload): ExchangeAnswer {
  const account = ex.accounts.get(multiSigUser);
  if (account === undefined || account.multiSig === null || signer !== outerSigner) return refused(unknownWallet(multiSigUser));
  const { users, threshold } = account.multiSig;
  const valid = cosigners.every((cosigner) => cosigner !== null && users.includes(cosigner));
  if (!valid || new Set(cosigners).size !== cosigners.length || cosigners.length < threshold) return refused(ACCOUNT_TEXTS.multiSigSigners);
  const mismatch = inner.ownerOnly ? checkEnvelope(ex, action, nonce) : null;
  return mismatch === null ? inner.run(ex, { owner: account, signer: multiSigUser, nonce, cosigners: [] }) : refused(mismatch);
}
