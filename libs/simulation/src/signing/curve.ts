import { createRequire } from 'node:module';

/** The uncompressed public key (65 bytes, leading 0x04) behind a signature over a 32-byte digest, or null when there is none. */
export type RecoverKey = (signature: Uint8Array, recoveryId: 0 | 1, digest: Uint8Array) => Uint8Array | null;

export interface Curve {
  /** Which implementation is live: stated in the statistics, because their speeds differ threefold. */
  readonly name: 'native' | 'wasm';
  readonly recover: RecoverKey;
}

interface NativeBindings {
  ecdsaRecover(signature: Uint8Array, recoveryId: number, digest: Uint8Array, compressed: boolean): Uint8Array;
}

/** The native library where a prebuilt binary exists, else WebAssembly. The package's own pure JavaScript fallback is never taken. */
export async function loadCurve(prefer: 'native' | 'wasm' = 'native'): Promise<Curve> {
  const bindings = prefer === 'native' ? loadBindings() : null;
  return bindings === null ? wasmCurve() : { name: 'native', recover: nativeRecover(bindings) };
}

function loadBindings(): NativeBindings | null {
  try {
    const loaded: unknown = createRequire(__filename)('secp256k1/bindings');
    return asBindings(loaded);
  } catch {
    return null;
  }
}

function asBindings(value: unknown): NativeBindings | null {
  const complete = typeof value === 'object' && value !== null && 'ecdsaRecover' in value && typeof value.ecdsaRecover === 'function';
  return complete ? (value as NativeBindings) : null;
}

function nativeRecover(bindings: NativeBindings): RecoverKey {
  return (signature, recoveryId, digest) => {
    try {
      return bindings.ecdsaRecover(signature, recoveryId, digest, false);
    } catch {
      // The library throws for r or s out of range and for a point that is not on the curve: all mean "no such key".
      return null;
    }
  };
}

async function wasmCurve(): Promise<Curve> {
  const { instantiateSecp256k1 } = await import('@bitauth/libauth');
  const library = await instantiateSecp256k1();
  return {
    name: 'wasm',
    recover: (signature, recoveryId, digest) => {
      const key = library.recoverPublicKeyUncompressed(signature, recoveryId, digest);
      return typeof key === 'string' ? null : key;
    },
  };
}
