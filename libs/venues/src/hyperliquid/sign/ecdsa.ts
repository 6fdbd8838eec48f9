import { createRequire } from 'node:module';
import { must } from '@lockstep/kernel';

/** Signs 32-byte digests on secp256k1. `sign` writes r ‖ s (64 bytes, low s) into `out` and returns the recovery id, 0 or 1. */
export interface DigestSigner {
  sign(digest: Uint8Array, privateKey: Uint8Array, out: Uint8Array): number;
}

/** The curve operations Lockstep needs. Signatures are RFC 6979: the same key and digest always give the same bytes. */
export interface Curve extends DigestSigner {
  readonly engine: 'native' | 'wasm';
  /** True when the 32 bytes are a private key: not zero, below the group order. */
  isPrivateKey(bytes: Uint8Array): boolean;
  /** Uncompressed public key, 65 bytes beginning with 4. */
  publicKey(privateKey: Uint8Array): Uint8Array;
  /** Uncompressed public key that made this signature. */
  recover(digest: Uint8Array, signature: Uint8Array, recoveryId: number): Uint8Array;
}

/** Loads the native library; where it has no build for this machine, the wasm one (a fifth of the speed). */
export async function loadCurve(prefer: 'native' | 'wasm' = 'native'): Promise<Curve> {
  if (prefer === 'native') {
    const native = loadNative();
    if (native !== null) return native;
  }
  return await loadWasm();
}

interface NativeBindings {
  ecdsaSign(digest: Uint8Array, privateKey: Uint8Array, options: object, out: Uint8Array): { readonly recid: number };
  ecdsaRecover(signature: Uint8Array, recoveryId: number, digest: Uint8Array, compressed: boolean): Uint8Array;
  publicKeyCreate(privateKey: Uint8Array, compressed: boolean): Uint8Array;
  privateKeyVerify(privateKey: Uint8Array): boolean;
}

const NATIVE_FUNCTIONS = ['ecdsaSign', 'ecdsaRecover', 'publicKeyCreate', 'privateKeyVerify'] as const;

/** The package carries no types: this guard is the boundary where its shape is checked. */
function isBindings(loaded: unknown): loaded is NativeBindings {
  return typeof loaded === 'object' && loaded !== null && NATIVE_FUNCTIONS.every((name) => typeof Reflect.get(loaded, name) === 'function');
}

function loadNative(): Curve | null {
  let loaded: unknown;
  try {
    // The package's own index would fall back to a slow JavaScript curve without a word; its bindings fail instead.
    loaded = createRequire(__filename)('secp256k1/bindings');
  } catch {
    return null;
  }
  if (!isBindings(loaded)) return null;
  const bindings = loaded;
  const options = {};
  return {
    engine: 'native',
    sign: (digest, privateKey, out) => bindings.ecdsaSign(digest, privateKey, options, out).recid,
    isPrivateKey: (bytes) => bytes.length === 32 && bindings.privateKeyVerify(bytes),
    publicKey: (privateKey) => bindings.publicKeyCreate(privateKey, false),
    recover: (digest, signature, recoveryId) => bindings.ecdsaRecover(signature, recoveryId, digest, false),
  };
}

async function loadWasm(): Promise<Curve> {
  const { instantiateSecp256k1 } = await import('@bitauth/libauth');
  const wasm = await instantiateSecp256k1();
  return {
    engine: 'wasm',
    sign(digest, privateKey, out) {
      const signed = wasm.signMessageHashRecoverableCompact(privateKey, digest);
      must(typeof signed !== 'string', 'a loaded signing key is a valid private key');
      out.set(signed.signature);
      return signed.recoveryId;
    },
    isPrivateKey: (bytes) => bytes.length === 32 && wasm.validatePrivateKey(bytes),
    publicKey: (privateKey) => bytesOf(wasm.derivePublicKeyUncompressed(privateKey)),
    recover: (digest, signature, recoveryId) => bytesOf(wasm.recoverPublicKeyUncompressed(signature, recoveryOf(recoveryId), digest)),
  };
}

function bytesOf(result: Uint8Array | string): Uint8Array {
  must(typeof result !== 'string', `the curve refused its input: ${typeof result === 'string' ? result : ''}`);
  return result;
}

function recoveryOf(recoveryId: number): 0 | 1 | 2 | 3 {
  must(recoveryId === 0 || recoveryId === 1 || recoveryId === 2 || recoveryId === 3, `recovery id ${recoveryId}`);
  return recoveryId;
}
