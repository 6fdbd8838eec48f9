import { must } from '@lockstep/kernel';

/**
 * The last nonce of every signer, as the column a plan writes through: nonce = max(now, last + 1).
 * One counter per signer, because the venue keeps one nonce set per signing key. After a restart every counter starts above the
 * highest journaled nonce, so that no journaled action can meet a second one with its nonce.
 */
export class Nonces {
  private last = new Float64Array(1024);
  private floor: number;

  /** @param floor highest nonce ever journaled, epoch ms; 0 when none was. */
  constructor(floor: number) {
    must(Number.isSafeInteger(floor) && floor >= 0, `nonce floor ${floor} is not a whole number of milliseconds`);
    this.floor = floor;
    this.last.fill(floor);
  }

  /** The column by signer handle, long enough for handles below `count`. The same array until it grows. */
  column(count: number): Float64Array {
    if (count > this.last.length) {
      const grown = new Float64Array(Math.max(count, this.last.length * 2));
      grown.fill(this.floor);
      grown.set(this.last);
      this.last = grown;
    }
    return this.last;
  }

  /** The next nonce of one signer, for a single action. */
  next(signer: number, nowMs: number): number {
    const column = this.column(signer + 1);
    const nonce = Math.max(Math.floor(nowMs), (column[signer] ?? this.floor) + 1);
    column[signer] = nonce;
    return nonce;
  }

  /** Raises one signer's counter to at least `nonce`: for rows found in the journal after boot. */
  raise(signer: number, nonce: number): void {
    const column = this.column(signer + 1);
    column[signer] = Math.max(column[signer] ?? this.floor, nonce);
  }
}
