import type { Address, Json } from '../exchange/port';
import { isAddress } from './hex';
import type { L1Hasher } from './l1-digest';
import type { ActionJson, SignedRequest } from './request';
import type { UserSignedHasher } from './user-signed-digest';
import { USER_SIGNED_TYPES, type UserSignedType } from './user-signed-types';

/** What the users of a multi-signature account signed, and their signatures as they came. */
export interface CosignedPayload {
  readonly multiSigUser: string;
  readonly outerSigner: string;
  readonly action: ActionJson;
  readonly signatures: readonly unknown[];
}

type Field = { readonly [key: string]: unknown };
const isField = (value: unknown): value is Field => typeof value === 'object' && value !== null && !Array.isArray(value);
const isAction = (value: unknown): value is ActionJson => isField(value) && typeof value.type === 'string';

/** Reads a `multiSig` wrapper; null for another action or one of another form. */
export function readCosigned({ action }: SignedRequest): CosignedPayload | null {
  const { payload, signatures } = action;
  if (action.type !== 'multiSig' || !isField(payload) || !Array.isArray(signatures)) return null;
  const { multiSigUser, outerSigner, action: inner } = payload;
  if (!isAddress(multiSigUser) || !isAddress(outerSigner) || !isAction(inner)) return null;
  return { multiSigUser, outerSigner, action: inner, signatures };
}

/** The same type as a multi-signature account's users sign it: account and outer signer stand behind the first field. */
function cosignedType({ name, fields }: UserSignedType): UserSignedType {
  const [first, ...rest] = fields;
  const parties: UserSignedType['fields'] = [
    ['payloadMultiSigUser', 'address'],
    ['outerSigner', 'address'],
  ];
  return { name, fields: first === undefined ? parties : [first, ...parties, ...rest] };
}

/** The digest each user signs; null when a user-signed action lacks a field. */
export function cosignedDigest(
  l1: L1Hasher,
  userSigned: UserSignedHasher,
  request: SignedRequest,
  payload: CosignedPayload,
  testnet: boolean,
): Uint8Array | null {
  const { multiSigUser, outerSigner, action } = payload;
  const type = USER_SIGNED_TYPES.get(action.type);
  if (type !== undefined) return userSigned(cosignedType(type), { ...action, payloadMultiSigUser: multiSigUser, outerSigner });
  const envelope: Json = [multiSigUser.toLowerCase(), outerSigner.toLowerCase(), action];
  const { nonce, vaultAddress, expiresAfter } = request;
  return l1.agentDigest(l1.connectionId({ action: envelope, nonce, vaultAddress, expiresAfter }), testnet);
}

/** An inner signature as it came, or null. */
export function readSignature(value: unknown): SignedRequest['signature'] | null {
  if (!isField(value)) return null;
  const { r, s, v } = value;
  return typeof r === 'string' && typeof s === 'string' && typeof v === 'number' ? { r, s, v } : null;
}

/** Who signed beside the outer signer, one for each inner signature: null where none can be recovered. */
export type Cosigners = readonly (Address | null)[];
