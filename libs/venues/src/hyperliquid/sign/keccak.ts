import { createKeccak } from 'hash-wasm';

/** Keccak-256 with one reused hasher; synchronous once made. Not for use from two threads at a time. */
export type Keccak = (bytes: Uint8Array) => Uint8Array;

/** Loads the wasm hasher. The returned function gives 32 fresh bytes per call. */
export async function loadKeccak(): Promise<Keccak> {
  const hasher = await createKeccak(256);
  return (bytes) => {
    hasher.init();
    hasher.update(bytes);
    return hasher.digest('binary');
  };
}
