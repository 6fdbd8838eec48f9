import { err, ok, type Result } from '@lockstep/kernel';
import type { Address } from '../exchange/port';
import { type Cosigners, cosignedDigest, readCosigned, readSignature } from './cosigners';
import { type Curve, loadCurve } from './curve';
import { paddedBytes, toHex } from './hex';
import { createKeccak256, type Keccak } from './keccak';
import { createL1Hasher, type L1Hasher } from './l1-digest';
import type { ActionJson, SignedRequest } from './request';
import { createUserSignedHasher, type UserSignedHasher } from './user-signed-digest';
import { SEND_MULTI_SIG, USER_SIGNED_TYPES } from './user-signed-types';

/**
 * Why no signer came out. `unrecoverable`: r, s, v are not a signature. `malformed_action`: a user-signed action lacks a field.
 * A wrong signature is neither: it recovers some other address, exactly as at the venue.
 */
export type RecoverError = 'unrecoverable' | 'malformed_action';

/** Finds who signed a request, from its bytes alone. Synchronous; one per thread. */
export interface Recoverer {
  readonly curve: Curve['name'];
  recover(request: SignedRequest, testnet: boolean): Result<Address, RecoverError>;
  /** Who signed a `multiSig` wrapper's payload, one for each inner signature; empty for any other action. */
  cosigners(request: SignedRequest, testnet: boolean): Cosigners;
  /** The address behind a signature over a digest: for tests and for the phantom agent step alone. */
  recoverDigest(digest: Uint8Array, signature: SignedRequest['signature']): Result<Address, RecoverError>;
  readonly l1: L1Hasher;
}

/** A multi-signature account has ten users at most. */
const COSIGNERS_MOST = 10;

/** Loads the curve and the hasher. `prefer: 'wasm'` forces the fallback, for tests and platforms without a prebuilt library. */
export async function createRecoverer(prefer: Curve['name'] = 'native'): Promise<Recoverer> {
  const [curve, keccak] = await Promise.all([loadCurve(prefer), createKeccak256()]);
  const l1 = createL1Hasher(keccak);
  const userSigned = createUserSignedHasher(keccak);
  const signature = new Uint8Array(64);

  const recoverDigest: Recoverer['recoverDigest'] = (digest, { r, s, v }) => {
    const [left, right] = [paddedBytes(r, 32), paddedBytes(s, 32)];
    if (left === null || right === null || (v !== 27 && v !== 28)) return err('unrecoverable');
    signature.set(left, 0);
    signature.set(right, 32);
    const key = curve.recover(signature, v === 27 ? 0 : 1, digest);
    return key === null ? err('unrecoverable') : ok(addressOf(keccak, key));
  };
  return {
    curve: curve.name,
    l1,
    recoverDigest,
    cosigners: (request, testnet) => {
      const payload = readCosigned(request);
      const digest = payload === null ? null : cosignedDigest(l1, userSigned, request, payload, testnet);
      if (payload === null || digest === null) return [];
      return payload.signatures.slice(0, COSIGNERS_MOST).map((value) => {
        const read = readSignature(value);
        const signer = read === null ? null : recoverDigest(digest, read);
        return signer?.ok === true ? signer.value : null;
      });
    },
    recover: (request, testnet) => {
      const digest = digestOf(l1, userSigned, request, testnet);
      return digest === null ? err('malformed_action') : recoverDigest(digest, request.signature);
    },
  };
}

function digestOf(l1: L1Hasher, userSigned: UserSignedHasher, request: SignedRequest, testnet: boolean): Uint8Array | null {
  const type = USER_SIGNED_TYPES.get(request.action.type);
  if (type !== undefined) return userSigned(type, onNetwork(request.action, testnet));
  if (request.action.type === 'multiSig') return multiSigDigest(l1, userSigned, request, testnet);
  return l1.agentDigest(l1.connectionId(request), testnet);
}

/** A network hashes its own name, whatever the request says: what was signed for the other one recovers an address nobody knows. */
const onNetwork = (action: ActionJson, testnet: boolean): ActionJson => ({ ...action, hyperliquidChain: testnet ? 'Testnet' : 'Mainnet' });

/** The outer signature of a multi-signature action covers the hash of its wrapper without `type`. */
function multiSigDigest(l1: L1Hasher, userSigned: UserSignedHasher, request: SignedRequest, testnet: boolean): Uint8Array | null {
  const { type, ...wrapper } = request.action;
  const hash = toHex(l1.connectionId({ ...request, action: wrapper }));
  return userSigned(SEND_MULTI_SIG, {
    type,
    signatureChainId: wrapper.signatureChainId,
    hyperliquidChain: testnet ? 'Testnet' : 'Mainnet',
    multiSigActionHash: hash,
    nonce: request.nonce,
  });
}

function addressOf(keccak: Keccak, key: Uint8Array): Address {
  return toHex(keccak(key.subarray(1)).subarray(12));
}
