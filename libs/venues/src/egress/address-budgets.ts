import type { AddressLimits } from './limits';

/** What a request is to its account's budget. */
export type RequestKind = 'entry' | 'cancel' | 'other';

interface AddressBudget {
  used: number;
  cap: number;
  /** When the last request left that used up what entries may, or came after; −Infinity: none. */
  lastAt: number;
  /** `lastAt` before the last request. */
  lastBefore: number;
}

/**
 * What each venue account may still ask of the venue: `free` requests and one per unit of currency traded, over its whole life (facts §11.2). An account nobody has read
 * or seen refused is taken to have room; one that is spent may send one request per `spacingMs`, and so may entries of one that has no more than `keptFromEntries` left, so that exits find some. Accounts are named by a whole number, −1 is nobody's.
 */
export class AddressBudgets {
  private readonly accounts = new Map<number, AddressBudget>();

  constructor(
    private readonly limits: AddressLimits,
    from?: AddressBudgets,
  ) {
    if (from !== undefined) for (const [account, budget] of from.accounts) this.accounts.set(account, { ...budget });
  }

  copy(): AddressBudgets {
    return new AddressBudgets(this.limits, this);
  }

  /** Takes what the venue says of an account. */
  seed(account: number, used: number, cap: number): void {
    const lastAt = this.accounts.get(account)?.lastAt ?? Number.NEGATIVE_INFINITY;
    this.accounts.set(account, { used, cap, lastAt, lastBefore: lastAt });
  }

  /** When an account may send its next request of a kind: a cancel has the larger cap, an entry leaves what is kept for others. */
  readyAt(account: number, kind: RequestKind, now: number): number {
    const budget = this.accounts.get(account);
    if (budget === undefined || budget.used < this.capOf(budget, kind)) return now;
    return Math.max(now, budget.lastAt + this.limits.spacingMs);
  }

  spend(account: number, requests: number, now: number): void {
    const budget = this.accounts.get(account);
    if (budget === undefined) return;
    budget.used += requests;
    budget.lastBefore = budget.lastAt;
    if (budget.used >= this.capOf(budget, 'entry')) budget.lastAt = now;
  }

  /** The last request did not leave after all: it cost nothing, and the next one need not wait for it. */
  giveBack(account: number): void {
    const budget = this.accounts.get(account);
    if (budget === undefined) return;
    budget.used -= 1;
    budget.lastAt = budget.lastBefore;
  }

  /** Traded volume raises the cap: whole units of currency. */
  traded(account: number, units: number): void {
    const budget = this.accounts.get(account);
    if (budget !== undefined) budget.cap += Math.max(0, Math.floor(units));
  }

  /** The venue said that the account has used up its requests: the next one leaves a spacing later. A refused one costs nothing. */
  refused(account: number, now: number): void {
    const budget = this.accounts.get(account) ?? { used: this.limits.free, cap: this.limits.free };
    this.accounts.set(account, { used: Math.max(budget.used, budget.cap), cap: budget.cap, lastAt: now, lastBefore: now });
  }

  /** Requests left before the spacing begins; null for an account nobody has read. */
  left(account: number): number | null {
    const budget = this.accounts.get(account);
    return budget === undefined ? null : Math.max(0, budget.cap - budget.used);
  }

  forget(account: number): void {
    this.accounts.delete(account);
  }

  private capOf({ cap }: AddressBudget, kind: RequestKind): number {
    if (kind === 'cancel') return Math.min(cap + this.limits.cancelsBeyond, cap * 2);
    return kind === 'entry' ? cap - (this.limits.keptFromEntries ?? 0) : cap;
  }
}
