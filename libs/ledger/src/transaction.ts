import { type CopyId, type EpochMs, type Money, money, must } from '@lockstep/kernel';
import type { AccountCode } from './accounts';

/**
 * Balanced transactions.
 * Invariants: the entries of a transaction sum to zero for every asset; no entry is zero; one entry per account and asset; a source is
 * posted once (storage refuses a second); nothing is edited or deleted: a mistake is reversed by a further transaction.
 */
export type TransactionKind = 'allocation' | 'fill' | 'funding' | 'markup' | 'reversal';

export interface LedgerEntry {
  readonly account: AccountCode;
  /** The asset the amount is counted in, e.g. `USDC`. */
  readonly asset: string;
  /** Signed, 10^-8 of the asset; debit above zero. Never zero. */
  readonly amount: Money;
}

export interface LedgerTransaction {
  /** What happened, once: the idempotency key inside the tenant's books. */
  readonly source: string;
  readonly kind: TransactionKind;
  /** The copy it belongs to; null for house entries. */
  readonly copyId: CopyId | null;
  /** When it happened at the venue; decides the period. */
  readonly occurredAtMs: EpochMs;
  /** Facts for statements and people; texts, part of the hash. */
  readonly memo: Readonly<Record<string, string>>;
  readonly entries: readonly LedgerEntry[];
}

export type TransactionHead = Omit<LedgerTransaction, 'entries'>;

/** Adds entries up per account and asset, drops zeros and asserts the balance. Null when nothing is left to book, e.g. an opening fill without a fee. */
export function compose(head: TransactionHead, parts: readonly LedgerEntry[]): LedgerTransaction | null {
  const entries = merge(parts);
  // The hash covers the time as it is kept: whole milliseconds.
  must(Number.isSafeInteger(head.occurredAtMs), `transaction ${head.source} has a time in fractions`);
  must(isBalanced(entries), `transaction ${head.source} does not sum to zero`);
  return entries.length === 0 ? null : { ...head, entries };
}

/** The sum of amounts per asset. */
export function sumPerAsset(entries: Iterable<LedgerEntry>): Map<string, Money> {
  const sums = new Map<string, Money>();
  for (const entry of entries) sums.set(entry.asset, money((sums.get(entry.asset) ?? 0n) + entry.amount));
  return sums;
}

/** True when the entries sum to zero for every asset. */
export function isBalanced(entries: Iterable<LedgerEntry>): boolean {
  for (const sum of sumPerAsset(entries).values()) if (sum !== 0n) return false;
  return true;
}

/** The opposite of a transaction, to correct it. It stands beside the original, which stays. */
export function reverse(original: LedgerTransaction, occurredAtMs: EpochMs, reason: string): LedgerTransaction {
  const head: TransactionHead = {
    source: `reversal:${original.source}`,
    kind: 'reversal',
    copyId: original.copyId,
    occurredAtMs,
    memo: { reverses: original.source, reason },
  };
  return { ...head, entries: original.entries.map((entry) => ({ ...entry, amount: money(-entry.amount) })) };
}

function merge(parts: readonly LedgerEntry[]): LedgerEntry[] {
  const merged = new Map<string, LedgerEntry>();
  for (const part of parts) {
    if (part.amount === 0n) continue;
    const key = `${part.asset} ${part.account}`;
    const before = merged.get(key);
    merged.set(key, before === undefined ? part : { ...part, amount: money(before.amount + part.amount) });
  }
  return [...merged.values()].filter((entry) => entry.amount !== 0n);
}
