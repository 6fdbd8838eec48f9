import { must } from '@lockstep/kernel';
import { L1Signer, loadSigningTools, type Signature } from '../../hyperliquid/sign/l1-signer';
import type { Address, SignerHandle, SignerKey } from '../../port';

interface Held {
  readonly wallet: Address;
  readonly key: Uint8Array;
}

/** Agent keys of this process, and the exchange's signature over an action. A hundred orders a minute need no thread of their own. */
export class Signers {
  private readonly keys = new Map<SignerHandle, Held>();
  private signer: Promise<L1Signer> | null = null;

  constructor(private readonly network: 'mainnet' | 'testnet') {}

  /** Takes the keys over: the caller's bytes are empty afterwards. */
  load(keys: readonly SignerKey[]): void {
    for (const { handle, wallet, privateKey } of keys) {
      must(wallet !== undefined, `signer ${handle} names the wallet it trades for`);
      must(privateKey.length === 32, `the key of signer ${handle} has 32 bytes`);
      this.drop([handle]);
      this.keys.set(handle, { wallet, key: Uint8Array.from(privateKey) });
      privateKey.fill(0);
    }
  }

  drop(handles: readonly SignerHandle[]): void {
    for (const handle of handles) {
      this.keys.get(handle)?.key.fill(0);
      this.keys.delete(handle);
    }
  }

  walletOf(handle: SignerHandle): Address | null {
    return this.keys.get(handle)?.wallet ?? null;
  }

  /** Null: no such key is loaded. */
  async sign(handle: SignerHandle, action: Readonly<Record<string, unknown>>, nonce: number): Promise<Signature | null> {
    this.signer ??= loadSigningTools().then((tools) => new L1Signer(tools, this.network));
    const signer = await this.signer;
    const held = this.keys.get(handle);
    return held === undefined ? null : signer.signAction(action, nonce, held.key, null, 0);
  }
}
