import type { KeyLookup, OperatorKeyRow } from '@lockstep/storage';
import type { GatewayContext } from '../app/context';
import { sealedForNewest } from './signing-secrets';

/** Keys whose digests are renewed at once; a further one is renewed at one of its next uses. */
const UNDERWAY_MAX = 16;

type Tools = Pick<GatewayContext, 'digest' | 'keys' | 'log' | 'storage'>;

/**
 * Digests keys anew under the newest pepper as they are used: a key in the clear is seen at no other moment. It happens behind the answer, by a statement that holds only for what
 * was read, so that two gateways do it once and a change in between is kept; what fails is tried again at the next use. With one pepper there is nothing to do.
 */
export class DigestRenewal {
  private readonly underway = new Set<string>();
  private readonly renews: boolean;

  constructor(private readonly tools: Tools) {
    this.renews = tools.keys.keyPeppers.length > 1;
  }

  /** A tenant's key that was proved a moment ago. What its requests are signed with is sealed anew with it. */
  tenant(key: string, row: KeyLookup): void {
    if (!this.renews) return;
    const sealed = row.signingSecret === null ? null : sealedForNewest(this.tools.keys, row, row.signingSecret);
    if (this.isNewest(key, row.digest) && sealed === null) return;
    const change = { digest: this.freshOf(key), pepper: this.tools.digest.pepper, signingSecret: sealed ?? row.signingSecret };
    this.begin(row.kid, () => this.tools.storage.platform((unit) => unit.keyIndex.renew(row, change)));
  }

  /** An operator's. */
  operator(key: string, row: OperatorKeyRow): void {
    if (!this.renews || this.isNewest(key, row.digest)) return;
    const change = { digest: this.freshOf(key), pepper: this.tools.digest.pepper };
    this.begin(row.kid, () => this.tools.storage.platform((unit) => unit.operatorKeys.renew(row, change)));
  }

  private freshOf(key: string): Buffer {
    return Buffer.from(this.tools.digest.digest(key));
  }

  private isNewest(key: string, digest: Uint8Array): boolean {
    return this.tools.digest.equal(this.tools.digest.digest(key), digest);
  }

  private begin(kid: string, renew: () => Promise<unknown>): void {
    if (this.underway.size >= UNDERWAY_MAX || this.underway.has(kid)) return;
    this.underway.add(kid);
    renew()
      .catch((error: unknown) => this.tools.log.warn('the digest of a key was not renewed; it is tried again', { kid, error }))
      .finally(() => this.underway.delete(kid));
  }
}
