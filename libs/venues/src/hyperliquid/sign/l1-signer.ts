import { connectionId, type L1Action } from './action-hash';
import { type Curve, type DigestSigner, loadCurve } from './ecdsa';
import { type Keccak, loadKeccak } from './keccak';
import { type AgentDigest, agentDigest, type Network } from './phantom-agent';

/** A signature as it stands in a request body: 32-byte hex words, v is 27 or 28. */
export interface Signature {
  readonly r: string;
  readonly s: string;
  readonly v: number;
}

/** Everything one thread needs to sign; the parts are loaded once and shared by every signer on that thread. */
export interface SigningTools {
  readonly keccak: Keccak;
  readonly curve: Curve;
}

const loaded = new Map<'native' | 'wasm', Promise<SigningTools>>();

/** Hasher and curve, loaded once per thread. `engine` forces the wasm curve, for machines (and tests) without the native one. */
export async function loadSigningTools(engine: 'native' | 'wasm' = 'native'): Promise<SigningTools> {
  const known = loaded.get(engine);
  if (known !== undefined) return await known;
  const loading = Promise.all([loadKeccak(), loadCurve(engine)]).then(([keccak, curve]) => ({ keccak, curve }));
  loaded.set(engine, loading);
  return await loading;
}

/** Signs L1 actions for one network. Synchronous; keys are borrowed for the call and never kept. */
export class L1Signer {
  readonly keccak: Keccak;
  private readonly digestOf: AgentDigest;
  private readonly signer: DigestSigner;
  private readonly out = Buffer.alloc(64);

  /** `signer` replaces the RFC 6979 curve by another digest signer, e.g. the presignature pool. */
  constructor(tools: SigningTools, network: Network, signer?: DigestSigner) {
    this.keccak = tools.keccak;
    this.digestOf = agentDigest(tools.keccak, network);
    this.signer = signer ?? tools.curve;
  }

  /** Signs any action by msgpack of its keys in the given order. `expiresAfter` 0 is none. */
  signAction(action: L1Action, nonce: number, privateKey: Uint8Array, vault: string | null, expiresAfter: number): Signature {
    return this.signConnectionId(connectionId(this.keccak, action, nonce, vault, expiresAfter), privateKey);
  }

  signConnectionId(id: Uint8Array, privateKey: Uint8Array): Signature {
    const recoveryId = this.signer.sign(this.digestOf(id), privateKey, this.out);
    return { r: `0x${this.out.toString('hex', 0, 32)}`, s: `0x${this.out.toString('hex', 32, 64)}`, v: 27 + recoveryId };
  }

  /** The signature as the JSON text of a request body, for the hot path: no object per order. */
  signatureJson(id: Uint8Array, privateKey: Uint8Array): string {
    const recoveryId = this.signer.sign(this.digestOf(id), privateKey, this.out);
    const hex = this.out.toString('hex');
    return `{"r":"0x${hex.slice(0, 64)}","s":"0x${hex.slice(64)}","v":${27 + recoveryId}}`;
  }

  /** The digest an agent key signs for a connection id. */
  digest(id: Uint8Array): Uint8Array {
    return this.digestOf(id);
  }
}
