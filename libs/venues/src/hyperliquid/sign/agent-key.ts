import { present, type Random } from '@lockstep/kernel';
import type { Address } from '../../port';
import type { Curve } from './ecdsa';
import type { Keccak } from './keccak';
import { loadSigningTools } from './l1-signer';

/** A new agent: its secret and the address the follower's wallet approves. */
export interface AgentKey {
  readonly privateKey: Uint8Array;
  readonly address: Address;
}

const ATTEMPTS_MAX = 8;

/** Makes an agent key from 32 random bytes, independent of every other key (no derivation: facts dependencies §1.7). The caller owns and must wipe the secret. */
export async function generateAgentKey(random: Random): Promise<AgentKey> {
  const { keccak, curve } = await loadSigningTools();
  let privateKey: Uint8Array | null = null;
  for (let attempt = 0; attempt < ATTEMPTS_MAX && privateKey === null; attempt += 1) {
    const candidate = random.bytes(32);
    if (curve.isPrivateKey(candidate)) privateKey = Uint8Array.from(candidate);
  }
  const secret = present(privateKey, 'a private key among random bytes');
  return { privateKey: secret, address: addressOf(keccak, curve.publicKey(secret)) };
}

/** The address of an existing private key (32 bytes); null when the bytes are no private key. For importing test keys. */
export async function addressOfKey(privateKey: Uint8Array): Promise<Address | null> {
  const { keccak, curve } = await loadSigningTools();
  return curve.isPrivateKey(privateKey) ? addressOf(keccak, curve.publicKey(privateKey)) : null;
}

/** The last 20 bytes of the hash of an uncompressed public key, lower case. */
export function addressOf(keccak: Keccak, publicKey: Uint8Array): Address {
  return `0x${Buffer.from(keccak(publicKey.subarray(1))).toString('hex', 12)}`;
}

/** Recovers the address that signed a digest. */
export function recoverAddress(
  tools: { readonly keccak: Keccak; readonly curve: Curve },
  digest: Uint8Array,
  signature: Uint8Array,
  recoveryId: number,
): Address {
  return addressOf(tools.keccak, tools.curve.recover(digest, signature, recoveryId));
}
