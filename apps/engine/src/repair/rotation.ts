import type { AccountRecord } from '../state/registry';

/**
 * Whose turn it is, among the accounts of one network: each once in a round, as many a second as the round and the venue's limits let. Networks have rounds of their
 * own, so that one whose reads must wait for room keeps no other from its turns.
 */
export class Rotation {
  /** True while accounts of a turn are compared. */
  running = false;
  /** When the last turn began, monotonic ms. */
  lastTurnAt = 0;
  /** Accounts that are due, with the fraction left over from the last turn. */
  private due = 0;
  private position = 0;

  /** A second has passed: `perSecond` is what the round wants, `most` what may be read. */
  passed(perSecond: number, most: number): void {
    this.due = Math.min(Math.max(1, most), this.due + Math.min(perSecond, most));
  }

  /** Takes the whole accounts that are due. */
  takeDue(): number {
    const share = Math.floor(this.due);
    this.due -= share;
    return share;
  }

  /** The next accounts of the round. */
  next(accounts: readonly AccountRecord[], share: number): readonly AccountRecord[] {
    const from = this.position < accounts.length ? this.position : 0;
    this.position = from + share;
    return accounts.slice(from, from + share);
  }
}
