import { createKeccak } from 'hash-wasm';

/** Keccak-256 over the concatenation of its parts; always a fresh 32-byte array. */
export type Keccak = (...parts: readonly Uint8Array[]) => Uint8Array;

/** One reused hasher: building a hasher per digest would cost more than the digest. Not to be shared between threads. */
export async function createKeccak256(): Promise<Keccak> {
  const hasher = await createKeccak(256);
  return (...parts) => {
    hasher.init();
    for (const part of parts) hasher.update(part);
    return hasher.digest('binary');
  };
}
