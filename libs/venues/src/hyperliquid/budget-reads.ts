import type { Address, SignerHandle } from '../port';

/** An account with fewer requests left is read again: what it asks of the venue elsewhere, and volume that counts less, is not known here. */
const LOW_REQUESTS = 500;
/** Least time between two readings of one account, in ms. */
const AGAIN_AFTER_MS = 600_000;

/** Which account acts through which signer, and when what it may still ask of the venue is read again: one reading at a time, because it can wait and orders cannot. */
export class BudgetReads {
  private readonly addresses = new Map<SignerHandle, Address>();
  private readonly readAt = new Map<SignerHandle, number>();
  private reading = false;
  private read: ((signer: SignerHandle, address: Address) => Promise<void>) | null = null;

  /** @param now monotonic ms */
  constructor(private readonly now: () => number) {}

  /** `read` asks the venue and takes its answer over. */
  start(read: (signer: SignerHandle, address: Address) => Promise<void>): void {
    this.read = read;
  }

  name(signer: SignerHandle, address: Address): void {
    this.addresses.set(signer, address);
  }

  forget(signer: SignerHandle): void {
    this.addresses.delete(signer);
    this.readAt.delete(signer);
  }

  /** A signer's account sent something and is taken to have so many requests left; null: it was never read. */
  left(signer: SignerHandle, requests: number | null): void {
    if (requests !== null && requests < LOW_REQUESTS) this.again(signer);
  }

  /** Reads an account again, unless it was read lately or another one is being read: then the next request of it asks once more. */
  again(signer: SignerHandle): void {
    const address = this.addresses.get(signer);
    if (this.read === null || address === undefined || this.reading) return;
    const at = this.now();
    if (at - (this.readAt.get(signer) ?? Number.NEGATIVE_INFINITY) < AGAIN_AFTER_MS) return;
    this.readAt.set(signer, at);
    this.reading = true;
    void this.read(signer, address).finally(() => {
      this.reading = false;
    });
  }
}
