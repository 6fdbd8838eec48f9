import { duplicateNonce, nonceTooHigh, nonceTooLow } from './texts';

/** Bounds of one check, epoch ms, and how many nonces a signer's set keeps. */
export interface NonceWindow {
  readonly least: number;
  readonly most: number;
  readonly kept: number;
}

/** The highest nonces of one signer in rising order. A nonce is good when above the smallest of a full set, unused and inside the window. */
export class NonceSet {
  private readonly used: number[] = [];

  /** Uses up a nonce; answers the venue's text when it may not be used. */
  use(nonce: number, window: NonceWindow): string | null {
    if (nonce <= window.least) return nonceTooLow(nonce, window.least);
    if (nonce >= window.most) return nonceTooHigh(nonce, window.most);
    const at = this.rank(nonce);
    if (this.used[at] === nonce) return duplicateNonce(nonce);
    const smallest = this.used[0];
    if (smallest !== undefined && this.used.length >= window.kept && nonce < smallest) return nonceTooLow(nonce, smallest);
    if (at === this.used.length) this.used.push(nonce);
    else this.used.splice(at, 0, nonce);
    if (this.used.length > window.kept) this.used.shift();
    return null;
  }

  private rank(nonce: number): number {
    const last = this.used[this.used.length - 1];
    if (last === undefined || last < nonce) return this.used.length;
    let low = 0;
    let high = this.used.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.used[middle] ?? 0) < nonce) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
