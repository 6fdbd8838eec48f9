import { anyBytes, isAddress, paddedBytes, uintWord, utf8 } from './hex';
import type { Keccak } from './keccak';
import { domainSeparator } from './l1-digest';
import type { ActionJson } from './request';
import type { TypedField, UserSignedType } from './user-signed-types';

/** The EIP-712 digest of a user-signed action, or null when a field is missing or of another form. */
export type UserSignedHasher = (type: UserSignedType, action: ActionJson) => Uint8Array | null;

/** Chains whose domain separator is kept; wallets use a handful, so the bound only stops abuse. */
const CACHED_DOMAINS_MAX = 256;

export function createUserSignedHasher(keccak: Keccak): UserSignedHasher {
  const prefix = Uint8Array.of(0x19, 0x01);
  const domains = new Map<bigint, Uint8Array>();
  const typeHashes = new Map<string, Uint8Array>();

  const domainOf = (chainId: bigint): Uint8Array => {
    const known = domains.get(chainId);
    if (known !== undefined) return known;
    const made = domainSeparator(keccak, 'HyperliquidSignTransaction', chainId);
    if (domains.size < CACHED_DOMAINS_MAX) domains.set(chainId, made);
    return made;
  };
  const typeHashOf = (type: UserSignedType): Uint8Array => {
    // A type has a second form with the parties of a multi-signature account: the number of fields tells them apart.
    const key = `${type.name}/${type.fields.length}`;
    const known = typeHashes.get(key);
    if (known !== undefined) return known;
    const fields = type.fields.map(([name, kind]) => `${kind} ${name}`).join(',');
    const made = keccak(utf8(`HyperliquidTransaction:${type.name}(${fields})`));
    typeHashes.set(key, made);
    return made;
  };

  return (type, action) => {
    const chainId = readChainId(action.signatureChainId);
    if (chainId === null) return null;
    const words: Uint8Array[] = [typeHashOf(type)];
    for (const field of type.fields) {
      const word = encodeField(keccak, field, action);
      if (word === null) return null;
      words.push(word);
    }
    return keccak(prefix, domainOf(chainId), keccak(...words));
  };
}

function readChainId(value: unknown): bigint | null {
  return typeof value === 'string' && /^0x[0-9a-fA-F]{1,16}$/.test(value) ? BigInt(value) : null;
}

function encodeField(keccak: Keccak, [name, type]: TypedField, action: ActionJson): Uint8Array | null {
  // An unnamed agent is signed with an empty name, and some clients then leave the key out of the body.
  const value = name === 'agentName' ? (action[name] ?? '') : action[name];
  switch (type) {
    case 'string':
      return typeof value === 'string' ? keccak(utf8(value)) : null;
    case 'address':
      return isAddress(value) ? paddedBytes(value, 32) : null;
    case 'bool':
      return typeof value === 'boolean' ? uintWord(value ? 1n : 0n) : null;
    case 'uint32':
    case 'uint64':
      return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? uintWord(BigInt(value)) : null;
    case 'bytes32':
      return typeof value === 'string' && value.length === 66 ? paddedBytes(value, 32) : null;
    case 'bytes': {
      const bytes = anyBytes(value);
      return bytes === null ? null : keccak(bytes);
    }
  }
}
